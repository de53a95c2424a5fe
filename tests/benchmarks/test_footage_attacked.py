"""`ngatu bench footage` over folders that somebody made to break it, and runs that are cut short."""

import fcntl
import json
import os
import shutil
import signal
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

import benchmarks.footage.workers
from benchmarks.footage.folder import ClipFiles, camera_of, find_clips
from benchmarks.footage.one_clip import bench_one, key_of
from benchmarks.footage.progress import footage_s
from benchmarks.footage.results import ClipResult
from benchmarks.footage.running import bench_footage
from benchmarks.footage.workers import run_each
from benchmarks.truth import TruthFileError
from benchmarks.writing import write_whole
from detector.contract.camera import CameraFileError

CLIPS = Path("fixtures/clips")
CLIP = "night_runner"
CAMERA = {
    **json.loads((CLIPS / f"{CLIP}.camera.json").read_text(encoding="utf-8")),
    "sources": {"main": "x.mp4", "sub": None},
}
TRUTH: dict[str, Any] = json.loads((CLIPS / f"{CLIP}.truth.json").read_text(encoding="utf-8"))


def put(folder: Path, name: str, clip: bytes = b"no video", camera: object = CAMERA) -> Path:
    path = folder / name
    path.write_bytes(clip)
    path.with_name(path.stem + ".camera.json").write_text(json.dumps(camera), encoding="utf-8")
    return path


def problem(folder: Path) -> str:
    """Of the only clip of a folder."""
    (files,) = find_clips(folder)
    return str(bench_one(files, "k").problem)


def sound_only(path: Path) -> bytes:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 44100), np.float32), format="fltp", layout="mono")
        sound.rate = 44100
        container.mux(stream.encode(sound))
        container.mux(stream.encode(None))
    return path.read_bytes()


def test_a_name_of_the_disk_is_shown_on_one_line_and_written_as_text(tmp_path: Path) -> None:
    name = os.fsdecode(b"c\xe1t\nskipped all\x1b[2J.mp4")
    put(tmp_path, name)
    said: list[str] = []
    report = bench_footage(tmp_path, out=tmp_path / "out", say=said.append, quiet=True)
    assert report.clips[0].name == r"c\udce1t\nskipped all\x1b[2J.mp4"
    assert all(line.isprintable() for line in said)
    assert "c\\udce1t" in (tmp_path / "out/report.html").read_text(encoding="utf-8")


def test_sound_without_pictures_is_told(tmp_path: Path) -> None:
    put(tmp_path, "sound.mp4", sound_only(tmp_path / "sound.mp4"))
    assert problem(tmp_path) == "has no video stream; name the camera's video feed"


def test_a_playlist_that_calls_itself_a_clip_is_not_followed(tmp_path: Path) -> None:
    inner = (CLIPS / f"{CLIP}.mp4").resolve()
    put(tmp_path, "list.mp4", f"ffconcat version 1.0\nfile {inner}\n".encode())
    assert "not a readable video" in problem(tmp_path)
    assert footage_s(tmp_path / "list.mp4") == 0.0


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("nowhere")])
def test_what_is_no_file_is_told_and_not_waited_for(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "clip.mp4")
    said: list[str] = []
    report = bench_footage(tmp_path, out=tmp_path / "out", say=said.append, quiet=True)
    assert "clip.mp4: cannot be read" in said[0]
    assert report.clips[0].problem


def test_a_camera_that_judges_nothing_is_told(tmp_path: Path) -> None:
    put(tmp_path, "plain.mp4", camera={**CAMERA, "kind": "plain", "lanes": [], "signals": []})
    with pytest.raises(CameraFileError, match="nothing in it is judged"):
        camera_of(find_clips(tmp_path)[0])


def test_brackets_without_end_in_a_camera_file_cost_its_own_clip_only(tmp_path: Path) -> None:
    put(tmp_path, "deep.mp4")
    (tmp_path / "deep.camera.json").write_text("[" * 100_000, encoding="utf-8")
    assert "is not JSON" in problem(tmp_path)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"clip_sha256": "0" * 64}, "is the truth of another clip"),
        ({"crossings": [{**TRUTH["crossings"][0], "cross_s": 18.5}]}, "ends at 17.0 s"),
        ({"crossings": [TRUTH["crossings"][0]] * 2}, "two crossings have the id 1"),
        ({"crossings": [{**TRUTH["crossings"][0], "cross_s": float("nan")}]}, "finite number"),
        ({"signal": [{**TRUTH["signal"][0], "to_s": float("inf")}]}, "finite number"),
        (
            {"crossings": [{**TRUTH["crossings"][0], "box": [0.1, 0.1, 1e308, 0.1]}]},
            "less than or equal to 2",
        ),
    ],
)
def test_a_truth_that_would_count_wrongly_is_refused(
    tmp_path: Path, change: dict[str, object], says: str
) -> None:
    put(tmp_path, "a.mp4", (CLIPS / f"{CLIP}.mp4").read_bytes())
    (tmp_path / "a.truth.json").write_text(json.dumps({**TRUTH, **change}), encoding="utf-8")
    assert says in problem(tmp_path)


def test_another_sub_stream_is_another_result(tmp_path: Path) -> None:
    put(tmp_path, "a.mp4", camera={**CAMERA, "sources": {"main": "a.mp4", "sub": "a.sub.mp4"}})
    (tmp_path / "a.sub.mp4").write_bytes(b"one")
    first = key_of(find_clips(tmp_path)[0])
    (tmp_path / "a.sub.mp4").write_bytes(b"two")
    assert key_of(find_clips(tmp_path)[0]) != first


def test_a_name_that_states_another_light_is_another_result(tmp_path: Path) -> None:
    clip = put(tmp_path, "day_a.mp4")
    first = key_of(find_clips(tmp_path)[0])
    for path in (clip, clip.with_name("day_a.camera.json")):
        path.rename(tmp_path / path.name.replace("day", "night"))
    assert key_of(find_clips(tmp_path)[0]) != first


def test_files_without_a_camera_cost_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run: list[object] = []
    monkeypatch.setattr("benchmarks.footage.running.run_each", lambda due, **_: run.extend(due) or [])
    for name in ("a.log", "b.db"):
        (tmp_path / name).write_bytes(b"")
    put(tmp_path, "c.mp4", camera={"schema": 1})
    report = bench_footage(tmp_path, out=tmp_path / "out", say=lambda _: None, quiet=True)
    assert run == []
    assert [bool(clip.problem) for clip in report.clips] == [True] * 3


def _dies(telling: object, files: ClipFiles, key: str) -> None:
    if files.name.startswith("kills"):
        os.kill(os.getpid(), signal.SIGKILL)
    if files.name.startswith("faulty"):
        os._exit(1)
    telling.send(ClipResult(name=files.name, key=key))  # type: ignore[attr-defined]


def test_a_worker_that_dies_costs_its_own_clip_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmarks.footage.workers, "work", _dies)
    for name in ("good.mp4", "kills.mp4", "faulty.mp4", "other.mp4"):
        put(tmp_path, name)
    due = [(files, files.name) for files in find_clips(tmp_path)]
    problems = {result.name: result.problem for result in run_each(due, workers=2, quiet=True)}
    assert "ended by signal 9" in str(problems["kills.mp4"])
    assert "failed" in str(problems["faulty.mp4"])
    assert problems["good.mp4"] is problems["other.mp4"] is None


def _waits(telling: object, files: ClipFiles, key: str) -> None:
    signal.signal(signal.SIGTERM, lambda *_: (Path(key).write_text("cleared"), os._exit(0)))
    telling.send(1.5)  # type: ignore[attr-defined]
    signal.pause()


def test_a_run_that_is_stopped_ends_its_workers_and_says_what_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benchmarks.footage.workers, "work", _waits)
    monkeypatch.setattr("benchmarks.footage.running.key_of", lambda files: str(tmp_path / "ended"))
    monkeypatch.setattr("benchmarks.footage.progress.ClipsBar.reach", _interrupt)
    put(tmp_path, "a.mp4")
    said: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        bench_footage(tmp_path, out=tmp_path / "out", say=said.append, quiet=True)
    assert (tmp_path / "ended").read_text() == "cleared"
    assert said == ["Stopped. 0 results are kept; the same command goes on from there."]


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_clip_that_lies_there_twice_is_run_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run: list[int] = []

    def record(due: list[tuple[ClipFiles, str]], **_: object) -> list[ClipResult]:
        run.append(len(due))
        return [ClipResult(name=files.name, key=key) for files, key in due]

    monkeypatch.setattr("benchmarks.footage.running.run_each", record)
    put(tmp_path, "a.mp4")
    put(tmp_path, "b.mp4")
    report = bench_footage(tmp_path, out=tmp_path / "out", say=lambda _: None, quiet=True)
    assert run == [1]
    assert [clip.name for clip in report.clips] == ["a.mp4", "b.mp4"]


def _hold(folder: Path, held: Any, done: Any) -> None:
    handle = os.open(folder, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    held.set()
    done.wait(30)


def test_two_runs_into_one_folder_are_refused(tmp_path: Path) -> None:
    put(tmp_path, "a.mp4")
    (tmp_path / "out/clips").mkdir(parents=True)
    context = get_context("spawn")
    held, done = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(tmp_path / "out/clips", held, done))
    other.start()
    assert held.wait(30)
    with pytest.raises(TruthFileError, match="another ngatu bench footage writes there"):
        bench_footage(tmp_path, out=tmp_path / "out", say=lambda _: None, quiet=True)
    done.set()
    other.join()


def test_a_file_that_cannot_be_written_whole_leaves_the_old_one_and_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.json"
    path.write_text("old", encoding="utf-8")
    monkeypatch.setattr(os, "fsync", _disk_is_full)
    with pytest.raises(OSError, match="No space left") as fault:
        write_whole(path, "new")
    assert fault.value.filename == str(path)
    assert path.read_text(encoding="utf-8") == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.json"]


def _disk_is_full(_: int) -> None:
    raise OSError(28, "No space left on device")


def test_none_that_could_be_run_ends_with_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner

    import ngatu

    shutil.copy(CLIPS / f"{CLIP}.mp4", tmp_path / "lonely.mp4")
    told = CliRunner().invoke(ngatu.app, ["bench", "footage", str(tmp_path), "--out", str(tmp_path / "out")])
    assert told.exit_code == 1
    assert "clips: 1, skipped: 1" in told.stdout
