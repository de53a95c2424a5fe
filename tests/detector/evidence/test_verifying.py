"""The offline check: what a packet's seal accepts, and everything that it refuses."""

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detector.contract.packet import CLIP_FILE, MANIFEST_FILE, PACKET_FILE, PLATE_FILE, SIGNATURE_FILE
from detector.contract.sealing import canonical_json
from detector.errors import EvidenceError
from detector.evidence.chain import CHAIN_FILE
from detector.evidence.packet_writer import PacketWriter
from detector.evidence.packing import pack, packed, read_folder
from detector.evidence.verifying import verify, verify_command
from tests.detector.evidence.builders import PUBLIC_KEY, SIGNER, STRANGER, Footage, contents_of, violation_id


@pytest.fixture(scope="module")
def kept(footage: Footage, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An outbox with three packets of cam-1 and one of cam-2; not to be changed."""
    outbox = tmp_path_factory.mktemp("kept") / "outbox"
    writer = PacketWriter(outbox, SIGNER)
    for number in (1, 2, 3):
        writer.put(contents_of(footage, number))
    writer.put(contents_of(footage, 4, camera_id="cam-2"))
    return outbox


@pytest.fixture
def outbox(kept: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(kept, tmp_path / "outbox"))


def folder_of(outbox: Path, number: int) -> Path:
    return outbox / "cam-1" / violation_id(number)


def refusal(path: Path) -> str:
    found = verify(path, PUBLIC_KEY)
    assert not found.is_good, found.line
    assert "\n" not in found.line
    return found.line


def test_a_packet_its_zip_and_a_whole_outbox_are_good(outbox: Path) -> None:
    folder = folder_of(outbox, 2)
    assert verify(folder, PUBLIC_KEY).line == f"{folder}: good: 1 packet, camera cam-1 number 2"
    assert verify(pack(folder), PUBLIC_KEY).is_good
    found = verify(outbox, PUBLIC_KEY)
    assert found.line == f"{outbox}: good: 5 packets, camera cam-1 number 1 to 3, camera cam-2 number 1"


def test_a_packet_zipped_by_another_program_is_good(outbox: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "sent.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in folder_of(outbox, 1).iterdir():
            archive.write(path, path.name)
    assert verify(tmp_path / "sent.zip", PUBLIC_KEY).is_good


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_bit_changed_in_any_file_is_refused(kept: Path, tmp_path: Path, data: st.DataObject) -> None:
    files = read_folder(folder_of(kept, 2))
    name = data.draw(st.sampled_from(sorted(files)))
    place = data.draw(st.integers(0, len(files[name]) - 1))
    bit = data.draw(st.integers(0, 7))
    altered = bytearray(files[name])
    altered[place] ^= 1 << bit
    folder = tmp_path / "altered"
    folder.mkdir(exist_ok=True)
    for other, content in {**files, name: bytes(altered)}.items():
        (folder / other).write_bytes(content)
    refusal(folder)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), head=st.booleans())
def test_any_bit_changed_in_a_zip_is_refused(
    kept: Path, tmp_path: Path, share: float, bit: int, head: bool
) -> None:
    altered = bytearray(packed(read_folder(folder_of(kept, 2))))
    # Half of the tries in the directory at the end, whose bytes name and place the files.
    place = int(share * len(altered)) if head else len(altered) - 1 - int(share * 900)
    altered[place] ^= 1 << bit
    (tmp_path / "altered.zip").write_bytes(altered)
    refusal(tmp_path / "altered.zip")


@pytest.mark.parametrize(
    "name", [PACKET_FILE, CLIP_FILE, PLATE_FILE, MANIFEST_FILE, SIGNATURE_FILE, "scene_before.jpg"]
)
def test_a_missing_file_is_named(outbox: Path, name: str) -> None:
    (folder_of(outbox, 1) / name).unlink()
    assert f"{name}: is missing from the packet" in refusal(folder_of(outbox, 1))


def _add_file(folder: Path) -> None:
    (folder / "note.jpg").write_bytes(b"more")


def _add_folder(folder: Path) -> None:
    (folder / "more").mkdir()


def _link_clip(folder: Path) -> None:
    (folder / CLIP_FILE).rename(folder.parent / "moved.mp4")
    (folder / CLIP_FILE).symlink_to(folder.parent / "moved.mp4")


def _take_signature_of_another(folder: Path) -> None:
    other = folder.parent / violation_id(2) / SIGNATURE_FILE
    (folder / SIGNATURE_FILE).write_bytes(other.read_bytes())


def _cut_signature(folder: Path) -> None:
    (folder / SIGNATURE_FILE).write_bytes((folder / SIGNATURE_FILE).read_bytes()[:-1])


def _swap_scenes(folder: Path) -> None:
    (folder / "scene_before.jpg").write_bytes((folder / PLATE_FILE).read_bytes())


def _nest_manifest(folder: Path) -> None:
    (folder / MANIFEST_FILE).write_bytes(b"[" * 200_000)


def _add_many(folder: Path) -> None:
    for number in range(70):
        (folder / f"more_{number}.jpg").write_bytes(b"")


def _resign(folder: Path, change: Callable[[dict[str, object]], object]) -> None:
    """Change the manifest and sign it again with the right key, as only a worker can."""
    manifest = json.loads((folder / MANIFEST_FILE).read_bytes())
    change(manifest)
    (folder / MANIFEST_FILE).write_bytes(canonical_json(manifest))
    (folder / SIGNATURE_FILE).write_bytes(SIGNER.sign((folder / MANIFEST_FILE).read_bytes()))


def _from_the_future(folder: Path) -> None:
    _resign(folder, lambda manifest: manifest.update(schema=2))


@pytest.mark.parametrize(
    ("what", "alter", "says"),
    [
        ("a file added", _add_file, "note.jpg: is not in manifest.json; it was added"),
        ("a folder added", _add_folder, "more: is no plain file"),
        ("a file replaced by a link", _link_clip, "clip.mp4: is no plain file"),
        ("another packet's signature", _take_signature_of_another, "does not fit manifest.json"),
        ("a shortened signature", _cut_signature, "does not fit manifest.json"),
        ("a picture put in another's place", _swap_scenes, "scene_before.jpg: was altered"),
        ("a manifest of brackets", _nest_manifest, "nested too deeply"),
        ("more files than a packet has", _add_many, "more than 64 files"),
        ("a schema from the future", _from_the_future, "newer than this version reads (1); upgrade ngatu"),
    ],
)
def test_a_tampered_packet_is_refused(
    outbox: Path, what: str, alter: Callable[[Path], None], says: str
) -> None:
    alter(folder_of(outbox, 1))
    assert says in refusal(folder_of(outbox, 1)), what


def test_a_packet_of_a_key_that_was_not_named_is_refused(outbox: Path) -> None:
    line = verify(folder_of(outbox, 1), STRANGER.public_key).line
    assert f"signed with key {SIGNER.key_id}, not with {STRANGER.key_id}" in line


def _swap_two(outbox: Path) -> None:
    one, two = folder_of(outbox, 1), folder_of(outbox, 2)
    one.rename(outbox / "aside")
    two.rename(one)
    (outbox / "aside").rename(two)


def _remove_middle(outbox: Path) -> None:
    shutil.rmtree(folder_of(outbox, 2))


def _copy_one(outbox: Path) -> None:
    shutil.copytree(folder_of(outbox, 1), outbox / "cam-1" / "copy")


def _copy_to_other_camera(outbox: Path) -> None:
    shutil.copytree(folder_of(outbox, 1), outbox / "cam-2" / violation_id(1))


def _swap_numbers(outbox: Path) -> None:
    _resign(folder_of(outbox, 1), lambda manifest: manifest.update(sequence=2))
    _resign(folder_of(outbox, 2), lambda manifest: manifest.update(sequence=1))


def _rewrite_first(outbox: Path) -> None:
    _resign(folder_of(outbox, 1), lambda manifest: manifest.update(previous="d" * 64))


def _empty_one(outbox: Path) -> None:
    for path in folder_of(outbox, 2).iterdir():
        path.unlink()


@pytest.mark.parametrize(
    ("what", "alter", "says"),
    [
        ("two packets changed places", _swap_two, "put in another one's place"),
        ("one is missing in between", _remove_middle, "packet 2 is missing between 1 and 3"),
        ("one is there twice", _copy_one, "one of them is a double"),
        ("one lies with another camera too", _copy_to_other_camera, "one of them is a double"),
        ("two packets changed numbers", _swap_numbers, "the order was changed"),
        ("an earlier one was written anew", _rewrite_first, "does not follow"),
        ("one is an empty folder", _empty_one, "manifest.json: is missing"),
    ],
)
def test_a_folder_of_packets_out_of_order_is_refused(
    outbox: Path, what: str, alter: Callable[[Path], None], says: str
) -> None:
    alter(outbox)
    assert says in refusal(outbox), what


def test_packets_that_the_service_has_already_may_be_gone_from_the_front(outbox: Path) -> None:
    shutil.rmtree(folder_of(outbox, 1))
    assert "camera cam-1 number 2 to 3" in verify(outbox, PUBLIC_KEY).line


def _zip(*entries: tuple[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", compression) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return sink.getvalue()


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("what", "make", "says"),
    [
        ("a name that leads out", lambda: _zip(("../packet.json", b"{}")), "is no plain file name"),
        ("an absolute name", lambda: _zip(("/etc/passwd", b"")), "is no plain file name"),
        ("a name with backslashes", lambda: _zip(("..\\packet.json", b"")), "is no plain file name"),
        ("a folder", lambda: _zip(("more/", b"")), "is no plain file name"),
        ("a name twice", lambda: _zip(("a.jpg", b"1"), ("a.jpg", b"2")), "one file name twice"),
        ("a bomb", lambda: _zip(*((f"{n}.jpg", bytes(2**26)) for n in range(5))), "MB unpacked"),
        ("too many files", lambda: _zip(*((f"{n}.jpg", b"") for n in range(70))), "more than 64 files"),
        ("far too many files", lambda: _zip(*((f"{n}", b"") for n in range(900))), "more than 64 files"),
        ("an unusual packing", lambda: _zip(("a.jpg", b"1"), compression=zipfile.ZIP_LZMA), "is not read"),
        ("nothing", lambda: b"", "is no readable zip"),
        ("no zip", lambda: b"hello", "is no readable zip"),
        ("an empty zip", _zip, "manifest.json: is missing"),
    ],
)
def test_a_malicious_zip_is_refused(tmp_path: Path, what: str, make: Callable[[], bytes], says: str) -> None:
    (tmp_path / "packet.zip").write_bytes(make())
    assert says in refusal(tmp_path / "packet.zip"), what


def test_a_cut_zip_is_refused(outbox: Path) -> None:
    path = pack(folder_of(outbox, 1))
    path.write_bytes(path.read_bytes()[:-40])
    assert "is no readable zip" in refusal(path)


def test_equal_packets_give_equal_zips(outbox: Path, kept: Path) -> None:
    assert pack(folder_of(outbox, 1)).read_bytes() == packed(read_folder(folder_of(kept, 1)))


def test_what_is_not_there_is_told_apart_from_what_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="does not exist"):
        verify(tmp_path / "nowhere", PUBLIC_KEY)
    with pytest.raises(EvidenceError, match="holds no packet"):
        verify(tmp_path, PUBLIC_KEY)


def test_the_command_answers_in_one_line_and_an_exit_code(outbox: Path, tmp_path: Path) -> None:
    lines: list[str] = []
    key = tmp_path / "worker.pub"
    key.write_text(SIGNER.public_pem())
    one, two, three = (folder_of(outbox, number) for number in (1, 2, 3))
    assert verify_command([outbox], public_key=key, say=lines.append) == 0
    assert verify_command([one, three], public_key=key, say=lines.append) == 0
    assert len(lines) == 3
    (two / PLATE_FILE).write_bytes(b"")
    assert verify_command([one, two], public_key=key, say=lines.append) == 1
    assert "plate.jpg: was altered" in lines[-1]
    assert verify_command([one, one], public_key=key, say=lines.append) == 1
    assert "is a double" in lines[-1]
    assert verify_command([tmp_path / "nowhere"], public_key=key, say=lines.append) == 2
    assert verify_command([one], public_key=tmp_path / "no.pub", say=lines.append) == 2
    assert "name the worker's public key with --public-key" in lines[-1]
    assert verify_command([tmp_path / "nowhere"], public_key=tmp_path / "no.pub", say=lines.append) == 2
    assert "nowhere: does not exist" in lines[-1]
    assert not any("\n" in line for line in lines)


def test_what_is_no_file_is_refused_and_not_waited_for(outbox: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "packet.zip")
    assert "is no packet's folder and no zip" in refusal(tmp_path / "packet.zip")
    assert "is no packet's folder and no zip" in refusal(Path("/dev/zero"))
    linked = tmp_path / folder_of(outbox, 1).name
    linked.symlink_to(folder_of(outbox, 1))
    assert "not a link to it" in refusal(linked)


def test_no_name_of_a_file_writes_a_verdict_of_its_own(outbox: Path, tmp_path: Path) -> None:
    lines: list[str] = []
    key = tmp_path / "worker.pub"
    key.write_text(SIGNER.public_pem())
    (folder_of(outbox, 1) / "x\n: good: 1 packet\x1b[8m.jpg").write_bytes(b"")
    bad = outbox.rename(tmp_path / "a\nb: good: 3 packets, camera x number 1 to 3\nc")
    assert verify_command([bad], public_key=key, say=lines.append) == 1
    assert verify_command([tmp_path / "no\nwhere"], public_key=key, say=lines.append) == 2
    assert len(lines) == 2
    assert all(line.isprintable() for line in lines)


def test_a_terminal_that_cannot_show_a_name_still_gets_the_verdict(outbox: Path, tmp_path: Path) -> None:
    key = tmp_path / "worker.pub"
    key.write_text(SIGNER.public_pem())
    place = outbox.rename(tmp_path / "ngã tư")
    told = subprocess.run(
        [sys.executable, "-m", "ngatu", "verify", str(place), "--public-key", str(key)],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert rb"ng\xe3 t\u01b0: good" in told.stdout


def test_the_chain_file_beside_packets_is_no_packet(outbox: Path) -> None:
    assert (outbox / "cam-1" / CHAIN_FILE).exists()
    assert len(verify(outbox / "cam-1", PUBLIC_KEY).packets) == 3
