"""Evidence in a folder: FOLDER/CAMERA/VIOLATION/ holds a packet's files. Moved into place when all are on the disk."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

from detector.contract.packet import MANIFEST_FILE
from service.evidence.store import EvidenceNotKept, PacketPlace, check_name, no_such_file

UNFINISHED = ".unfinished-"
LEFT_BEHIND = ".left-behind-"


class FolderStore:
    """Evidence on a disk of this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def prepare(self, files: Mapping[str, bytes]) -> Iterator["PreparedFolder"]:
        """Write the files to a place of their own, all on the disk when this returns. Raises EvidenceNotKept."""
        unfinished = self._folder / f"{UNFINISHED}{os.urandom(8).hex()}"
        try:
            try:
                unfinished.mkdir(parents=True)
                _write_all(unfinished, files)
            except OSError as error:
                raise self._not_kept(error) from None
            yield PreparedFolder(store=self, unfinished=unfinished, manifest=files[MANIFEST_FILE])
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)

    def put(self, camera_id: str, violation_id: str, files: Mapping[str, bytes]) -> None:
        """Keep the files of a packet at once. Raises EvidenceNotKept."""
        with self.prepare(files) as prepared:
            prepared.publish(PacketPlace(camera_id=camera_id, violation_id=violation_id))

    def move_into_place(self, unfinished: Path, place: PacketPlace, manifest: bytes) -> None:
        """The same packet again changes nothing; another one, left behind by an unfinished intake, gives way."""
        target = self._folder / place.camera_id / place.violation_id
        if _holds(target / MANIFEST_FILE, manifest):
            return
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.is_dir():
                target.rename(target.with_name(f"{LEFT_BEHIND}{target.name}-{os.urandom(4).hex()}"))
            unfinished.rename(target)
            _flush_folder(target.parent)
        except OSError as error:
            raise self._not_kept(error) from None

    def path_of(self, camera_id: str, violation_id: str, name: str) -> Path:
        """Where one file of a packet lies. Raises NotFound, also for names that would lead elsewhere."""
        check_name(name)
        path = self._folder / camera_id / violation_id / name
        if not path.is_file():
            raise no_such_file(name)
        return path

    def names_of(self, camera_id: str, violation_id: str) -> list[str]:
        """The files of a packet."""
        folder = self._folder / camera_id / violation_id
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []

    def erase(self, camera_id: str, violation_id: str) -> list[str]:
        """Take a packet's files away for good: moved out of its place first, so that no half of it is ever seen."""
        target = self._folder / camera_id / violation_id
        names = self.names_of(camera_id, violation_id)
        if target.is_dir():
            gone = self._folder / f"{UNFINISHED}{os.urandom(8).hex()}"
            target.rename(gone)
            _flush_folder(target.parent)
            shutil.rmtree(gone)
        return names

    def packets(self) -> Iterator[PacketPlace]:
        """Every packet in the folder, in order."""
        for camera in sorted(_folders_in(self._folder)):
            for packet in sorted(_folders_in(camera)):
                yield PacketPlace(camera_id=camera.name, violation_id=packet.name)

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

    def _not_kept(self, error: OSError) -> EvidenceNotKept:
        return EvidenceNotKept(
            f"{self._folder}: evidence cannot be written ({error.strerror}); free space, the worker sends it again"
        )


class PreparedFolder:
    """Files that are on the disk, waiting to be moved into their place."""

    def __init__(self, *, store: FolderStore, unfinished: Path, manifest: bytes) -> None:
        self._store, self._unfinished, self._manifest = store, unfinished, manifest

    def publish(self, place: PacketPlace) -> None:
        """Move them into their place; the caller sees to it that only one does so for a packet at a time."""
        self._store.move_into_place(self._unfinished, place, self._manifest)


def _folders_in(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")]


def _holds(path: Path, data: bytes) -> bool:
    return path.is_file() and path.read_bytes() == data


def _write_all(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write all, then wait for the disk: waiting after each file would be several times slower."""
    written: list[int] = []
    try:
        for name, data in files.items():
            file = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
            written.append(file)
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(file, rest) :]
        for file in written:
            os.fsync(file)
    finally:
        for file in written:
            os.close(file)
    _flush_folder(folder)


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
