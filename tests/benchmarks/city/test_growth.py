"""The growth curve: which counts are called flat, and that the picture shows every one of them."""

import xml.etree.ElementTree as ElementTree

import pytest

from benchmarks.city.growth import drawn, figures
from benchmarks.city.matching import CityMatch
from benchmarks.city.running import CityRun, Memory

SVG = "{http://www.w3.org/2000/svg}"
NOTHING = CityMatch(planted=0, found=0, missed=(), false=(), plates_exact=0, delays_s=())


def watched(cameras: int, cores: float) -> CityRun:
    return CityRun(
        cameras=cameras,
        seconds=120.0,
        match=NOTHING,
        lag_p50_s=0.1,
        lag_p99_s=0.5,
        cores=cores,
        server_cores=0.0,
        service_cores=0.0,
        memory=Memory(begin_mb=1.0, most_mb=1.0, end_mb=1.0),
        by_name={},
    )


@pytest.mark.parametrize(
    ("cores", "off"),
    [
        ((0.040, 0.240, 0.480), []),
        ((0.045, 0.240, 0.480), []),
        ((0.047, 0.240, 0.480), [1]),
        ((0.040, 0.240, 0.700), [12]),
        ((0.033, 0.240, 0.480), [1]),
    ],
)
def test_a_camera_that_costs_more_or_less_than_the_others_is_named(
    cores: tuple[float, ...], off: list[int]
) -> None:
    runs = [watched(count, used) for count, used in zip((1, 6, 12), cores, strict=True)]
    assert figures(runs)["not_flat_at"] == off


def test_the_picture_shows_every_count_higher_where_a_camera_costs_more() -> None:
    picture = ElementTree.fromstring(drawn(figures([watched(1, 0.03), watched(6, 0.24), watched(48, 1.7)])))
    places = [(float(dot.attrib["cx"]), float(dot.attrib["cy"])) for dot in picture.iter(f"{SVG}circle")]
    assert len(places) == 3
    assert places == sorted(places), "from left to right"
    assert places[1][1] < places[2][1] < places[0][1] < 280, (
        "0.040 above 0.035 above 0.030, all above the axis"
    )
