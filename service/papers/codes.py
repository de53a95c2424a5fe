"""The code on a notice that opens the public look-up. Only its digest can be searched for."""

import secrets
from hashlib import sha256

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without 0 and O, 1, I and L, U and V confused by nobody: U is left out."""
CODE_LENGTH = 10


def new_code() -> str:
    """Ten characters from thirty: 5.9·10¹⁴ codes."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def canonical_code(text: str) -> str:
    """As it is stored, however it was typed."""
    return "".join(character for character in text.upper() if character.isalnum())


def digest_of_code(text: str) -> str:
    """What a typed code is searched by."""
    return sha256(canonical_code(text).encode()).hexdigest()
