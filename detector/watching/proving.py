"""Proves one finding in the main stream: the crossing frame, the plate, the stills and the clip.

In: a finding of the sub stream and the ring of compressed main packets. Out: the contents of an evidence
packet. Decodes only the groups of pictures it needs, one frame at a time. Judges nothing.

      before        crossing      junction
    ────▮──────────────▮─────────────▮────▶ time      decoded: the scenes, key pictures beside them
    red lit, line free  over the line  inside         copied as they are: 6 s before … 6 s after
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from detector.errors import GapInFootage
from detector.sources.decoding import Frame, decode_frames, luma_sha256
from detector.sources.feed import CameraFeed
from detector.sources.packets import StreamPacket
from detector.types import Act, Finding, Verdict
from detector.watching.eyes import Eyes
from detector.watching.plates_of_track import PlateView, SharpestViews, read_plates
from detector.watching.recent_sights import RecentSights

CLIP_MARGIN_S = 6.0
PLATE_BEFORE_S = 2.5
PLATE_AFTER_S = 1.0
SCENE_BEFORE_S = 0.4
SCENE_JUNCTION_S = 0.2
LEAST_MARGIN_S = 0.2
FRAME_TOLERANCE_S = 0.002
"""RTP clocks tick at 90 kHz, containers at their own rate: the same frame may differ by a fraction of 1 ms."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SceneTimes:
    """The moments of the three stills, in seconds on the stream clock."""

    before_s: float
    crossing_s: float
    junction_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Proof:
    """What the main stream shows of one finding."""

    before: Frame
    crossing: Frame
    junction: Frame
    crossing_sha256: str
    plates: tuple[PlateView, ...]


def scene_times(finding: Finding) -> SceneTimes:
    """When the stills are taken: before the line with red lit, on it, and inside the junction (or stopped).

    Of an act without a stop line: as it begins, at its moment, and at its end, as far as the clip reaches.
    """
    if finding.act is not None:
        return _act_times(finding.act, finding.crossing.cross_s)
    cross_s = finding.crossing.cross_s
    before_s = cross_s - SCENE_BEFORE_S
    if finding.red_since_s is not None:
        before_s = min(max(before_s, finding.red_since_s), cross_s - 0.04)
    last_seen_s = finding.track.points[-1].at_s
    junction_s = last_seen_s
    if finding.verdict is Verdict.RED_LIGHT and finding.entered_junction_s is not None:
        junction_s = min(finding.entered_junction_s + SCENE_JUNCTION_S, last_seen_s)
    return SceneTimes(
        before_s=before_s,
        crossing_s=cross_s,
        junction_s=min(max(junction_s, cross_s), cross_s + CLIP_MARGIN_S),
    )


def _act_times(act: Act, moment_s: float) -> SceneTimes:
    return SceneTimes(
        before_s=max(act.from_s, moment_s - CLIP_MARGIN_S),
        crossing_s=moment_s,
        junction_s=min(max(act.to_s, moment_s), moment_s + CLIP_MARGIN_S),
    )


def prove(finding: Finding, feed: CameraFeed, sights: RecentSights, eyes: Eyes) -> Proof:
    """Decode around the crossing, take the stills, read the plate. Raises GapInFootage when frames lack."""
    times = scene_times(finding)
    scenes: dict[str, Frame] = {}
    views = SharpestViews(finding.track)
    for frame in _frames(finding, feed, times):
        for name, at_s in (
            ("before", times.before_s),
            ("crossing", times.crossing_s),
            ("junction", times.junction_s),
        ):
            if name not in scenes and frame.at_s >= at_s - FRAME_TOLERANCE_S:
                scenes[name] = frame
        if frame.at_s <= times.crossing_s + PLATE_AFTER_S:
            views.see(frame)
        if len(scenes) == 3 and frame.at_s > times.crossing_s + PLATE_AFTER_S:
            break
    if "crossing" not in scenes:
        raise GapInFootage(
            f"camera {feed.camera_id}: no main-stream frame at {times.crossing_s:.2f} s, where a crossing was "
            "seen; no case is made. Check the main stream and its ring"
        )
    plates = read_plates(views.views(), eyes, sights.boxes_at)
    return Proof(
        before=scenes.get("before", scenes["crossing"]),
        crossing=scenes["crossing"],
        junction=scenes.get("junction", scenes["crossing"]),
        crossing_sha256=luma_sha256(scenes["crossing"]),
        plates=tuple(plates),
    )


def _frames(finding: Finding, feed: CameraFeed, times: SceneTimes) -> Iterator[Frame]:
    from_s = max(0.0, times.crossing_s - PLATE_BEFORE_S)
    until_s = max(times.junction_s, times.crossing_s + PLATE_AFTER_S) + 1.0
    packets = feed.ring.between(min(from_s, times.before_s), until_s)
    margin_s = max(LEAST_MARGIN_S, 3.0 / feed.main_info.fps)
    wanted = [(times.before_s, times.crossing_s + margin_s), (times.junction_s, times.junction_s + margin_s)]
    return decode_frames(feed.main_info, thinned(packets, wanted), from_s=min(from_s, times.before_s))


def thinned(packets: Sequence[StreamPacket], wanted: Sequence[tuple[float, float]]) -> Iterator[StreamPacket]:
    """What must be decoded to see the wanted stretches whole; of groups of pictures without one, the key picture.

    A plate is read from a dozen views: key pictures, which cameras code best, and what is decoded anyway give them.
    """
    keys = [place for place, packet in enumerate(packets) if packet.is_key]
    for start, end in pairwise([*keys, len(packets)]):
        until_s = packets[end].at_s if end < len(packets) else float("inf")
        ends = [to_s for from_s, to_s in wanted if from_s < until_s and to_s >= packets[start].at_s]
        last_s = max(ends, default=float("-inf"))
        yield packets[start]
        yield from (packet for packet in packets[start + 1 : end] if packet.decode_s <= last_s)
