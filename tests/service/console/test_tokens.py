"""The design tokens: text can be read on every ground that it stands on, in the light and in the dark."""

import re

import pytest

from service.console.assets import STATIC

TOKEN = re.compile(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")
LEAST_CONTRAST = 4.5
"""WCAG 2.2 AA for text."""
GROUNDS_OF = {
    "ink": ("paper", "card", "sunken", "accent-soft", "good-soft", "warn-soft", "bad-soft"),
    "faint": ("paper", "card", "sunken"),
    "accent": ("paper", "card", "sunken", "accent-soft"),
    "accent-ink": ("accent",),
    "band-ink": ("band", "band-soft"),
    "good": ("good-soft", "card"),
    "warn": ("warn-soft", "card"),
    "bad": ("bad-soft", "card"),
}


def tokens(scheme: int) -> dict[str, str]:
    """Colours by name; 0 is light, 1 is dark."""
    text = (STATIC / "tokens.css").read_text(encoding="utf-8")
    return {name: (light, dark)[scheme] for name, light, dark in TOKEN.findall(text)}


def luminance(colour: str) -> float:
    """Relative luminance as WCAG defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def test_black_on_white_has_the_most_contrast() -> None:
    assert round(contrast("#000000", "#ffffff"), 2) == 21.0


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("text", GROUNDS_OF)
def test_text_can_be_read_on_its_grounds(text: str, scheme: int) -> None:
    known = tokens(scheme)
    found = {ground: round(contrast(known[text], known[ground]), 2) for ground in GROUNDS_OF[text]}
    assert {ground: ratio for ground, ratio in found.items() if ratio < LEAST_CONTRAST} == {}
