"""The map of 189 cameras without tiles: every one has its place, none hides another, wards lie around theirs."""

import math
import time
from itertools import combinations

import pytest

from service.cameras.states import CameraState
from service.console.camera_map import HEIGHT, WIDTH, camera_map
from service.tables import CameraRow
from tests.service.cameras.test_bulk import city
from tests.service.conftest import Service

LEAST_APART_PX = 14.0
"""Half a mark: both can still be seen and hit."""


def state(number: int, place: tuple[float, float] | None, ward: str | None = "Phường 1") -> CameraState:
    latitude, longitude = place or (None, None)
    row = CameraRow(
        camera_id=f"c{number}", name=f"C{number}", ward=ward, latitude=latitude, longitude=longitude
    )
    return CameraState(row=row, state="sending", score=None, is_fit=False, newest_version=0, health=None)


def test_a_city_is_on_the_map_and_no_camera_hides_another() -> None:
    spread = [
        (
            10.33 + 0.045 * math.sin(n * 2.4) * (n / 189) ** 0.5,
            106.33 + 0.045 * math.cos(n * 2.4) * (n / 189) ** 0.5,
        )
        for n in range(189)
    ]
    drawn = camera_map([state(n, place, f"Phường {n % 11 + 1}") for n, place in enumerate(spread)])
    assert len(drawn.marks) == 189
    assert len(drawn.wards) == 11
    assert all(0 < mark.x < WIDTH and 0 < mark.y < HEIGHT for mark in drawn.marks)
    apart = [math.hypot(a.x - b.x, a.y - b.y) for a, b in combinations(drawn.marks, 2)]
    assert min(apart) >= LEAST_APART_PX


def test_cameras_at_one_pole_are_pushed_apart() -> None:
    drawn = camera_map([state(n, (10.36, 106.36)) for n in range(6)])
    apart = [math.hypot(a.x - b.x, a.y - b.y) for a, b in combinations(drawn.marks, 2)]
    assert min(apart) >= LEAST_APART_PX


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_map_of_few_cameras_can_be_drawn(count: int) -> None:
    drawn = camera_map([state(n, (10.36 + n / 100, 106.36)) for n in range(count)])
    assert len(drawn.marks) == count
    assert all(math.isfinite(mark.x + mark.y) for mark in drawn.marks)


def test_cameras_without_a_position_or_a_ward_are_listed_too() -> None:
    drawn = camera_map([state(1, None), state(2, (10.3, 106.3), ward=None)])
    assert [one.row.camera_id for one in drawn.unplaced] == ["c1"]
    assert drawn.wards == ()


def test_the_page_of_a_whole_city_comes_at_once(service: Service) -> None:
    client = service.client("integrator")
    assert client.post("/api/v1/cameras/import", content=city().encode()).json()["added"] == 189
    client.get("/cameras?view=map")
    for view in ("map", "table"):
        began_s = time.monotonic()
        page = client.get(f"/cameras?view={view}").text
        assert time.monotonic() - began_s < 3.0
        assert page.count("/cameras/cam-") == 189
