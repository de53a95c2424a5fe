"""Main and sub of a recorded clip must be of one camera at one time: only right pairs pass."""

from pathlib import Path

import av
import numpy as np
import pytest

from benchmarks.footage.folder import find_clips
from benchmarks.footage.one_clip import bench_one
from detector.contract.camera import load_camera
from detector.errors import SubOfAnotherClip
from detector.watching import clip_pair
from detector.watching.clip_pair import LEAST_LIKENESS, check_pair, likeness
from detector.watching.opening import replay_clip
from detector.watching.replay import camera_on_clip, watched_line

CLIPS = Path(__file__).parents[3] / "fixtures" / "clips"
NAMES = sorted(path.name.removesuffix(".sub.mp4") for path in CLIPS.glob("*.sub.mp4"))


def median(mains: list[clip_pair.Grey | None], subs: list[clip_pair.Grey | None]) -> float:
    pairs = zip(mains, subs, strict=True)
    found = [
        clip_pair._correlation(one, other) for one, other in pairs if one is not None and other is not None
    ]
    return float(np.median([value for value in found if value is not None]))


def test_every_right_pair_is_far_above_the_limit_and_every_wrong_one_far_below() -> None:
    moments = [13.0 * share for share in clip_pair.MOMENTS]
    mains = {name: clip_pair._pictures(CLIPS / f"{name}.mp4", moments) for name in NAMES}
    subs = {name: clip_pair._pictures(CLIPS / f"{name}.sub.mp4", moments) for name in NAMES}
    assert len(NAMES) == 11
    assert min(median(mains[name], subs[name]) for name in NAMES) > 0.99
    wrong = [median(mains[one], subs[other]) for one in NAMES for other in NAMES if one != other]
    assert max(wrong) < LEAST_LIKENESS - 0.1


@pytest.mark.parametrize(
    ("sub", "differs"),
    [("night_runner", "it is 17.0 s long and the clip 14.0 s"), ("day_lanes", "another view")],
)
def test_a_camera_file_of_another_clip_is_refused_in_one_line(sub: str, differs: str, tmp_path: Path) -> None:
    with pytest.raises(SubOfAnotherClip) as refused:
        replay_clip(
            CLIPS / "day_stops.mp4",
            camera_file=CLIPS / f"{sub}.camera.json",
            out=tmp_path / "out",
            state=tmp_path / "state",
        )
    line = str(refused.value)
    assert "\n" not in line
    for said in ("day_stops.mp4", f"{sub}.sub.mp4", differs, '"sub": null'):
        assert said in line
    assert not (tmp_path / "out").exists()


def test_a_bench_tells_a_clip_whose_camera_file_was_copied_from_another(tmp_path: Path) -> None:
    for name in ("day_stops.mp4", "night_runner.sub.mp4"):
        (tmp_path / name).symlink_to(CLIPS / name)
    (tmp_path / "day_stops.camera.json").symlink_to(CLIPS / "night_runner.camera.json")
    (files,) = find_clips(tmp_path)
    assert "not of this clip" in (bench_one(files, "key").problem or "")


def test_which_stream_is_watched_is_said(tmp_path: Path) -> None:
    clip = CLIPS / "day_stops.mp4"
    camera = load_camera(CLIPS / "day_stops.camera.json")
    beside = watched_line(camera, camera_on_clip(camera, clip, CLIPS))
    missing = watched_line(camera, camera_on_clip(camera, clip, tmp_path))
    live = camera.model_copy(update={"sources": camera.sources.model_copy(update={"sub": "rtsp://u:p@h/s"})})
    none = camera.model_copy(update={"sources": camera.sources.model_copy(update={"sub": None})})

    assert beside == f"Sub stream watched: {CLIPS / 'day_stops.sub.mp4'}"
    assert "itself is watched" in missing
    assert "(day_stops.sub.mp4) does not lie beside" in missing
    assert "is a live stream" in watched_line(live, camera_on_clip(live, clip, CLIPS))
    assert "names no sub" in watched_line(none, camera_on_clip(none, clip, CLIPS))


def test_what_cannot_be_compared_is_left_to_the_feed(tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.mp4"
    nothing.write_bytes(b"no video")
    clip = CLIPS / "day_stops.mp4"
    flat = black(tmp_path / "black.mp4")

    assert likeness(clip, nothing) is None
    check_pair(clip, nothing)
    alike = likeness(flat, flat)
    assert alike is not None
    assert alike.view is None
    check_pair(flat, flat)


def black(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"g": "25"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(30):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8))))
        container.mux(stream.encode())
    return path
