"""Evidence in a folder: what a packet held, byte for byte. Written whole or not at all, never changed."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryFile

from detector.contract.packet import MANIFEST_FILE
from service.errors import NotFound, ServiceError

UNFINISHED = ".unfinished-"


class EvidenceNotKept(ServiceError):
    """The evidence cannot be written: the worker keeps the packet and sends it again."""

    status = 507


MOST_NAME_LENGTH = 100


class EvidenceStore:
    """One folder per packet: FOLDER/CAMERA/VIOLATION/."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, camera_id: str, violation_id: str, files: Mapping[str, bytes]) -> None:
        """Keep the files of a packet that has no case yet; the caller sees to it that only one comes at a time.

        The same packet again changes nothing. Another one, left behind by an intake that was not finished, gives way.
        Raises EvidenceNotKept.
        """
        target = self._folder / camera_id / violation_id
        if _holds(target / MANIFEST_FILE, files[MANIFEST_FILE]):
            return
        unfinished = target.with_name(f"{UNFINISHED}{violation_id}-{os.urandom(4).hex()}")
        try:
            unfinished.mkdir(parents=True)
            for name, data in files.items():
                _write(unfinished / name, data)
            if target.is_dir():
                target.rename(unfinished.with_name(f"{unfinished.name}-left-behind"))
            unfinished.rename(target)
            _flush_folder(target.parent)
        except OSError as error:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise EvidenceNotKept(
                f"{self._folder}: evidence cannot be written ({error.strerror}); free space, the worker sends it again"
            ) from None

    def path_of(self, camera_id: str, violation_id: str, name: str) -> Path:
        """Where one file of a packet lies. Raises NotFound, also for names that would lead elsewhere."""
        folder = self._folder / camera_id / violation_id
        path = folder / name
        if "/" in name or name.startswith(".") or len(name) > MOST_NAME_LENGTH or not path.is_file():
            raise NotFound(f"evidence {name[:MOST_NAME_LENGTH]}: is not in this packet")
        return path

    def names_of(self, camera_id: str, violation_id: str) -> list[str]:
        """The files of a packet."""
        folder = self._folder / camera_id / violation_id
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []

    def free_bytes(self) -> int:
        """How much room is left, after trying to write. Raises EvidenceNotKept."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with TemporaryFile(dir=self._folder) as file:
                file.write(b"can evidence be written?")
        except OSError as error:
            raise EvidenceNotKept(
                f"{self._folder}: evidence cannot be written ({error.strerror}); check the disk"
            ) from None
        return shutil.disk_usage(self._folder).free


def _holds(path: Path, data: bytes) -> bool:
    return path.is_file() and path.read_bytes() == data


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
