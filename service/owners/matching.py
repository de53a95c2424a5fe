"""Does the vehicle that the camera saw fit the one that is registered? Pure: words in, differences out.

Not knowing is no difference. A difference is a hint at a cloned plate for an officer, never a finding.
"""

import unicodedata
from dataclasses import dataclass

from service.owners.registry import Registration

SAME_WORDS = {
    "motorbike": ("motorcycle", "xe may", "mo to", "xe mo to", "xe gan may"),
    "car": ("xe con", "o to", "o to con", "xe o to con"),
    "bus": ("xe khach", "o to khach", "xe buyt"),
    "truck": ("xe tai", "o to tai", "lorry"),
    "bicycle": ("xe dap",),
    "white": ("trang",),
    "black": ("den",),
    "yellow": ("vang",),
    "blue": ("xanh", "xanh duong", "xanh lam"),
    "green": ("xanh la", "xanh luc"),
    "red": ("do",),
    "silver": ("bac",),
    "grey": ("gray", "xam", "ghi"),
    "brown": ("nau",),
}
WORD_OF = {said: word for word, others in SAME_WORDS.items() for said in (word, *others)}
PLATE_COLOURS = {"white", "yellow", "blue", "red"}
UNKNOWN = {"", "unknown", "khong ro"}
COMPARED = ("vehicle_class", "plate_colour", "colour", "make")


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What the camera, or the officer in its pictures, saw; empty: cannot be told."""

    vehicle_class: str = ""
    plate_colour: str = ""
    colour: str = ""
    make: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mismatch:
    """One thing that was seen otherwise than it is registered."""

    what: str
    seen: str
    registered: str


def mismatches(seen: Seen, registration: Registration) -> tuple[Mismatch, ...]:
    """Everything known on both sides that differs; empty when the vehicle may well be the registered one."""
    pairs = ((what, getattr(seen, what), getattr(registration, what)) for what in COMPARED)
    return tuple(
        Mismatch(what=what, seen=here, registered=there)
        for what, here, there in pairs
        if _differ(here, there)
    )


def _differ(here: str, there: str) -> bool:
    plain_here, plain_there = _plain(here), _plain(there)
    return plain_here not in UNKNOWN and plain_there not in UNKNOWN and plain_here != plain_there


def plate_colour_code(text: str) -> str | None:
    """white, yellow, blue or red for a plate's colour in either language; None for anything else."""
    word = _plain(text)
    return word if word in PLATE_COLOURS else None


def _plain(text: str) -> str:
    """One word for the same thing in either language, without case and accents."""
    letters = unicodedata.normalize("NFD", text.strip().casefold().replace("đ", "d"))
    bare = " ".join("".join(c for c in letters if not unicodedata.combining(c)).split())
    return WORD_OF.get(bare, bare)
