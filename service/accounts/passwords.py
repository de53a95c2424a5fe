"""Which passwords are taken, how they are kept, and how somebody changes one."""

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from service.errors import BadInput

LEAST_LENGTH = 10
LEAST_DIFFERENT = 5
COMMON = frozenset({
    "password", "passw0rd", "matkhau", "mậtkhẩu", "qwerty", "qwertyuiop", "abcdef", "abcdefgh", "iloveyou", "admin",
    "administrator", "letmein", "welcome", "congan", "csgt", "vietnam", "ngatu", "changeme", "anhyeuem",
})  # fmt: skip
"""Words that, with digits and signs around them, are tried first."""
_HASHER = PasswordHasher()
_NO_ONES_HASH = _HASHER.hash(secrets.token_hex(16))
"""Checked when the name is unknown, so that the answer takes as long as for a known one."""


def check_new_password(password: str, name: str) -> None:
    """Raise BadInput for a password that is short, all alike, the person's name or among the first that are tried."""
    if len(password) < LEAST_LENGTH:
        raise BadInput(f"password: must have at least {LEAST_LENGTH} characters")
    plain = password.casefold()
    letters = "".join(character for character in plain if character.isalpha())
    if len(set(plain)) < LEAST_DIFFERENT or not letters or letters in COMMON:
        raise BadInput("password: is among the first that are tried; take several words")
    if len(name) >= 3 and name.casefold() in plain:
        raise BadInput("password: must not hold the name")


def hashed(password: str) -> str:
    """What is kept of a password."""
    return _HASHER.hash(password)


def is_right(password_hash: str | None, password: str) -> bool:
    """Whether this is the password; takes as long when there is nobody to compare with."""
    try:
        return _HASHER.verify(password_hash or _NO_ONES_HASH, password)
    except VerifyMismatchError:
        return False
