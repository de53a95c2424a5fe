"""Reads a packet's files from its folder or its zip, and packs a folder into a zip: equal files, equal bytes.

Believes nothing about what it reads: no links, no names with folders, bounded sizes. Checks no seal.
"""

import io
import stat
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from detector.contract.sealing import MOST_BYTES, MOST_FILES, SealError

PACKED_ON = (1980, 1, 1, 0, 0, 0)
"""The date of every file in a zip packed here: it marks the zip as ours, whose every byte is known."""
FILE_MODE = 0o100644 << 16
MOST_NAME_LENGTH = 100
PACKINGS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
DIRECTORY_MARK = b"PK\x01\x02"
UNREADABLE = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError,
    ValueError, OSError,
)  # fmt: skip


def pack(folder: Path) -> Path:
    """Pack a packet's folder into a zip beside it; the zip's path. Raises SealError, OSError."""
    target = folder.parent / f"{folder.name}.zip"
    unfinished = folder.parent / f".{folder.name}.zip.new"
    unfinished.write_bytes(packed(read_folder(folder)))
    unfinished.rename(target)
    return target


def packed(files: Mapping[str, bytes]) -> bytes:
    """The zip of these files: stored, in order of their names, without dates. Equal files give equal bytes."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, PACKED_ON)
            entry.create_system, entry.external_attr = 3, FILE_MODE
            archive.writestr(entry, files[name])
    return sink.getvalue()


def read_packet(path: Path) -> dict[str, bytes]:
    """All files of the packet in this folder or zip. Raises SealError, OSError."""
    if path.is_dir() and not path.is_symlink():
        return read_folder(path)
    state = path.stat()
    if not stat.S_ISREG(state.st_mode):
        raise SealError("is no packet's folder and no zip; name the folder itself, not a link to it")
    if state.st_size > MOST_BYTES:
        raise SealError(f"{path.name}: more than {MOST_BYTES >> 20} MB; a packet is smaller")
    return unpacked(path.read_bytes())


def read_folder(folder: Path) -> dict[str, bytes]:
    """The files in a packet's folder. Raises SealError for what is no plain file, or too much; OSError."""
    entries = sorted(folder.iterdir())
    if len(entries) > MOST_FILES:
        raise SealError(f"more than {MOST_FILES} files; a packet has fewer")
    states = [entry.lstat() for entry in entries]
    for entry, state in zip(entries, states, strict=True):
        if not stat.S_ISREG(state.st_mode):
            raise SealError(f"{entry.name}: is no plain file; it was added after sealing")
    if sum(state.st_size for state in states) > MOST_BYTES:
        raise SealError(f"more than {MOST_BYTES >> 20} MB; a packet is smaller")
    return {entry.name: entry.read_bytes() for entry in entries}


def unpacked(data: bytes) -> dict[str, bytes]:
    """The files of a zip; a zip packed here must be so to the last byte. Raises SealError."""
    if data.count(DIRECTORY_MARK) > 10 * MOST_FILES:
        raise SealError(f"more than {MOST_FILES} files; a packet has fewer")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _check_sizes(entries)
            files = {entry.filename: _read(archive, entry) for entry in entries}
    except UNREADABLE as error:
        raise SealError(f"is no readable zip ({error}); it was altered, or is no packet") from None
    if any(entry.date_time == PACKED_ON for entry in entries) and packed(files) != data:
        raise SealError(
            "the zip was altered after packing; where only its form changed, check the unpacked folder"
        )
    return files


def _check_sizes(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MOST_FILES:
        raise SealError(f"more than {MOST_FILES} files; a packet has fewer")
    if len({entry.filename for entry in entries}) != len(entries):
        raise SealError("holds one file name twice")
    if sum(entry.file_size for entry in entries) > MOST_BYTES:
        raise SealError(f"more than {MOST_BYTES >> 20} MB unpacked; a packet is smaller")


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    name = entry.filename
    if entry.is_dir() or set(name) & {"/", "\\"} or name.startswith(".") or len(name) > MOST_NAME_LENGTH:
        raise SealError(
            f"{name[:MOST_NAME_LENGTH]!r}: is no plain file name; pack the files without their folder"
        )
    if entry.compress_type not in PACKINGS:
        raise SealError(f"{name}: is packed in a way that is not read; store or deflate it")
    with archive.open(entry) as file:
        content = file.read(entry.file_size + 1)
    if len(content) != entry.file_size:
        raise SealError(f"{name}: is longer than the zip says")
    return content
