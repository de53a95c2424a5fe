"""Whether two recorded files are main and sub stream of one camera at one time: two paths in, an error or nothing out.

The sub is watched and the main proves. A sub of another clip would find vehicles that the main never showed, and sign
stills of somebody else. Files that cannot be opened, or not compared, are left to the feed, which says why.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from detector.errors import SourceError, SubOfAnotherClip
from detector.sources.reading import open_container

Grey = NDArray[np.float64]

MOST_LENGTH_DIFFERENCE_S = 1.0
"""Both start with their first picture, so that a second more of one is a second of which the other knows nothing."""
LEAST_LIKENESS = 0.8
"""Below this two files show different views. tests/detector/watching/test_clip_pair.py measures it on fixtures/clips:
the 11 right pairs reach 0.998 and more (a single moment 0.920), the 110 wrong ones 0.650 at most (0.700)."""
MOMENTS = (0.0, 0.2, 0.4, 0.6, 0.8)
"""As shares of the shorter file's length."""
SMALL_PX = (64, 36)
"""Width and height at which pictures are compared: noise, coding and what a camera writes into them average out."""
MOST_DECODED = 300
"""Pictures decoded to reach a moment from the key picture before it; a file with fewer keys is compared less often."""
LEAST_CONTRAST = 2.0
"""Standard deviation in grey levels (0…255): a darker or foggier picture shows no view to compare."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PairLikeness:
    """How alike two files are; None where that cannot be told."""

    main_s: float
    sub_s: float
    """Length as the container states it, 0 where it states none."""
    view: float | None
    """Median correlation of their pictures at the same moments, -1…1."""


def check_pair(main: Path, sub: Path) -> None:
    """Raises SubOfAnotherClip where lengths or views differ; what cannot be compared passes."""
    alike = likeness(main, sub)
    if alike is None:
        return
    differs = None
    if alike.main_s and alike.sub_s and abs(alike.main_s - alike.sub_s) > MOST_LENGTH_DIFFERENCE_S:
        differs = f"it is {alike.sub_s:.1f} s long and the clip {alike.main_s:.1f} s"
    elif alike.view is not None and alike.view < LEAST_LIKENESS:
        differs = f"it shows another view (likeness {alike.view:.2f}, at least {LEAST_LIKENESS} is needed)"
    if differs is not None:
        raise SubOfAnotherClip(
            f"{main}: the camera file names {sub.name} as its sub stream, which is not of this clip: {differs}; "
            'name the clip\'s own sub stream in sources, or write "sub": null to watch the clip itself'
        )


def likeness(main: Path, sub: Path) -> PairLikeness | None:
    """Compare two files; None where one cannot be opened."""
    with suppress(SourceError, OSError):
        main_s, sub_s = _length_s(main), _length_s(sub)
        moments = [share * min(main_s, sub_s) for share in MOMENTS]
        pictures = zip(_pictures(main, moments), _pictures(sub, moments), strict=True)
        found = [_correlation(one, other) for one, other in pictures if one is not None and other is not None]
        told = [value for value in found if value is not None]
        return PairLikeness(main_s=main_s, sub_s=sub_s, view=float(np.median(told)) if told else None)
    return None


def _length_s(path: Path) -> float:
    with open_container(str(path)) as container:
        return max(container.duration or 0, 0) / av.time_base


def _pictures(path: Path, moments: Sequence[float]) -> list[Grey | None]:
    """One small grey picture for each moment; None where none is reached, or it is damaged."""
    return [_picture(path, at_s) for at_s in moments]


def _picture(path: Path, at_s: float) -> Grey | None:
    """Opened anew for each moment: a decoder that met damage once would carry it on."""
    with open_container(str(path)) as container, suppress(av.FFmpegError):
        for stream in container.streams.video[:1]:
            start_s = float((stream.start_time or 0) * (stream.time_base or 0))
            if at_s:
                container.seek(int((start_s + at_s) * av.time_base))
            for frame in islice(container.decode(stream), MOST_DECODED):
                if not at_s or (frame.time is not None and frame.time - start_s >= at_s - 0.001):
                    return None if frame.is_corrupt else _small(frame)
    return None


def _small(frame: VideoFrame) -> Grey:
    width, height = SMALL_PX
    small = frame.reformat(width=width, height=height, format="gray", interpolation="AREA")
    return np.asarray(small.to_ndarray(), np.float64)


def _correlation(one: Grey, other: Grey) -> float | None:
    """Normalised cross-correlation: brightness and contrast of the two streams may differ, the view may not."""
    if min(one.std(), other.std()) < LEAST_CONTRAST:
        return None
    first, second = one - one.mean(), other - other.mean()
    return float((first * second).mean() / (one.std() * other.std()))
