"""Only what proves a case is decoded: the scenes whole, of other groups of pictures the key picture."""

import av
import pytest

from detector.sources.packets import StreamPacket
from detector.watching.proving import thinned


def packets(seconds: int, fps: int = 5) -> list[StreamPacket]:
    """A key picture each second."""
    return [
        StreamPacket(at_s=n / fps, decode_s=n / fps, is_key=n % fps == 0, size=1, packet=av.Packet(1))
        for n in range(seconds * fps)
    ]


@pytest.mark.parametrize(
    ("label", "wanted", "decoded"),
    [
        ("nothing wanted", [], [0.0, 1.0, 2.0, 3.0]),
        ("inside one group", [(1.3, 1.5)], [0.0, 1.0, 1.2, 1.4, 2.0, 3.0]),
        ("over two groups", [(0.7, 1.3)], [0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 2.0, 3.0]),
        ("two stretches", [(0.1, 0.3), (2.2, 2.2)], [0.0, 0.2, 1.0, 2.0, 2.2, 3.0]),
        ("the last group to its end", [(3.5, 9.0)], [0.0, 1.0, 2.0, 3.0, 3.2, 3.4, 3.6, 3.8]),
    ],
)
def test_groups_without_a_scene_give_their_key_picture(
    label: str, wanted: list[tuple[float, float]], decoded: list[float]
) -> None:
    assert [packet.at_s for packet in thinned(packets(4), wanted)] == decoded, label
