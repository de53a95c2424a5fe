"""From a network's raw boxes to plate boxes."""

import numpy as np
import pytest
from numpy.typing import NDArray

from models import weights
from models.plates import finder
from models.plates.finder import PlateFinder, open_plate_finder
from models.session import Precision, Runtime, SessionSettings


class Said:
    """A session that says plates at given places of the 320 px input, with given scores."""

    def __init__(self, *boxes: tuple[float, float, float, float, float]) -> None:
        self.raw = np.array([[*box] for box in boxes], dtype=np.float32).reshape(-1, 5).T

    def run(self, batch: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        return [self.raw[None]]


def test_plates_come_best_first_in_shares_of_the_crop() -> None:
    finder = PlateFinder(Said((80, 160, 32, 16, 0.5), (240, 160, 32, 16, 0.9)))
    first, second = finder.find(np.zeros((160, 320, 3), dtype=np.uint8))
    assert (first.score, second.score) == pytest.approx((0.9, 0.5))
    assert [second.box.left, second.box.top, second.box.right, second.box.bottom] == pytest.approx(
        [0.2, 0.45, 0.3, 0.55]
    )


def test_one_plate_found_twice_is_one() -> None:
    finder = PlateFinder(Said((80, 160, 40, 20, 0.5), (84, 161, 40, 20, 0.9)))
    assert [plate.score for plate in finder.find(np.zeros((320, 320, 3), dtype=np.uint8))] == [
        pytest.approx(0.9)
    ]


def test_no_plate_is_an_empty_list() -> None:
    assert open_plate_finder().find(np.full((120, 90, 3), 100, dtype=np.uint8)) == []


@pytest.mark.parametrize(
    ("quick", "settings", "opened"),
    [
        (True, None, "plate_finder_int8"),
        (False, None, "plate_finder"),
        (True, SessionSettings(precision=Precision.BF16), "plate_finder"),
        (True, SessionSettings(precision=Precision.INT8, runtime=Runtime.ONNXRUNTIME), "plate_finder"),
    ],
)
def test_the_quantised_file_is_opened_where_bytes_are_quick(
    monkeypatch: pytest.MonkeyPatch, quick: bool, settings: SessionSettings | None, opened: str
) -> None:
    asked: list[str] = []
    monkeypatch.delenv("NGATU_INFERENCE_PRECISION", raising=False)
    monkeypatch.setattr(finder, "is_int8_quick", lambda: quick)
    monkeypatch.setattr(finder, "open_session", lambda network, **_: asked.append(network.name))
    open_plate_finder(settings=settings)
    assert asked == [opened]
    assert weights.load(opened).card == "plate_finder.md"
