"""What the eyes say about one picture: boxes, classes, plate characters, lamp colours.

Pure values, no pixels and no third-party import, so that every other room may use them.
All coordinates are shares of the picture's width and height, x to the right, y down:

    (0,0) ───────▶ x = 1
      │   left,top ┌──┐
      ▼            └──┘ right,bottom
    y = 1
"""

from dataclasses import dataclass
from enum import StrEnum


class VehicleClass(StrEnum):
    """What a vehicle is, as far as a picture shows. A motorbike's box includes its rider."""

    MOTORBIKE = "motorbike"
    CAR = "car"
    BUS = "bus"
    TRUCK = "truck"
    BICYCLE = "bicycle"


class LampColour(StrEnum):
    """The lit lamp of a signal. UNKNOWN: it cannot be told; OFF: it is seen and nothing is lit."""

    RED = "red"
    YELLOW = "yellow"
    GREEN = "green"
    OFF = "off"
    UNKNOWN = "unknown"


class PlateLayout(StrEnum):
    """Rows of characters on the plate."""

    ONE_LINE = "one_line"
    TWO_LINE = "two_line"


class PlateColour(StrEnum):
    """Background of the plate; the text alone does not tell it (Law 36/2024 art. 36.2)."""

    WHITE = "white"
    YELLOW = "yellow"
    BLUE = "blue"
    RED = "red"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """A place in the picture, in shares."""

    x: float
    y: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Box:
    """An upright rectangle in shares. Raises ValueError when it has no area."""

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        if not (self.left < self.right and self.top < self.bottom):
            raise ValueError(f"box without area: {self.left, self.top, self.right, self.bottom}")

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def centre(self) -> Point:
        return Point(x=(self.left + self.right) / 2, y=(self.top + self.bottom) / 2)

    @property
    def ground(self) -> Point:
        """Where the vehicle stands: the middle of the lower edge."""
        return Point(x=(self.left + self.right) / 2, y=self.bottom)

    def overlap(self, other: "Box") -> float:
        """Intersection over union with another box, 0…1."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        if width <= 0 or height <= 0:
            return 0.0
        shared = width * height
        return shared / (self.width * self.height + other.width * other.height - shared)

    def contains(self, point: Point) -> bool:
        return self.left <= point.x <= self.right and self.top <= point.y <= self.bottom


@dataclass(frozen=True, kw_only=True, slots=True)
class VehicleDetection:
    """One vehicle in one picture; score 0…1."""

    box: Box
    vehicle_class: VehicleClass
    score: float


@dataclass(frozen=True, kw_only=True, slots=True)
class PlateBox:
    """One plate in one picture. Corners, when known, run clockwise from the plate's upper left."""

    box: Box
    score: float
    corners: tuple[Point, Point, Point, Point] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PlateCharacter:
    """One character as read, with the probability 0…1 that it is right."""

    character: str
    confidence: float


@dataclass(frozen=True, kw_only=True, slots=True)
class PlateRead:
    """One reading of one plate picture: characters row by row, nothing corrected or invented."""

    rows: tuple[tuple[PlateCharacter, ...], ...]
    layout: PlateLayout
    colour: PlateColour
    confidence: float
    """Calibrated probability 0…1 that the whole text is right."""

    @property
    def text(self) -> str:
        """The canonical text: rows joined, upper case, no separators."""
        return "".join(c.character for row in self.rows for c in row)


@dataclass(frozen=True, kw_only=True, slots=True)
class LampRead:
    """The colour of one signal head in one picture, with its probability 0…1."""

    colour: LampColour
    confidence: float
