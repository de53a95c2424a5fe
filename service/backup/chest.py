"""Files of a backup, plain or encrypted piece by piece with AES-256-GCM under a passphrase (scrypt).

A piece is bound to the file's name, to its number and to whether it is the last: nothing can be swapped, cut or joined.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from service.errors import BadInput, ServiceError

PIECE_BYTES = 1 << 20
NONCE_BYTES, TAG_BYTES = 12, 16
SALT_FILE = "salt"
CHECK_FILE = "passphrase-check"
ENCRYPTED_SUFFIX = ".enc"


class DamagedBackup(ServiceError):
    """A backup that must not be restored; the message names the file."""

    status = 422


class Writable(Protocol):
    """What dumps and archives are written to."""

    def write(self, data: bytes, /) -> int: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Chest:
    """The folder of a backup and, when it is encrypted, its key."""

    folder: Path
    key: bytes | None

    def stored_name(self, name: str) -> str:
        """What the file is called in the folder."""
        return name + (ENCRYPTED_SUFFIX if self.key else "")

    @contextmanager
    def writing(self, name: str) -> Iterator["Sink"]:
        """A new file, written whole or not at all; its digest is known afterwards."""
        target = self.folder / self.stored_name(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f".unfinished-{target.name}")
        with naming(target), unfinished.open("wb") as file:
            sink = Sink(file=file, name=name, key=self.key)
            yield sink
            sink.close()
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(target)

    @contextmanager
    def reading(self, name: str) -> Iterator["Source"]:
        """A file of the backup. Reading raises DamagedBackup."""
        path = self.folder / self.stored_name(name)
        if not path.is_file():
            raise DamagedBackup(f"{path}: is missing from the backup")
        with path.open("rb") as file:
            yield Source(file=file, name=name, path=path, key=self.key)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Name the file in an OSError that names none, as that of a write to a full disk."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


class Sink:
    """Takes bytes, puts them into a file, encrypted when there is a key, and counts the digest of what is stored."""

    def __init__(self, *, file: IO[bytes], name: str, key: bytes | None) -> None:
        self._file, self._name, self._digest = file, name, sha256()
        self._cipher = AESGCM(key) if key else None
        self._waiting, self._number = bytearray(), 0
        self.stored_bytes = 0

    def write(self, data: bytes, /) -> int:
        if self._cipher is None:
            self._store(data)
        else:
            self._waiting += data
            while len(self._waiting) > PIECE_BYTES:
                self._seal(bytes(self._waiting[:PIECE_BYTES]), is_last=False)
                del self._waiting[:PIECE_BYTES]
        return len(data)

    def close(self) -> None:
        if self._cipher is not None:
            self._seal(bytes(self._waiting), is_last=True)

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def _seal(self, piece: bytes, *, is_last: bool) -> None:
        assert self._cipher is not None  # noqa: S101 - only called with a key
        nonce = os.urandom(NONCE_BYTES)
        self._store(nonce + self._cipher.encrypt(nonce, piece, _bound(self._name, self._number, is_last)))
        self._number += 1

    def _store(self, data: bytes) -> None:
        self._file.write(data)
        self._digest.update(data)
        self.stored_bytes += len(data)


class Source:
    """Gives the bytes that were written, as a file that is read from its beginning to its end."""

    def __init__(self, *, file: IO[bytes], name: str, path: Path, key: bytes | None) -> None:
        self._file, self._name, self._path = file, name, path
        self._cipher = AESGCM(key) if key else None
        self._opened, self._number = bytearray(), 0
        self._left = path.stat().st_size

    def read(self, size: int = -1) -> bytes:
        if self._cipher is None:
            return self._file.read(size)
        while self._left and (size < 0 or len(self._opened) < size):
            self._open_piece()
        wanted = len(self._opened) if size < 0 else size
        found = bytes(self._opened[:wanted])
        del self._opened[:wanted]
        return found

    def _open_piece(self) -> None:
        assert self._cipher is not None  # noqa: S101 - only called with a key
        sealed = self._file.read(min(self._left, NONCE_BYTES + PIECE_BYTES + TAG_BYTES))
        self._left -= len(sealed)
        bound = _bound(self._name, self._number, self._left == 0)
        try:
            self._opened += self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound)
        except (InvalidTag, ValueError):
            raise DamagedBackup(
                f"{self._path}: cannot be opened; the passphrase is another one, or the file was altered"
            ) from None
        self._number += 1


def open_chest(folder: Path, passphrase: str | None) -> Chest:
    """The folder with the key that its passphrase makes; the first use of a passphrase makes the folder's salt."""
    if passphrase is None:
        return Chest(folder=folder, key=None)
    if not passphrase:
        raise BadInput(
            "passphrase: is empty; give one that is long enough, or none to leave the backup plain"
        )
    path = folder / SALT_FILE
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(16))
    derive = Scrypt(salt=path.read_bytes(), length=32, n=2**15, r=8, p=1)
    chest = Chest(folder=folder, key=derive.derive(passphrase.encode()))
    _check_passphrase(chest)
    return chest


def _check_passphrase(chest: Chest) -> None:
    """One folder, one passphrase: later backups refer to evidence that earlier ones encrypted."""
    if not (chest.folder / chest.stored_name(CHECK_FILE)).is_file():
        with chest.writing(CHECK_FILE) as sink:
            sink.write(CHECK_FILE.encode())
    try:
        with chest.reading(CHECK_FILE) as source:
            source.read()
    except DamagedBackup:
        raise BadInput(
            f"{chest.folder}: has another passphrase; give the one of its earlier backups"
        ) from None


def digest_of_file(path: Path) -> str:
    """SHA-256 of a file as it lies there."""
    digest = sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def _bound(name: str, number: int, is_last: bool) -> bytes:
    return f"{name}|{number}|{'last' if is_last else 'more'}".encode()
