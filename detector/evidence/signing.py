"""The worker's Ed25519 key: made at first use, readable by its owner only, its public half beside it."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from detector.contract.sealing import key_id_of
from detector.errors import KeyUnusable

PRIVATE_NAME = "worker.key"
PUBLIC_NAME = "worker.pub"


@dataclass(frozen=True, kw_only=True, slots=True)
class Signer:
    """Signs manifests."""

    private_key: Ed25519PrivateKey

    @property
    def public_key(self) -> Ed25519PublicKey:
        return self.private_key.public_key()

    @property
    def key_id(self) -> str:
        return key_id_of(self.public_key)

    def sign(self, message: bytes) -> bytes:
        """64 raw signature bytes."""
        return self.private_key.sign(message)

    def public_pem(self) -> str:
        """What the service and any checker need."""
        return self.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def load_or_create_signer(folder: Path) -> Signer:
    """The key in `folder`, made with mode 0600 when there is none, its public half beside it. Raises KeyUnusable."""
    path = folder / PRIVATE_NAME
    try:
        if not path.exists():
            _create(path)
        if path.stat().st_mode & 0o077:
            raise KeyUnusable(f"{path}: can be read by others; run: chmod 600 {path}")
        signer = _signer_from(path.read_bytes(), path)
        _publish(signer, folder / PUBLIC_NAME)
    except OSError as error:
        raise KeyUnusable(f"{path}: cannot be made or read ({error.strerror}); check the folder") from None
    return signer


def load_public_key(path: Path) -> Ed25519PublicKey:
    """A public key from a PEM file. Raises KeyUnusable."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except OSError as error:
        raise KeyUnusable(
            f"{path}: cannot be read ({error.strerror}); name the worker's public key with --public-key"
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise KeyUnusable(
            f"{path}: is no PEM public key; name the worker's public key with --public-key"
        ) from None
    if not isinstance(key, Ed25519PublicKey):
        raise KeyUnusable(f"{path}: is no Ed25519 key; packets are signed with Ed25519")
    return key


def _signer_from(pem: bytes, path: Path) -> Signer:
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeyUnusable(f"{path}: is no private key; restore it from the backup") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyUnusable(f"{path}: is no Ed25519 key; restore the worker's own key")
    return Signer(private_key=key)


def _create(path: Path) -> None:
    """Make a key; whole or not at all, and never over one that another process made meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.") as file:  # mode 0600
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
        with suppress(FileExistsError):
            path.hardlink_to(file.name)


def _publish(signer: Signer, path: Path) -> None:
    if path.exists() and path.read_text(encoding="ascii", errors="replace") == signer.public_pem():
        return
    # A name of its own: workers that start together each publish the same key, none may rename another's file away.
    with NamedTemporaryFile(
        "w", dir=path.parent, prefix=f".{path.name}.", encoding="ascii", delete=False
    ) as file:
        file.write(signer.public_pem())
    unfinished = Path(file.name)
    unfinished.chmod(0o644)
    unfinished.rename(path)
