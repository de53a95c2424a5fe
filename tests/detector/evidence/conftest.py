"""Footage that the tests of this folder share."""

from collections.abc import Iterator

import pytest

from detector.sources.reading import StreamReader
from tests.detector.evidence.builders import Footage
from tests.detector.sources.made_clips import make_clip


@pytest.fixture(scope="session")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Footage]:
    path = make_clip(
        tmp_path_factory.mktemp("evidence") / "main.mp4", width=160, height=96, frames=40, gop=20, b_frames=2
    )
    with StreamReader(str(path)) as reader:
        yield Footage(path=path, info=reader.info, packets=tuple(reader.packets()))
