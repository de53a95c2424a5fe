"""What a camera file may draw for wrong way, lane change and illegal stop; without it, it is as it always was."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from detector.contract.camera import CameraFileError, load_camera, parse_camera

CLIPS = Path(__file__).parents[2] / "fixtures" / "clips"
SQUARE = [[0.2, 0.2], [0.4, 0.2], [0.4, 0.4], [0.2, 0.4]]


def camera_file(*, direction: object = None, **keys: object) -> dict[str, Any]:
    lane: dict[str, Any] = {
        "id": "L1", "approach": [[0.1, 0.6], [0.9, 0.6], [0.9, 1.0], [0.1, 1.0]], "stop_line": [[0.1, 0.6], [0.9, 0.6]],
        "junction": [[0.1, 0.1], [0.9, 0.1], [0.9, 0.5], [0.1, 0.5]], "signal": "S1",
    }  # fmt: skip
    if direction is not None:
        lane["direction"] = direction
    return {
        "schema": 1, "camera_id": "c1", "name": "c", "sources": {"main": "m.mp4"}, "lanes": [lane],
        "signals": [{"id": "S1", "lamps": {"head": [0.9, 0.1, 0.95, 0.2]}}], **keys,
    }  # fmt: skip


ARROW = {"arrow": [[0.5, 0.9], [0.5, 0.65]], "length_m": 8.0}
LINE = {"id": "V1", "line": [[0.5, 0.9], [0.5, 0.65]]}
ZONE = {"id": "Z1", "area": SQUARE, "most_s": 10.0}


@pytest.mark.parametrize(
    "keys", [{"direction": ARROW}, {"solid_lines": [LINE]}, {"no_stop_zones": [{**ZONE, "signal": "S1"}]}]
)
def test_what_is_drawn_is_judged_and_changes_the_digest(keys: dict[str, Any]) -> None:
    camera, plain = parse_camera(camera_file(**keys), "f"), parse_camera(camera_file(), "f")
    assert camera.is_judged_on_green
    assert not plain.is_judged_on_green
    assert camera.calibration_sha256() != plain.calibration_sha256()
    again = parse_camera(camera.model_dump(mode="json", by_alias=True), "f")
    assert again == camera


@pytest.mark.parametrize("name", ["day_runners", "night_runner"])
def test_a_file_without_the_new_keys_keeps_its_digest(name: str) -> None:
    """The digest as it was taken before these keys were known, over the parts as they are in the file."""
    camera = load_camera(CLIPS / f"{name}.camera.json")
    file = json.loads((CLIPS / f"{name}.camera.json").read_text(encoding="utf-8"))
    lamps = {**dict.fromkeys(("red", "yellow", "green", "head")), **file["signals"][0]["lamps"]}
    judged = {
        "signals": [{"id": "S1", "lamps": lamps}],
        "lanes": file["lanes"],
        "judging": camera.judging.model_dump(mode="json"),
    }
    written = json.dumps(judged, sort_keys=True, separators=(",", ":")).encode()
    assert camera.calibration_sha256() == sha256(written).hexdigest()


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"direction": {**ARROW, "length_m": 4.9}}, "lanes.0.direction.length_m: Input should be greater"),
        ({"direction": {**ARROW, "arrow": [[0.5, 0.9], [0.5, 0.9]]}}, "arrow needs two different points"),
        ({"direction": {**ARROW, "least_kmh": 5}}, "lanes.0.direction.least_kmh"),
        ({"solid_lines": [{**LINE, "line": [[0.5, 0.9], [0.5, 0.9]]}]}, "line needs two different points"),
        ({"no_stop_zones": [{**ZONE, "most_s": 2.9}]}, "no_stop_zones.0.most_s"),
        ({"no_stop_zones": [{**ZONE, "most_s": 121}]}, "no_stop_zones.0.most_s"),
        ({"no_stop_zones": [{**ZONE, "signal": "S9"}]}, "no-stop zone Z1 names signal S9, which is not in signals"),
        ({"no_stop_zones": [ZONE], "solid_lines": [{**LINE, "id": "Z1"}]}, "need ids of their own: two share one"),
        ({"solid_lines": [{**LINE, "id": "L1"}]}, "need ids of their own: two share one"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_key(keys: dict[str, Any], says: str) -> None:
    with pytest.raises(CameraFileError) as said:
        parse_camera(camera_file(**keys), "f.json")
    assert says in str(said.value)
