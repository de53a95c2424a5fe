"""The worker's key: made once, for its owner only, and a clear line for each way in which it can be wrong."""

import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from detector.contract.sealing import key_id_of
from detector.errors import KeyUnusable
from detector.evidence.signing import PRIVATE_NAME, PUBLIC_NAME, load_or_create_signer, load_public_key

OTHER_KIND = generate_private_key(SECP256R1())
OTHER_PRIVATE = OTHER_KIND.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
OTHER_PUBLIC = OTHER_KIND.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_a_key_is_made_once_and_kept_for_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "keys"
    made, again = load_or_create_signer(folder), load_or_create_signer(folder)
    assert made.key_id == again.key_id
    assert stat.S_IMODE((folder / PRIVATE_NAME).stat().st_mode) == 0o600
    assert sorted(path.name for path in folder.iterdir()) == [PRIVATE_NAME, PUBLIC_NAME]


def test_the_public_half_checks_what_the_key_signed(tmp_path: Path) -> None:
    signer = load_or_create_signer(tmp_path)
    public = load_public_key(tmp_path / PUBLIC_NAME)
    signature = signer.sign(b"manifest")
    assert len(signature) == 64
    public.verify(signature, b"manifest")
    assert key_id_of(public) == signer.key_id


def test_workers_that_start_together_share_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        key_ids = set(pool.map(lambda _: load_or_create_signer(tmp_path).key_id, range(8)))
    assert len(key_ids) == 1


def test_a_key_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    load_or_create_signer(tmp_path)
    (tmp_path / PRIVATE_NAME).chmod(0o640)
    with pytest.raises(KeyUnusable, match="chmod 600"):
        load_or_create_signer(tmp_path)


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "is no private key"), (b"no pem", "is no private key"), (OTHER_PRIVATE, "is no Ed25519 key")],
)
def test_a_broken_private_key_is_named_and_never_replaced(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / PRIVATE_NAME
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeyUnusable, match=says):
        load_or_create_signer(tmp_path)
    assert path.read_bytes() == content


def test_a_folder_that_cannot_hold_keys_is_named(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file")
    with pytest.raises(KeyUnusable, match="cannot be made or read"):
        load_or_create_signer(tmp_path / "keys")


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: None, "cannot be read"),
        (lambda path: path.mkdir(), "cannot be read"),
        (lambda path: path.write_bytes(b"no pem"), "is no PEM public key"),
        (lambda path: path.write_bytes(OTHER_PUBLIC), "is no Ed25519 key"),
    ],
)
def test_a_wrong_public_key_is_named(tmp_path: Path, make: Callable[[Path], object], says: str) -> None:
    make(tmp_path / "worker.pub")
    with pytest.raises(KeyUnusable, match=says):
        load_public_key(tmp_path / "worker.pub")


def test_the_umask_does_not_matter(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        load_or_create_signer(tmp_path)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / PRIVATE_NAME).stat().st_mode) == 0o600
