"""Pictures of plates in their surroundings with known corners, for the corner network.

Drawn plates are laid over the real plates of training photos, turned and slanted; real plates whose corners are known
take part as they are. Each is then seen through a finder's box: shifted, too large, or cutting a part off.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.plates.corners import HEIGHT_PX, SURROUNDINGS, WIDTH_PX, Quad, to_input

Picture = NDArray[np.uint8]
PATCH_PX = 260
AROUND = 1.3
"""How much of the photo stands around a plate in a patch, share of the plate's sides, each way."""
CUT_CHANCE = 0.22
BARE_CHANCE = 0.2
"""How often nothing is known around the plate: it was cut out before, and its crop's edge is repeated."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlatePatch:
    """A piece of a photo around one plate; corners in px, clockwise from the plate's upper left."""

    picture: Picture
    quad: Quad


def patch_around(photo: Picture, quad: Quad) -> PlatePatch:
    """The surroundings of a plate, at most some 260 px a side."""
    low, high = quad.min(axis=0), quad.max(axis=0)
    room = (high - low).max() * 0.4 + (high - low) * AROUND
    left, top = np.maximum(low - room, 0).astype(int)
    right, bottom = np.minimum(high + room, photo.shape[1::-1]).astype(int)
    piece = photo[top:bottom, left:right]
    scale = min(1.0, PATCH_PX / max((high - low).max() * 2, 1))
    if scale < 1:
        piece = cv2.resize(piece, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return PlatePatch(picture=piece.copy(), quad=((quad - [left, top]) * scale).astype(np.float32))


def covered(patch: PlatePatch, drawn: Picture, rng: np.random.Generator) -> PlatePatch:
    """A drawn plate laid over the real one."""
    picture = _without_plate(patch, rng)
    low, high = patch.quad.min(axis=0), patch.quad.max(axis=0)
    height, width = drawn.shape[:2]
    scale = max((high - low)[0] / width, 0.5 * (high - low)[1] / height) * rng.uniform(0.8, 1.25)
    w, h = width * scale, height * scale
    flat = np.array([[-w, -h], [w, -h], [w, h], [-w, h]], np.float32) / 2
    quad = (_turned(flat, rng, 1.0) + (low + high) / 2 + rng.normal(0, 0.05, 2) * (w, h)).astype(np.float32)
    shaded = _shaded(drawn, rng)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, quad)
    size = picture.shape[1::-1]
    if scale < 0.6:
        shaded = cv2.GaussianBlur(shaded, (0, 0), 0.35 / scale)
    laid = cv2.warpPerspective(shaded, matrix, size, flags=cv2.INTER_LINEAR)
    mask = cv2.warpPerspective(np.full(drawn.shape[:2], 255, np.uint8), matrix, size, flags=cv2.INTER_LINEAR)
    if rng.random() < 0.5:
        mask = cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.5, 1.0))
    share = (mask / np.float32(255))[:, :, None]
    mixed = (laid * share + _rimmed(picture, quad, rng) * (1 - share)).astype(np.uint8)
    return PlatePatch(picture=mixed, quad=quad)


def _rimmed(picture: Picture, quad: Quad, rng: np.random.Generator) -> Picture:
    """Now and then a frame or a shadow around the plate, as holders make."""
    if rng.random() < 0.4:
        centre = quad.mean(axis=0)
        wider = centre + (quad - centre) * rng.uniform(1.03, 1.14) + rng.uniform(0, 3, 2)
        level = int(rng.uniform(0, 60) if rng.random() < 0.7 else rng.uniform(120, 230))
        picture = picture.copy()
        cv2.fillConvexPoly(picture, wider.astype(np.int32), (level, level, level), cv2.LINE_AA)
    return picture


def _without_plate(patch: PlatePatch, rng: np.random.Generator) -> Picture:
    """The real plate hidden under what lies above, below or beside it."""
    picture = patch.picture.copy()
    height, width = picture.shape[:2]
    low = np.maximum(patch.quad.min(axis=0) - 2, 0).astype(int)
    high = np.minimum(patch.quad.max(axis=0) + 2, [width, height]).astype(int)
    (left, top), (right, bottom) = low, high
    w, h = right - left, bottom - top
    places = [(left, top - h), (left, bottom), (left - w, top), (right, top)]
    free = [(x, y) for x, y in places if x >= 0 and y >= 0 and x + w <= width and y + h <= height]
    if free and min(w, h) > 0:
        x, y = free[rng.integers(len(free))]
        picture[top:bottom, left:right] = picture[y : y + h, x : x + w][:, ::-1]
    elif min(w, h) > 0:
        picture[top:bottom, left:right] = picture.mean(axis=(0, 1)).astype(np.uint8)
    return picture


def _turned(flat: Quad, rng: np.random.Generator, strength: float) -> Quad:
    """Corners around the origin turned, sheared, foreshortened and under perspective."""
    turn = np.radians(np.clip(rng.normal(0, 9), -28, 28)) * strength
    shear = np.clip(rng.normal(0, 0.14), -0.4, 0.4) * strength
    narrow = rng.uniform(0.6, 1.0) if rng.random() < 0.3 else 1.0
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    slanted = np.array([[narrow, 0], [shear, 1.0]])
    size = flat.max(axis=0) - flat.min(axis=0)
    bent = flat + rng.uniform(-0.06, 0.06, (4, 2)) * strength * size
    return np.asarray(bent @ (rotation @ slanted).T, np.float32)


def _shaded(drawn: Picture, rng: np.random.Generator) -> Picture:
    """Brightness, contrast, an edge of shadow, a spot of glare, dirt."""
    height, width = drawn.shape[:2]
    level = drawn.astype(np.float32)
    if rng.random() < 0.4:
        level *= np.linspace(rng.uniform(0.5, 1.1), rng.uniform(0.6, 1.2), width)[None, :, None]
    if rng.random() < 0.25:
        edge, slope = int(rng.uniform(0.1, 0.9) * width), rng.uniform(-1.5, 1.5)
        shade = (np.arange(width)[None, :] + slope * np.arange(height)[:, None]) < edge
        level[shade] *= rng.uniform(0.3, 0.8)
    if rng.random() < 0.25:
        centre = (int(rng.uniform(0, width)), int(rng.uniform(0, height)))
        spot = np.zeros((height, width), np.float32)
        cv2.circle(spot, centre, int(rng.uniform(0.08, 0.3) * height) + 1, 1.0, -1)
        level += cv2.GaussianBlur(spot, (0, 0), 0.08 * height)[:, :, None] * rng.uniform(60, 200)
    level = (level - 128) * rng.uniform(0.35, 1.2) + 128 + rng.uniform(-90, 40)
    if rng.random() < 0.3:
        rim = int(rng.uniform(0.01, 0.06) * height) + 1
        cv2.rectangle(level, (0, 0), (width, height), (float(rng.uniform(20, 255)),) * 3, rim)
    return np.clip(level, 0, 255).astype(np.uint8)


def seen(patch: PlatePatch, rng: np.random.Generator, strength: float = 0.5) -> tuple[Picture, Quad]:
    """The patch through a finder's box, as the network's input picture (grey), and the corners in shares of it."""
    centre = patch.quad.mean(axis=0)
    quad = _turned(patch.quad - centre, rng, strength) + centre
    if rng.random() < 0.4:
        quad = patch.quad.copy()
    if rng.random() < BARE_CHANCE:
        return _bare(patch, quad, rng)
    sides = _boxed(quad, rng)
    more = (sides[2:] - sides[:2]) * SURROUNDINGS
    low, high = sides[:2] - more, sides[2:] + more
    inner = (quad - low) / (high - low)
    matrix = cv2.getPerspectiveTransform(patch.quad, (inner * [WIDTH_PX, HEIGHT_PX]).astype(np.float32))
    picture = cv2.warpPerspective(
        patch.picture, matrix, (WIDTH_PX, HEIGHT_PX), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return _damaged(picture, rng), inner.astype(np.float32)


def _bare(patch: PlatePatch, quad: Quad, rng: np.random.Generator) -> tuple[Picture, Quad]:
    """A plate that was cut out with little around it: the box is the crop, and its edge is repeated."""
    low, high = quad.min(axis=0), quad.max(axis=0)
    error = rng.uniform(-0.02, 0.12, 4) * np.tile(high - low, 2)
    low, high = low - error[:2], high + error[2:]
    across, down = (round(side / (1 + 2 * SURROUNDINGS)) for side in (WIDTH_PX, HEIGHT_PX))
    inner = (quad - low) / (high - low)
    matrix = cv2.getPerspectiveTransform(patch.quad, (inner * [across, down]).astype(np.float32))
    crop = cv2.warpPerspective(
        patch.picture, matrix, (across, down), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    left, top = (WIDTH_PX - across) // 2, (HEIGHT_PX - down) // 2
    sides = (top, HEIGHT_PX - down - top, left, WIDTH_PX - across - left)
    whole = cv2.copyMakeBorder(_damaged(crop, rng), *sides, cv2.BORDER_REPLICATE)
    placed = (inner * [across, down] + [left, top]) / [WIDTH_PX, HEIGHT_PX]
    return np.asarray(whole, np.uint8), placed.astype(np.float32)


def _boxed(quad: Quad, rng: np.random.Generator) -> NDArray[np.float64]:
    """Left, top, right, bottom of the box that a finder might say."""
    low, high = quad.min(axis=0), quad.max(axis=0)
    size = np.tile(high - low, 2)
    error = rng.normal(0, 0.05, 4)
    if rng.random() < CUT_CHANCE:
        side = rng.integers(4)
        inwards = 1 if side < 2 else -1
        error[side] += inwards * rng.uniform(-0.35, 0.38)
    return np.concatenate([low, high]) + error * size


def _damaged(picture: Picture, rng: np.random.Generator) -> Picture:
    if rng.random() < 0.5:
        scale = rng.uniform(0.2, 0.9)
        small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        picture = cv2.resize(small, picture.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.3:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 1.8))
    noise = rng.normal(0, rng.uniform(0, 10), picture.shape)
    level = (picture - 128.0) * rng.uniform(0.4, 1.2) + 128 + rng.uniform(-50, 40)
    damaged = np.clip(level + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.4:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.uniform(25, 90))]
        damaged = cv2.imdecode(cv2.imencode(".jpg", damaged, quality)[1], cv2.IMREAD_COLOR)
    return np.asarray(damaged, np.uint8)


def as_input(picture: Picture) -> NDArray[np.float32]:
    """What the product gives to the network."""
    return to_input(picture)
