"""Recorded footage around a moment: segments that follow each other as one stream. Decodes what is asked for.

segment ─follows─ segment ─follows─ segment      one clock, 0 = the first picture
             ▲ moment asked for                  what does not follow ends it
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import av

from detector.contract.recordings import PlacedSegment, segments_as_recorded
from detector.errors import GapInFootage
from detector.sources.decoding import Frame, decode_frames
from detector.sources.packets import CLOCK_HZ, StreamInfo, StreamPacket, detached
from detector.sources.rates import usual_rate

TOLERANCE_S = 0.002
NEAR_END_S = 0.5
NEXT_S = 0.5
"""What is further from the segment that it followed has lost that one to retention."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Footage:
    """One stream of recorded packets; its second 0 is its first picture."""

    started_at: datetime
    info: StreamInfo
    packets: tuple[StreamPacket, ...]
    segments: tuple[PlacedSegment, ...]
    starts_s: tuple[float, ...]
    """Where each segment begins."""

    def second_of(self, moment: datetime) -> float:
        """A moment of the timeline as a second of this stream."""
        place = max(
            (n for n, placed in enumerate(self.segments) if placed.segment.started_at <= moment), default=0
        )
        return self.starts_s[place] + (moment - self.segments[place].segment.started_at).total_seconds()

    def moment_of(self, at_s: float) -> datetime:
        """A second of this stream as a moment of the timeline."""
        place = max((n for n, start_s in enumerate(self.starts_s) if start_s <= at_s), default=0)
        return self.segments[place].segment.started_at + timedelta(seconds=at_s - self.starts_s[place])

    @property
    def until_s(self) -> float:
        """Its end."""
        return self.starts_s[-1] + self.segments[-1].segment.duration_s

    def frames(self, from_s: float, until_s: float) -> Iterator[Frame]:
        """The frames shown from the one at `from_s` on. Raises GapInFootage where the bits are damaged."""
        packets = packets_between(self.packets, from_s, until_s)
        held: Frame | None = None
        for frame in decode_frames(self.info, packets, from_s=0.0):
            if frame.at_s > until_s + TOLERANCE_S:
                break
            if frame.at_s > from_s + TOLERANCE_S:
                if held is not None:
                    yield held
                    held = None
                yield frame
            else:
                held = frame
        if held is not None:
            yield held

    def frame_at(self, at_s: float) -> Frame:
        """The frame that is shown at a second. Raises GapInFootage."""
        for frame in self.frames(at_s, at_s):
            return frame
        raise GapInFootage(
            f"no picture is recorded at {self.moment_of(at_s).isoformat()}; choose another moment"
        )


def packets_between(packets: Sequence[StreamPacket], from_s: float, until_s: float) -> list[StreamPacket]:
    """From the last key frame up to `from_s` until behind `until_s`: with what reordered pictures need."""
    keys = [n for n, packet in enumerate(packets) if packet.is_key and packet.at_s <= from_s + TOLERANCE_S]
    begin = keys[-1] if keys else 0
    end = next(
        (n for n, p in enumerate(packets) if n > begin and p.decode_s > until_s + NEAR_END_S), len(packets)
    )
    return list(packets[begin:end])


@contextmanager
def open_footage(
    root: Path,
    camera_id: str,
    from_at: datetime,
    until_at: datetime,
    *,
    around: datetime,
    for_looking: bool = False,
) -> Iterator[Footage]:
    """The unbroken footage around a moment, as far as it reaches in the stretch. Raises GapInFootage.

    Where the recorder's clock was set back two pieces of footage show the same moment: evidence cannot tell which was
    meant and is refused; `for_looking` takes the first.
    """
    chains = _unbroken(segments_as_recorded(root, camera_id, from_at, until_at), around)
    if len(chains) > 1 and not for_looking:
        raise GapInFootage(
            f"the recorder's clock was set back, two files show {around.isoformat()}; mark what only one of them shows"
        )
    chain = chains[0] if chains else []
    if not chain:
        raise GapInFootage(
            f"nothing is recorded at {around.isoformat()}; it was not received, or is no longer kept"
        )
    with ExitStack() as opened:
        yield _read(chain, opened)


def _unbroken(found: Sequence[PlacedSegment], around: datetime) -> list[list[PlacedSegment]]:
    """The segments that follow each other, with one that shows the moment among them; once for each time it came."""
    chains: list[list[PlacedSegment]] = []
    for placed in found:
        if chains and placed.segment.follows and _is_alike(chains[-1][-1], placed):
            chains[-1].append(placed)
        else:
            chains.append([placed])
    return [c for c in chains if c[0].segment.started_at <= around < c[-1].segment.ended_at]


def _is_alike(first: PlacedSegment, second: PlacedSegment) -> bool:
    a, b = first.segment, second.segment
    is_next = abs((b.started_at - a.ended_at).total_seconds()) < NEXT_S and b.clock_step_s == 0.0
    return is_next and (a.mime_codec, a.width, a.height) == (b.mime_codec, b.width, b.height)


def _read(chain: Sequence[PlacedSegment], opened: ExitStack) -> Footage:
    packets: list[StreamPacket] = []
    starts: list[float] = []
    info: StreamInfo | None = None
    base = 0
    for placed in chain:
        try:
            container = opened.enter_context(av.open(str(placed.path)))
        except (av.FFmpegError, OSError):
            raise GapInFootage(
                f"{placed.path.name}: the recording cannot be read any more; choose another moment"
            ) from None
        stream = container.streams.video[0]
        info = info or _info_of(stream, placed)
        starts.append(base / CLOCK_HZ)
        for packet in container.demux(stream):
            if packet.size and packet.pts is not None and packet.dts is not None:
                pts, dts = packet.pts + base, packet.dts + base
                packets.append(
                    StreamPacket(
                        at_s=pts / CLOCK_HZ,
                        decode_s=dts / CLOCK_HZ,
                        is_key=packet.is_keyframe,
                        size=packet.size,
                        packet=detached(packet, pts=pts, dts=dts),
                    )
                )
        base += round(placed.segment.duration_s * CLOCK_HZ)
    assert info is not None  # noqa: S101 - the chain is not empty
    return Footage(
        started_at=chain[0].segment.started_at,
        info=info,
        packets=tuple(packets),
        segments=tuple(chain),
        starts_s=tuple(starts),
    )


def _info_of(stream: av.VideoStream, placed: PlacedSegment) -> StreamInfo:
    segment = placed.segment
    return StreamInfo(
        codec=segment.codec,
        width=segment.width,
        height=segment.height,
        fps=usual_rate(segment.pictures / segment.duration_s),
        sample_aspect=float(stream.codec_context.sample_aspect_ratio or 1),
        extradata=stream.codec_context.extradata,
        template=stream,
    )
