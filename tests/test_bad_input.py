"""Bad input through the command line: one clear line that says what, where and what to do, and exit code 2."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import pytest
import structlog

import ngatu
from tests.detector.sources.made_clips import make_clip

CLIPS = Path(__file__).parents[1] / "fixtures" / "clips"
NAME = "day_runners"


@pytest.fixture(autouse=True)
def _own_log() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> int:
    """What `ngatu` ends with."""
    monkeypatch.setattr(sys, "argv", ["ngatu", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        ngatu.main()
    return int(ended.value.code or 0)


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    said = capsys.readouterr().err
    assert said.startswith("ngatu: ")
    assert said.count("\n") == 1, said
    return said


def camera_with(folder: Path, change: Callable[[dict[str, Any]], Any]) -> Path:
    settings = json.loads((CLIPS / f"{NAME}.camera.json").read_text(encoding="utf-8"))
    change(settings)
    path = folder / "camera.json"
    path.write_text(json.dumps(settings), encoding="utf-8")
    return path


def without_sub(settings: dict[str, Any]) -> None:
    settings["sources"]["sub"] = None


def cut_off(folder: Path) -> Path:
    path = folder / "cut.mp4"
    whole = (CLIPS / f"{NAME}.mp4").read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return path


def written(folder: Path, name: str, data: bytes) -> Path:
    (folder / name).write_bytes(data)
    return folder / name


def without_frames(folder: Path) -> Path:
    with av.open(str(folder / "none.mkv"), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        container.start_encoding()
    return folder / "none.mkv"


def of_another_codec(folder: Path) -> Path:
    return make_clip(folder / "pictures.webm", frames=3, codec="libvpx")


@pytest.mark.parametrize(
    ("make", "says"),
    [
        pytest.param(lambda folder: folder / "gone.mp4", "no such file; check the path", id="missing"),
        pytest.param(lambda folder: written(folder, "e.mp4", b""), "is empty; copy the video", id="empty"),
        pytest.param(
            lambda folder: written(folder, "t.mp4", b"no video at all\n" * 99),
            "not a readable video",
            id="text",
        ),
        pytest.param(cut_off, "cut off", id="truncated"),
        pytest.param(without_frames, "none.mkv", id="zero frames"),
        pytest.param(of_another_codec, "the video is vp8; only H.264", id="wrong codec"),
    ],
)
def test_a_video_that_cannot_be_watched_is_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    make: Callable[[Path], Path],
    says: str,
) -> None:
    path = make(tmp_path)
    camera = camera_with(tmp_path, without_sub)
    arguments = ("replay", path, "--camera", camera, "--out", tmp_path / "out", "--state", tmp_path, "--json")
    assert run(monkeypatch, *arguments) == 2
    line = one_line(capsys)
    assert says in line
    assert str(path) in line
    assert not list(tmp_path.glob("out/*/*"))


def lane_of(settings: dict[str, Any]) -> dict[str, Any]:
    lane: dict[str, Any] = settings["lanes"][0]
    return lane


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param(
            lambda s: lane_of(s).update(junction=[[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]]),
            "lanes.0.junction: the polygon crosses itself; put its points in order",
            id="crossing polygon",
        ),
        pytest.param(
            lambda s: lane_of(s).update(junction=[[0.1, 0.1], [0.5, 0.5], [0.9, 0.9]]),
            "lanes.0.junction: the polygon has no area",
            id="polygon without area",
        ),
        pytest.param(
            lambda s: s.update(timezone="Asia"), "timezone: unknown timezone 'Asia'", id="half a zone"
        ),
        pytest.param(
            lambda s: lane_of(s).pop("stop_line"), "lanes.0.stop_line: Field required", id="no line"
        ),
        pytest.param(lambda s: s.pop("camera_id"), "camera_id: Field required", id="no id"),
        pytest.param(
            lambda s: s.clear(),
            "schema, camera_id, name, sources: Field required; docs/camera-file.md says what each key holds",
            id="empty",
        ),
        pytest.param(
            lambda s: (s.pop("name"), s.pop("camera_id"), s.update(timezone="Asia")),
            "camera_id, name: Field required (and 1 more)",
            id="two lack, one is wrong",
        ),
        pytest.param(
            lambda s: lane_of(s).update(stop_line=[[0.1, 0.5], [1.2, 0.5]]),
            "lanes.0.stop_line.1.0: Input should be less than or equal to 1",
            id="point outside",
        ),
        pytest.param(
            lambda s: lane_of(s).update(signal="S9"),
            "names signal S9, which is not in signals",
            id="no signal",
        ),
        pytest.param(
            lambda s: s.update(schema=2), "newer than this version understands (1); upgrade", id="future"
        ),
    ],
)
@pytest.mark.parametrize("command", ["replay", "watch", "check"])
def test_a_camera_file_that_cannot_be_used_is_named_with_its_key(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
    change: Callable[[dict[str, Any]], Any],
    says: str,
) -> None:
    camera = camera_with(tmp_path, change)
    arguments: dict[str, tuple[str | Path, ...]] = {
        "replay": (CLIPS / f"{NAME}.mp4", "--camera", camera, "--out", tmp_path / "out"),
        "watch": ("--cameras", camera, "--state", tmp_path / "state"),
        "check": (camera,),
    }
    assert run(monkeypatch, command, *arguments[command]) == 2
    line = one_line(capsys)
    assert says in line
    assert str(camera) in line


@pytest.mark.parametrize(
    "content",
    [b'{"schema": 1,', b"[" * 100_000, b"\xff\xfe\x00", b"1" * 6_000],
    ids=["cut", "deep", "bytes", "digits"],
)
def test_a_camera_file_that_is_no_json_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    camera = written(tmp_path, "camera.json", content)
    assert run(monkeypatch, "check", camera) == 2
    assert "is not JSON" in one_line(capsys)


def replay(folder: Path, *, most_kib: str) -> "subprocess.CompletedProcess[str]":
    """A replay whose files may not grow beyond a size, which the system refuses as it does on a full disk."""
    command = (
        f'ulimit -f {most_kib}; exec "{sys.executable}" -m ngatu replay "{CLIPS / NAME}.mp4" --json '
        f'--camera "{CLIPS / NAME}.camera.json" --out "{folder}/out" --state "{folder}"'
    )
    return subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=200, check=False)


def test_a_packet_that_the_disk_does_not_take_ends_the_replay_with_one_line_and_comes_whole_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = replay(tmp_path, most_kib="100")
    assert refused.returncode == 2, refused.stderr
    assert refused.stderr.count("\n") == 1
    assert "the packet could not be written (File too large; " in refused.stderr
    assert "then watch the footage again" in refused.stderr
    assert not list(tmp_path.glob("out/*/[0-9a-f]*"))
    again = replay(tmp_path, most_kib="unlimited")
    assert again.returncode == 0, again.stderr
    packets = [Path(case["packet"]) for case in json.loads(again.stdout.splitlines()[-1])["cases"]]
    assert len(packets) == 2
    assert run(monkeypatch, "verify", tmp_path / "out", "--public-key", tmp_path / "keys" / "worker.pub") == 0
    whole = packets[0] / "packet.json"
    whole.write_bytes(whole.read_bytes().replace(b"red_light", b"red-light"))
    assert run(monkeypatch, "verify", packets[0], "--public-key", tmp_path / "keys" / "worker.pub") == 1
    assert "packet.json" in capsys.readouterr().out


def test_a_logged_fault_shows_where_it_came_from_and_no_variable(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["ngatu", "serve"])
    ngatu.choose_log_level()

    def break_with(token: str) -> None:
        raise ValueError(len(token))

    try:
        break_with("bearer of the " + "worker")
    except ValueError as error:
        structlog.get_logger().error("request_failed", exc_info=error)
    said = capsys.readouterr().err
    assert "in break_with" in said
    assert "bearer of the worker" not in said
