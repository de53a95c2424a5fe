"""What an officer marks in a recording becomes a packet like any other: signed, verifiable, the camera's own bits."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import av
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from detector.contract.camera import Camera, parse_camera
from detector.contract.marking import (
    ANSWERED,
    ASKED,
    Answered,
    Marking,
    PlateWanted,
    Question,
    StillWanted,
    answer_to,
    ask,
    asked,
    picture_of,
)
from detector.contract.packet import ViolationPacket
from detector.evidence.signing import load_public_key
from detector.evidence.verifying import verify
from detector.marking.studio import OUTBOX, Studio, StudioOrder, sweep_answers
from detector.sources.decoding import luma_sha256
from tests.detector.recording.recorded_clips import record_clip

CLIPS = Path(__file__).parents[3] / "fixtures" / "clips"
CLIP, TRUTH = CLIPS / "day_runners.mp4", CLIPS / "day_runners.truth.json"
BEGIN = datetime(2026, 11, 25, 1, 30, tzinfo=UTC)
CAMERA_ID = "nga-tu-le-loi"


def runner() -> dict[str, object]:
    """The clip's first true runner whose plate can be read."""
    crossings = json.loads(TRUTH.read_text(encoding="utf-8"))["crossings"]
    return next(c for c in crossings if c["verdict"] == "red_light" and c["plate"])


def camera() -> Camera:
    return parse_camera(
        {
            "schema": 1, "camera_id": CAMERA_ID, "name": "Ngã tư Lê Lợi", "kind": "plain", "footage": "rendered",
            "sources": {"main": "rtsp://10.0.0.9/main", "sub": None},
        },
        "test",
    )  # fmt: skip


def at(second: float) -> datetime:
    return BEGIN + timedelta(seconds=second)


def marking(**changes: object) -> Marking:
    true = runner()
    cross_s = float(true["cross_s"])  # type: ignore[arg-type]
    values = {
        "camera_id": CAMERA_ID, "officer": "Trần Thị Lan", "marked_at": at(3600), "kind": "red_light",
        "vehicle_class": true["class"], "light": "red", "in_at": at(cross_s - 2), "before_at": at(cross_s - 0.4),
        "crossing_at": at(cross_s), "junction_at": at(cross_s + 0.8), "out_at": at(cross_s + 2),
        "box": true["box"], "plate": None, "note": "Xe đi từ phía cầu.",
    }  # fmt: skip
    return Marking.model_validate(values | changes)


@pytest.fixture(scope="module")
def studio_here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Studio, Path, Path]]:
    """A studio over a recording of a rendered junction, its state beside it."""
    folder = tmp_path_factory.mktemp("studio")
    record_clip(folder / "recordings", CAMERA_ID, CLIP, started_at=BEGIN)
    order = StudioOrder(
        cameras={CAMERA_ID: camera()},
        root=folder / "recordings",
        state=folder / "state",
        service_url="http://127.0.0.1:9",
    )
    yield Studio(order), folder / "recordings", folder / "state"


def answered(here: tuple[Studio, Path, Path], wants: object) -> Answered:
    studio, root, _ = here
    question = Question(question_id=uuid4().hex, wants=wants)  # type: ignore[arg-type]
    ask(root, question)
    studio.answer_waiting()
    said = answer_to(root, question.question_id)
    assert said is not None
    assert list((root / ASKED).glob("*.json")) == []
    return said


def packet_of(folder: Path) -> ViolationPacket:
    return ViolationPacket.model_validate_json((folder / "packet.json").read_bytes())


def test_a_marking_gives_a_signed_packet_that_verifies_offline(
    studio_here: tuple[Studio, Path, Path],
) -> None:
    said = answered(studio_here, marking(plate="63B112345"))
    assert said.problem is None
    folder = studio_here[2] / OUTBOX / CAMERA_ID / str(said.violation_id)
    key = load_public_key(studio_here[2] / "keys" / "worker.pub")
    assert isinstance(key, Ed25519PublicKey)
    assert verify(folder, key).problems == ()
    packet = packet_of(folder)
    assert (packet.origin, packet.kind, packet.footage) == ("officer", "red_light", "rendered")
    assert packet.committed_at is not None
    assert abs((packet.committed_at - marking().crossing_at).total_seconds()) < 0.001
    assert packet.marking is not None
    assert (packet.marking.officer, packet.marking.plate, packet.marking.light) == (
        "Trần Thị Lan",
        "63B112345",
        "red",
    )
    assert packet.signal.colour_at_crossing == "unknown"
    assert packet.clock.offset_ms == -12.5


def test_the_clip_is_the_cameras_own_and_shows_the_marked_frame_where_the_packet_says(
    studio_here: tuple[Studio, Path, Path],
) -> None:
    from detector.sources.decoding import Frame

    said = answered(studio_here, marking())
    folder = studio_here[2] / OUTBOX / CAMERA_ID / str(said.violation_id)
    packet = packet_of(folder)
    with av.open(str(folder / "clip.mp4")) as container:
        frames = list(container.decode(video=0))
    assert packet.clip_from_s is not None
    shown = [frame for frame in frames if frame.time + packet.clip_from_s <= packet.cross_s + 0.002][-1]
    assert luma_sha256(Frame(at_s=0.0, number=0, video=shown)) == packet.frame_sha256
    assert packet.cross_s >= 5.9
    assert frames[-1].time >= packet.marking.out_s  # type: ignore[union-attr]


def test_the_reader_suggests_the_true_plate_and_shows_what_it_read(
    studio_here: tuple[Studio, Path, Path],
) -> None:
    true = runner()
    cross_s = float(true["cross_s"])  # type: ignore[arg-type]
    said = answered(studio_here, PlateWanted(camera_id=CAMERA_ID, at=at(cross_s), box=tuple(true["box"])))  # type: ignore[arg-type]
    assert said.plate is not None
    assert said.plate.text == true["plate"]
    assert said.has_picture


def test_marking_the_same_act_twice_gives_one_packet(studio_here: tuple[Studio, Path, Path]) -> None:
    first, second = answered(studio_here, marking()), answered(studio_here, marking())
    assert first.violation_id == second.violation_id


def test_a_still_is_the_frame_of_its_moment(studio_here: tuple[Studio, Path, Path]) -> None:
    said = answered(studio_here, StillWanted(camera_id=CAMERA_ID, at=at(12.02), width_px=320))
    assert said.has_picture
    with av.open(str(picture_of(studio_here[1], said.question_id))) as container:
        assert container.streams.video[0].width == 320


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"camera_id": "unknown"}, "does not know it"),
        ({"in_at": at(-3), "before_at": at(-2), "crossing_at": at(0.5)}, "interrupted"),
    ],
    ids=["a camera without recordings", "begins before the recording"],
)  # fmt: skip
def test_what_was_not_recorded_gives_no_packet_and_a_reason(
    studio_here: tuple[Studio, Path, Path], changes: dict[str, object], said: str
) -> None:
    told = answered(
        studio_here,
        marking(
            **{
                "junction_at": at(1),
                "out_at": at(2),
                "before_at": at(0),
                "in_at": at(0),
                "crossing_at": at(0.5),
            }
            | changes
        ),
    )
    assert told.violation_id is None
    assert said in str(told.problem)


def test_an_act_across_a_hole_in_the_recording_gives_no_packet(tmp_path: Path) -> None:
    record_clip(tmp_path, CAMERA_ID, CLIP, started_at=BEGIN)
    made = sorted(tmp_path.rglob("*.mp4"))
    index = made[0].parent / "index.jsonl"
    lines = index.read_bytes().splitlines(keepends=True)
    index.write_bytes(lines[0] + b"".join(lines[2:]))
    order = StudioOrder(
        cameras={CAMERA_ID: camera()}, root=tmp_path, state=tmp_path / "s", service_url="http://x"
    )
    moments = {
        "in_at": at(8),
        "before_at": at(9),
        "crossing_at": at(9.5),
        "junction_at": at(11),
        "out_at": at(12),
    }
    question = Question(question_id=uuid4().hex, wants=marking(**moments))
    ask(tmp_path, question)
    # The segment behind the hole says that it follows one that is not listed any more.
    Studio(order).answer_waiting()
    said = answer_to(tmp_path, question.question_id)
    assert said is not None
    assert "interrupted" in str(said.problem)


@pytest.mark.parametrize(
    "changes",
    [
        {"before_at": at(0)},
        {"out_at": at(10_000)},
        {"box": (0.5, 0.5, 0.001, 0.2)},
        {"plate": "63 B1"},
        {"kind": "speeding"},
    ],
    ids=["moments out of order", "longer than a minute", "no box", "no plate's letters", "no kind"],
)
def test_a_marking_that_makes_no_sense_is_refused_at_the_door(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        marking(**changes)


def test_what_is_no_question_is_removed_and_old_answers_go(tmp_path: Path) -> None:
    (tmp_path / ASKED).mkdir()
    (tmp_path / ASKED / "junk.json").write_text("{", encoding="utf-8")
    assert list(asked(tmp_path)) == []
    assert list((tmp_path / ASKED).iterdir()) == []
    (tmp_path / ANSWERED).mkdir()
    (tmp_path / ANSWERED / "old.json").write_text("{}", encoding="utf-8")
    sweep_answers(tmp_path, now_s=1e12)
    assert list((tmp_path / ANSWERED).iterdir()) == []
