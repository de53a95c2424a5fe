"""The outbox: whole packets or none, whatever stops the writing, and a chain that always holds."""

import errno
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from detector.contract.packet import CLIP_FILE, MANIFEST_FILE, PACKET_FILE, Manifest
from detector.errors import EvidenceError, PacketNotWritten
from detector.evidence import chain, packet_writer
from detector.evidence.chain import CHAIN_FILE
from detector.evidence.packet_writer import SENT, UNFINISHED, PacketWriter
from detector.evidence.packing import read_folder
from detector.evidence.verifying import verify
from tests.detector.evidence.builders import PUBLIC_KEY, SIGNER, Footage, contents_of, violation_id

ROOT = Path(__file__).parents[3]


def manifest_of(folder: Path) -> Manifest:
    return Manifest.model_validate_json((folder / MANIFEST_FILE).read_bytes())


def folders_in(outbox: Path) -> list[str]:
    return sorted(path.name for path in outbox.glob("*/*") if path.is_dir())


def test_packets_lie_by_camera_and_violation_and_form_a_chain(footage: Footage, tmp_path: Path) -> None:
    writer = PacketWriter(tmp_path, SIGNER)
    first, second = (writer.put(contents_of(footage, number)) for number in (1, 2))
    other = writer.put(contents_of(footage, 3, camera_id="cam-2"))
    assert first == tmp_path / "cam-1" / violation_id(1)
    assert (manifest_of(first).sequence, manifest_of(first).previous) == (1, None)
    assert manifest_of(second).sequence == 2
    assert manifest_of(other).sequence == 1
    assert verify(tmp_path, PUBLIC_KEY).is_good


def test_the_same_violation_again_gives_the_same_folder_untouched(footage: Footage, tmp_path: Path) -> None:
    first = PacketWriter(tmp_path, SIGNER).put(contents_of(footage, 1))
    before = read_folder(first)
    assert PacketWriter(tmp_path, SIGNER).put(contents_of(footage, 1, run_id="run-2")) == first
    assert read_folder(first) == before
    (tmp_path / SENT / "cam-1").mkdir(parents=True)
    kept = first.rename(tmp_path / SENT / "cam-1" / first.name)
    assert PacketWriter(tmp_path, SIGNER).put(contents_of(footage, 1)) == kept


def test_two_writings_of_the_same_contents_differ_in_the_run_only(footage: Footage, tmp_path: Path) -> None:
    one = read_folder(PacketWriter(tmp_path / "1", SIGNER).put(contents_of(footage, 1, run_id="run-1")))
    two = read_folder(PacketWriter(tmp_path / "2", SIGNER).put(contents_of(footage, 1, run_id="run-2")))
    said = [json.loads(files.pop(PACKET_FILE)) for files in (one, two)]
    assert [packet.pop("run")["run_id"] for packet in said] == ["run-1", "run-2"]
    assert said[0] == said[1]
    sealed = [{name for name in files if name.startswith("manifest")} for files in (one, two)]
    assert {n: one[n] for n in one.keys() - sealed[0]} == {n: two[n] for n in two.keys() - sealed[1]}
    assert len(one.keys() - sealed[0]) == 5
    same = read_folder(PacketWriter(tmp_path / "3", SIGNER).put(contents_of(footage, 1, run_id="run-1")))
    assert same.items() > one.items()


def test_the_chain_goes_on_after_every_packet_has_left(footage: Footage, tmp_path: Path) -> None:
    first = PacketWriter(tmp_path, SIGNER).put(contents_of(footage, 1))
    first.rename(tmp_path / "gone")
    second = PacketWriter(tmp_path, SIGNER).put(contents_of(footage, 2))
    assert manifest_of(second).sequence == 2
    assert manifest_of(second).previous is not None


def test_the_chain_goes_on_after_a_power_cut_before_it_was_recorded(footage: Footage, tmp_path: Path) -> None:
    PacketWriter(tmp_path, SIGNER).put(contents_of(footage, 1))
    (tmp_path / "cam-1" / CHAIN_FILE).unlink()
    PacketWriter(tmp_path, SIGNER).put(contents_of(footage, 2))
    assert "number 1 to 2" in verify(tmp_path, PUBLIC_KEY).line


def test_a_damaged_chain_file_is_named(footage: Footage, tmp_path: Path) -> None:
    PacketWriter(tmp_path, SIGNER).put(contents_of(footage, 1))
    (tmp_path / "cam-1" / CHAIN_FILE).write_text("{")
    with pytest.raises(EvidenceError, match=r"chain\.json: is damaged; restore it"):
        PacketWriter(tmp_path, SIGNER).put(contents_of(footage, 2))
    assert folders_in(tmp_path) == [violation_id(1)]


def test_writers_beside_each_other_keep_one_chain(footage: Footage, tmp_path: Path) -> None:
    writers = [PacketWriter(tmp_path, SIGNER) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda n: writers[n % 3].put(contents_of(footage, n % 8)), range(24)))
    assert "8 packets, camera cam-1 number 1 to 8" in verify(tmp_path, PUBLIC_KEY).line


@contextmanager
def no_file_over(most_bytes: int) -> Iterator[None]:
    """The kernel refuses to let any file grow further, as a full disk does in mid-file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize(
    ("stopped_in", "share"),
    [("packet.json", 0.5), ("a still", 1.05), ("the clip", 0.9), ("its index", 0.999)],
)
def test_a_file_that_cannot_be_finished_leaves_nothing(
    footage: Footage, tmp_path: Path, stopped_in: str, share: float
) -> None:
    sizes = {n: len(data) for n, data in read_folder(
        PacketWriter(tmp_path / "whole", SIGNER).put(contents_of(footage, 1))
    ).items()}  # fmt: skip
    largest = (
        sizes[CLIP_FILE] if "packet" not in stopped_in and "still" not in stopped_in else sizes[PACKET_FILE]
    )
    writer = PacketWriter(tmp_path / "outbox", SIGNER)
    with no_file_over(int(largest * share)), pytest.raises(PacketNotWritten) as refused:
        writer.put(contents_of(footage, 1))
    assert "File too large" in str(refused.value), stopped_in
    assert "\n" not in str(refused.value)
    assert folders_in(tmp_path / "outbox") == []
    assert manifest_of(writer.put(contents_of(footage, 1))).sequence == 1


@pytest.mark.parametrize("file_number", range(8))
def test_a_full_disk_is_one_clear_line_and_changes_nothing(
    footage: Footage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file_number: int
) -> None:
    writer = PacketWriter(tmp_path, SIGNER)
    writer.put(contents_of(footage, 1))
    calls = iter(range(100))
    flush = os.fsync

    def full(handle: int) -> None:
        if next(calls) == file_number:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        flush(handle)

    with monkeypatch.context() as patch:
        patch.setattr(chain.os, "fsync", full)
        with pytest.raises(PacketNotWritten) as refused:
            writer.put(contents_of(footage, 2))
    line = str(refused.value)
    assert line.startswith(
        f"{tmp_path / 'cam-1'}: the packet could not be written (No space left on device; "
    )
    assert line.endswith("MB free); free space or name another outbox, then watch the footage again")
    assert folders_in(tmp_path) == [violation_id(1)]
    assert manifest_of(writer.put(contents_of(footage, 2))).sequence == 2
    assert verify(tmp_path, PUBLIC_KEY).is_good


def test_an_outbox_that_cannot_be_made_is_one_clear_line(footage: Footage, tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file")
    with pytest.raises(PacketNotWritten, match=r"cam-1: the packet could not be written \(Not a directory"):
        PacketWriter(tmp_path / "outbox", SIGNER).put(contents_of(footage, 1))


def test_a_clip_without_a_key_frame_leaves_nothing(footage: Footage, tmp_path: Path) -> None:
    headless = replace(contents_of(footage, 1), clip_packets=footage.packets[1:])
    with pytest.raises(EvidenceError, match="no key frame"):
        PacketWriter(tmp_path, SIGNER).put(headless)
    assert folders_in(tmp_path) == []


def test_what_a_crash_left_behind_is_swept_at_start(footage: Footage, tmp_path: Path) -> None:
    half = tmp_path / "cam-1" / f"{UNFINISHED}{violation_id(1)}"
    half.mkdir(parents=True)
    (half / PACKET_FILE).write_bytes(b"{")
    writer = PacketWriter(tmp_path, SIGNER)
    assert folders_in(tmp_path) == []
    assert verify(writer.put(contents_of(footage, 1)), PUBLIC_KEY).is_good


KILLED_WRITER = """
import os, signal, sys
from pathlib import Path
from detector.evidence import chain, packet_writer
from detector.sources.reading import StreamReader
from tests.detector.evidence.builders import SIGNER, Footage, contents_of

clip, outbox, at = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
steps, flush = iter(range(100)), os.fsync

def killed(handle):
    if next(steps) == at:
        os.kill(os.getpid(), signal.SIGKILL)
    flush(handle)

with StreamReader(str(clip)) as reader:
    footage = Footage(path=clip, info=reader.info, packets=tuple(reader.packets()))
    writer = packet_writer.PacketWriter(outbox, SIGNER)
    chain.os.fsync = killed
    for number in (2, 3):
        writer.put(contents_of(footage, number))
"""


@pytest.mark.parametrize("step", [0, 5, 8, 9, 10, 14])
def test_a_killed_writer_leaves_whole_packets_only(footage: Footage, tmp_path: Path, step: int) -> None:
    PacketWriter(tmp_path, SIGNER).put(contents_of(footage, 1))
    command = [sys.executable, "-c", KILLED_WRITER, str(footage.path), str(tmp_path), str(step)]
    ended = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, timeout=120)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    assert verify(tmp_path, PUBLIC_KEY).is_good
    writer = PacketWriter(tmp_path, SIGNER)
    assert not list(tmp_path.glob(f"*/{packet_writer.UNFINISHED}*"))
    for number in (2, 3, 4):
        writer.put(contents_of(footage, number))
    assert "4 packets, camera cam-1 number 1 to 4" in verify(tmp_path, PUBLIC_KEY).line
