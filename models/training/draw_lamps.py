"""Draws signal lamps and heads for training the lamp reader where real pictures are missing.

In: a seeded dice and background pictures. Out: small BGR pictures with their colour: single lamps and
heads, lit and dark, day and night, blooming, arrows and digits beside, leaves in front. Offline only.
"""

import random

import cv2
import numpy as np

Picture = np.ndarray
CANVAS = 96
LIT = {  # corners of the colours of lit lamps (B, G, R): LED and bulb, as cameras show them
    "red": [((60, 30, 255), (20, 10, 190)), ((30, 70, 255), (90, 0, 220)), ((60, 0, 170), (120, 60, 255))],
    "yellow": [
        ((0, 190, 255), (40, 220, 255)),
        ((20, 150, 235), (90, 200, 255)),
        ((0, 170, 220), (60, 235, 250)),
    ],
    "green": [
        ((120, 255, 0), (200, 255, 60)),
        ((150, 200, 0), (220, 255, 130)),
        ((90, 230, 60), (170, 160, 0)),
    ],
}
LENS = {"red": (38, 34, 62), "yellow": (34, 56, 66), "green": (52, 56, 34)}
ORDER = ("red", "yellow", "green")


def draw_head(dice: random.Random, background: Picture, lit: str | None) -> Picture:
    """A head of three lamps (two sometimes), upright or lying, with at most one lit lamp, in a loose crop."""
    canvas = _backdrop(dice, background)
    lamps = ORDER if dice.random() < 0.85 else tuple(c for c in ORDER if c != "yellow" or lit == "yellow")
    radius = dice.choice((dice.uniform(0.14, 0.25), dice.uniform(0.25, 0.42))) * CANVAS / len(lamps)
    upright = dice.random() < 0.8
    step = radius * dice.uniform(2.0, 2.6)
    middle = CANVAS / 2 + np.array([dice.uniform(-10, 10), dice.uniform(-10, 10)])
    axis = np.array([0, 1]) if upright else np.array([1, 0])
    places = [middle + axis * step * (i - (len(lamps) - 1) / 2) for i in range(len(lamps))]
    shade = dice.randint(8, 80)
    reach = np.array([radius * 1.25, radius * 1.25]) + axis * step * (len(lamps) - 1) / 2
    corner_a, corner_b = (middle - reach).astype(int).tolist(), (middle + reach).astype(int).tolist()
    cv2.rectangle(canvas, corner_a, corner_b, (shade, shade, shade), -1)
    for colour, place in zip(lamps, places, strict=True):
        _lamp(dice, canvas, place, radius, colour, is_lit=colour == lit)
    if dice.random() < 0.15:
        _digits(dice, canvas, lit or "red")
    if dice.random() < 0.5:
        canvas = np.ascontiguousarray(canvas[:, ::-1])
    return _camera(dice, canvas, night=lit is not None and dice.random() < 0.35)


def draw_lamp(dice: random.Random, background: Picture, colour: str, *, is_lit: bool) -> Picture:
    """One lamp that fills most of the crop, as a calibrated lamp box shows it."""
    canvas = _backdrop(dice, background)
    shade = dice.randint(8, 70)
    canvas[:] = cv2.addWeighted(canvas, 0.1, np.full_like(canvas, shade), 0.9, 0)
    radius = dice.uniform(0.28, 0.55) * CANVAS
    place = np.array([CANVAS / 2 + dice.uniform(-12, 12), CANVAS / 2 + dice.uniform(-12, 12)])
    _lamp(dice, canvas, place, radius, colour, is_lit=is_lit)
    return _camera(dice, canvas, night=is_lit and dice.random() < 0.35)


def hide(dice: random.Random, picture: Picture, background: Picture) -> Picture:
    """The same crop with something before it, so that its colour cannot be told."""
    canvas = cv2.resize(picture, (CANVAS, CANVAS))
    cover = _backdrop(dice, background)
    share = dice.uniform(0.88, 1.0)
    if dice.random() < 0.5:
        canvas[:, : int(CANVAS * share)] = cover[:, : int(CANVAS * share)]
    else:
        canvas[int(CANVAS * (1 - share)) :] = cover[int(CANVAS * (1 - share)) :]
    return _camera(dice, canvas, night=False)


def background_patch(dice: random.Random, background: Picture) -> Picture:
    """A crop with no signal in it."""
    return _camera(dice, _backdrop(dice, background), night=False)


def _backdrop(dice: random.Random, background: Picture) -> Picture:
    height, width = background.shape[:2]
    side = dice.randint(16, min(90, height, width))
    x, y = dice.randint(0, width - side), dice.randint(0, height - side)
    return cv2.resize(background[y : y + side, x : x + side], (CANVAS, CANVAS))


def _lamp(
    dice: random.Random, canvas: Picture, place: Picture, radius: float, colour: str, *, is_lit: bool
) -> None:
    centre = place.astype(int).tolist()
    lens = np.array(LENS[colour]) * dice.uniform(0.4, 1.5)
    cv2.circle(canvas, centre, int(radius), lens.tolist(), -1, cv2.LINE_AA)
    if not is_lit:
        if dice.random() < 0.3:  # a reflection of the sky on the lens
            glint = dice.randint(70, 150)
            spot = (place - radius * 0.3).astype(int).tolist()
            cv2.circle(canvas, spot, max(int(radius * 0.25), 1), (glint, glint, glint), -1, cv2.LINE_AA)
        return
    low, high = dice.choice(LIT[colour])
    mix = dice.random()
    tone = np.array(low) * mix + np.array(high) * (1 - mix)
    tone = tone * dice.uniform(0.62, 1.0)
    if dice.random() < 0.15:
        _arrow(dice, canvas, place, radius, tone)
    else:
        cv2.circle(canvas, centre, int(radius * dice.uniform(0.75, 1.0)), tone.tolist(), -1, cv2.LINE_AA)
    if dice.random() < 0.3:
        core = tone * 0.3 + 255 * 0.7
        cv2.circle(canvas, centre, int(radius * dice.uniform(0.2, 0.7)), core.tolist(), -1, cv2.LINE_AA)
    _bloom(dice, canvas, place, radius, tone)


def _bloom(dice: random.Random, canvas: Picture, place: Picture, radius: float, tone: Picture) -> None:
    """Adds the lamp's own light around it: little by day, flooding the crop by night."""
    strength = dice.choice((0.0, 0.15, 0.3, 0.9, 1.4))
    reach = radius * dice.uniform(1.0, 2.5)
    y, x = np.mgrid[:CANVAS, :CANVAS]
    glow = np.exp(-((x - place[0]) ** 2 + (y - place[1]) ** 2) / (2 * reach**2))[..., None]
    hot = np.clip(glow * 2.2 - 1.2, 0, 1) * (strength > 0.5) * dice.uniform(60, 255)
    lit = canvas.astype(np.float32) + glow * strength * tone + hot
    canvas[:] = np.clip(lit, 0, 255).astype(np.uint8)


def _arrow(dice: random.Random, canvas: Picture, place: Picture, radius: float, tone: Picture) -> None:
    turn = dice.choice((0.0, np.pi / 2, np.pi, -np.pi / 2))
    tip = place + radius * 0.8 * np.array([np.cos(turn), np.sin(turn)])
    tail = place - radius * 0.8 * np.array([np.cos(turn), np.sin(turn)])
    width = max(int(radius * 0.35), 1)
    cv2.arrowedLine(
        canvas, tail.astype(int), tip.astype(int), tone.tolist(), width, cv2.LINE_AA, tipLength=0.5
    )


def _digits(dice: random.Random, canvas: Picture, colour: str) -> None:
    """Countdown digits at the rim: their colour must not decide alone, so half have another colour."""
    shown = colour if dice.random() < 0.7 else dice.choice(("red", "green"))
    tone = np.array(LIT[shown][0][0], dtype=float).tolist()
    at = (dice.choice((0, CANVAS - 26)), dice.choice((22, CANVAS - 2)))
    cv2.putText(canvas, str(dice.randint(0, 99)), at, cv2.FONT_HERSHEY_SIMPLEX, 0.7, tone, 2, cv2.LINE_AA)


def _camera(dice: random.Random, canvas: Picture, *, night: bool) -> Picture:
    """What the camera does to it: darkness around, few pixels, blur, cast, noise, JPEG."""
    seen = canvas.astype(np.float32)
    if night:
        level = seen.max(axis=2, keepdims=True) / 255
        seen = seen * np.where(level > 0.55, 1.0, dice.uniform(0.1, 0.5))
    seen = seen * dice.uniform(0.75, 1.15) + dice.uniform(-8, 25)
    seen = seen * np.array([dice.uniform(0.88, 1.12) for _ in range(3)])
    side = dice.randint(9, 64)
    small = cv2.resize(np.clip(seen, 0, 255).astype(np.uint8), (side, side), interpolation=cv2.INTER_AREA)
    if dice.random() < 0.4:
        small = cv2.GaussianBlur(small, (3, 3), dice.uniform(0.3, 1.2))
    rough = np.random.default_rng(dice.getrandbits(32)).normal(0, dice.uniform(0, 8), small.shape)
    small = np.clip(small + rough, 0, 255).astype(np.uint8)
    _, packed = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, dice.randint(40, 95)])
    return cv2.imdecode(packed, cv2.IMREAD_COLOR)
