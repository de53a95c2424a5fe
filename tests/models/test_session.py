"""Networks run the same in every runtime, every time."""

from pathlib import Path

import numpy as np
import pytest

from models import session, weights
from models.errors import RuntimeMissing
from models.letterbox import to_canvas, to_input
from models.session import (
    Hint,
    Precision,
    Runtime,
    SessionSettings,
    is_int8_quick,
    open_session,
    settings_from_environment,
)

NETWORKS = [("vehicles", (3, 256, 416)), ("plate_finder", (3, 320, 320)), ("lamps", (3, 32, 32))]
TOLERANCE = {"vehicles": 0.05, "plate_finder": 0.05, "lamps": 1e-4}  # boxes are in px of the input


def pictures(shape: tuple[int, ...], count: int = 2) -> np.ndarray:
    return np.random.default_rng(7).random((count, *shape), dtype=np.float32)


@pytest.mark.parametrize(("name", "shape"), NETWORKS, ids=[name for name, _ in NETWORKS])
def test_openvino_and_onnx_runtime_say_the_same(name: str, shape: tuple[int, ...]) -> None:
    network, batch = weights.load(name), pictures(shape)
    one = open_session(network, shape=shape, settings=SessionSettings(runtime=Runtime.OPENVINO))
    other = open_session(network, shape=shape, settings=SessionSettings(runtime=Runtime.ONNXRUNTIME))
    for ours, theirs in zip(one.run(batch), other.run(batch), strict=True):
        assert ours.shape == theirs.shape
        assert np.abs(ours - theirs).max() < TOLERANCE[name]


@pytest.mark.parametrize("runtime", list(Runtime))
def test_a_network_makes_of_bytes_what_it_is_given_as_shares(runtime: Runtime) -> None:
    photo = np.random.default_rng(5).integers(0, 256, (300, 200, 3), dtype=np.uint8)
    network, settings = weights.load("plate_finder"), SessionSettings(runtime=runtime)
    of_shares = open_session(network, shape=(3, 320, 320), settings=settings)
    of_bytes = open_session(network, shape=(3, 320, 320), of_bytes=True, settings=settings)
    (expected,) = of_shares.run(to_input(photo, width_px=320, height_px=320)[0])
    (said,) = of_bytes.run(to_canvas(photo, width_px=320, height_px=320)[0])
    assert np.abs(said - expected).max() < TOLERANCE["plate_finder"]


@pytest.mark.parametrize(
    ("flags", "quick"), [("fpu avx2 avx512_vnni", True), ("fpu avx_vnni", True), ("fpu avx2 avx512f", False)]
)
def test_int8_is_quick_where_the_processor_multiplies_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: str, quick: bool
) -> None:
    (tmp_path / "cpuinfo").write_text(f"processor\t: 0\nflags\t\t: {flags}\n")
    monkeypatch.setattr(session, "CPUINFO", tmp_path / "cpuinfo")
    assert is_int8_quick() is quick


def test_int8_is_not_thought_quick_on_a_system_that_does_not_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "CPUINFO", tmp_path / "missing")
    assert not is_int8_quick()


@pytest.mark.parametrize(
    ("hint", "precision", "name"),
    [
        (Hint.LATENCY, Precision.BF16, "vehicles"),
        (Hint.THROUGHPUT, Precision.BF16, "vehicles"),
        (Hint.THROUGHPUT, Precision.INT8, "vehicles_int8"),
    ],
)
def test_the_same_picture_gives_the_same_result_in_any_company(
    hint: Hint, precision: Precision, name: str
) -> None:
    settings = SessionSettings(hint=hint, precision=precision, threads=2)
    session = open_session(weights.load(name), shape=(3, 256, 416), settings=settings)
    batch = pictures((3, 256, 416), 3)
    (together,) = session.run(batch)
    for place in (2, 0, 1):
        (alone,) = session.run(batch[place : place + 1])
        assert np.array_equal(alone[0], together[place])


def test_a_tiny_network_runs_whole_batches() -> None:
    session = open_session(weights.load("lamps"), shape=(3, 32, 32), whole_batches=True)
    (shares,) = session.run(pictures((3, 32, 32), 3))
    assert shares.shape == (3, 5)
    assert shares.sum(axis=1) == pytest.approx([1, 1, 1], abs=1e-4)


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NGATU_INFERENCE", "onnxruntime")
    monkeypatch.setenv("NGATU_INFERENCE_THREADS", "3")
    settings = settings_from_environment(SessionSettings(precision=Precision.BF16))
    assert settings == SessionSettings(runtime=Runtime.ONNXRUNTIME, threads=3, precision=Precision.BF16)


@pytest.mark.parametrize(
    ("name", "value"),
    [("NGATU_INFERENCE", "abacus"), ("NGATU_INFERENCE_THREADS", "many"), ("NGATU_INFERENCE_HINT", "fast")],
)
def test_a_setting_that_is_not_known_is_said(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(RuntimeMissing, match=value):
        settings_from_environment()


def test_a_runtime_that_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
    settings = SessionSettings(runtime=Runtime.ONNXRUNTIME)
    with pytest.raises(RuntimeMissing, match=r"onnxruntime is not installed; install .*ngatu\[cuda\]"):
        open_session(weights.load("vehicles"), settings=settings)
