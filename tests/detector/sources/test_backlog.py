"""Late is allowed, lost is counted: the backlog between reader and watcher."""

from pathlib import Path

import av
import pytest

from detector.sources.backlog import Backlog
from detector.sources.packets import StreamInfo, StreamPacket
from detector.sources.reading import StreamReader
from tests.detector.sources.made_clips import make_clip


@pytest.fixture(scope="module")
def info(tmp_path_factory: pytest.TempPathFactory) -> StreamInfo:
    clip: Path = make_clip(tmp_path_factory.mktemp("clip") / "c.mp4", frames=1)
    return StreamReader(str(clip)).info


def packet(frame: int) -> StreamPacket:
    at_s = frame / 10
    return StreamPacket(at_s=at_s, decode_s=at_s, is_key=frame % 10 == 0, size=1, packet=av.Packet())


def taken(backlog: Backlog) -> list[int]:
    frames = []
    while (queued := backlog.take(0.0)) is not None:
        frames.append(round(queued.packet.at_s * 10))
    return frames


def test_packets_come_out_as_they_went_in(info: StreamInfo) -> None:
    backlog = Backlog(most_s=5.0)
    for frame in range(20):
        backlog.put(1, info, packet(frame))
    assert backlog.lag_s == 1.9
    assert taken(backlog) == list(range(20))
    assert backlog.dropped == 0


def test_when_it_is_full_the_oldest_groups_go_and_are_counted(info: StreamInfo) -> None:
    backlog = Backlog(most_s=2.0)
    for frame in range(50):
        backlog.put(1, info, packet(frame))
    frames = taken(backlog)
    assert frames == list(range(30, 50))
    assert backlog.dropped == 30


def test_after_a_restart_nothing_comes_before_a_key_frame(info: StreamInfo) -> None:
    backlog = Backlog(most_s=5.0)
    backlog.put(1, info, packet(0))
    backlog.restart()
    for frame in range(8, 13):
        backlog.put(2, info, packet(frame))
    assert taken(backlog) == [0, 10, 11, 12]
    assert backlog.dropped == 2


def test_a_camera_without_further_key_frames_cannot_fill_the_memory(info: StreamInfo) -> None:
    backlog = Backlog(most_s=2.0)
    backlog.put(1, info, packet(0))
    for frame in range(101, 200):
        if frame % 10:
            backlog.put(1, info, packet(frame))
    assert taken(backlog) == []
    assert backlog.dropped == 91


def test_a_closed_backlog_still_gives_what_it_holds(info: StreamInfo) -> None:
    backlog = Backlog(most_s=5.0)
    backlog.put(1, info, packet(0))
    backlog.close()
    assert not backlog.is_done
    assert taken(backlog) == [0]
    assert backlog.is_done
