"""Runs one network: OpenVINO on the CPU by default, ONNX Runtime (CUDA where there is one) by setting.

In: a float32 batch, or pictures of bytes (N×H×W×3, BGR) for a network that is opened for them. Out: the network's
outputs. Each picture of a batch is run on its own, so a result never depends on its neighbours. Never cuts or fits
pictures, never interprets outputs. A tiny network may be opened to run a whole batch at once, where calling costs
more than computing.
"""

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from models.errors import RuntimeMissing
from models.weights import Weights

Batch = NDArray[np.float32]
Input = NDArray[np.float32] | NDArray[np.uint8]


class Runtime(StrEnum):
    """Who computes."""

    OPENVINO = "openvino"
    ONNXRUNTIME = "onnxruntime"


class Precision(StrEnum):
    """What OpenVINO may compute in; bf16 falls back to f32 on a processor without it.

    int8 takes the quantised file of a network that has one, and computes in bf16 what is not quantised.
    """

    INT8 = "int8"
    BF16 = "bf16"
    F32 = "f32"


COMPUTED_IN = {Precision.INT8: Precision.BF16}
CPUINFO = Path("/proc/cpuinfo")
QUICK_INT8_FLAGS = frozenset({"avx512_vnni", "avx_vnni", "amx_int8"})


class Hint(StrEnum):
    """Several pictures at once over all threads, or one picture as fast as it goes."""

    THROUGHPUT = "THROUGHPUT"
    LATENCY = "LATENCY"


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionSettings:
    """How to run; `threads` = 0 leaves the number to the runtime."""

    runtime: Runtime = Runtime.OPENVINO
    threads: int = 0
    precision: Precision = Precision.F32
    hint: Hint = Hint.LATENCY


class NetworkSession(Protocol):
    """An opened network."""

    def run(self, batch: Input) -> list[Batch]:
        """Every output for a batch (N×C×H×W float32 or N×H×W×3 bytes), the first axis being the picture."""
        ...

    def run_each(self, singles: Iterable[Input]) -> list[list[Batch]]:
        """Every output for each of many batches of one picture, taken as they come and run side by side."""
        ...


def settings_from_environment(base: SessionSettings | None = None) -> SessionSettings:
    """`base` changed by NGATU_INFERENCE, _THREADS, _PRECISION, _HINT where they are set."""
    settings = base or SessionSettings()
    read = os.environ.get
    try:
        return replace(
            settings,
            runtime=Runtime(read("NGATU_INFERENCE") or settings.runtime),
            threads=int(read("NGATU_INFERENCE_THREADS") or settings.threads),
            precision=Precision(read("NGATU_INFERENCE_PRECISION") or settings.precision),
            hint=Hint(read("NGATU_INFERENCE_HINT") or settings.hint),
        )
    except ValueError as fault:
        raise RuntimeMissing(
            f"an NGATU_INFERENCE… setting: {fault}; use openvino or onnxruntime, int8, bf16 or f32, "
            "THROUGHPUT or LATENCY, and a whole number of threads"
        ) from fault


def open_session(
    weights: Weights,
    *,
    shape: tuple[int, ...] | None = None,
    whole_batches: bool = False,
    of_bytes: bool = False,
    settings: SessionSettings | None = None,
) -> NetworkSession:
    """Open a network for one picture shape (C, H, W); None keeps the shape that the file states.

    `of_bytes`: it is given pictures of bytes, and makes them red-green-blue, 0…1, itself.
    Without `settings` the NGATU_INFERENCE… settings of the environment count.
    """
    chosen = settings or settings_from_environment()
    if chosen.runtime is Runtime.ONNXRUNTIME:
        return OnnxRuntimeSession(weights, of_bytes=of_bytes, settings=chosen)
    return OpenVinoSession(
        weights, shape=shape, whole_batches=whole_batches, of_bytes=of_bytes, settings=chosen
    )


def is_int8_quick() -> bool:
    """Whether this processor multiplies bytes in one instruction; without it int8 is no faster than bf16 or f32."""
    try:
        cpuinfo = CPUINFO.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return not QUICK_INT8_FLAGS.isdisjoint(cpuinfo.split())


class OpenVinoSession:
    """A network compiled by OpenVINO for the CPU; the pictures of a batch share its infer requests."""

    def __init__(
        self,
        weights: Weights,
        *,
        shape: tuple[int, ...] | None,
        whole_batches: bool,
        of_bytes: bool,
        settings: SessionSettings,
    ) -> None:
        openvino = _import("openvino", weights.name)
        core = openvino.Core()
        network = core.read_model(weights.network, weights.constants or b"")
        if shape is not None:
            network.reshape([-1 if whole_batches else 1, *shape])
        if of_bytes:
            network = _taking_bytes(network)
        config: dict[str, Any] = {
            "PERFORMANCE_HINT": settings.hint.value,
            "INFERENCE_PRECISION_HINT": COMPUTED_IN.get(settings.precision, settings.precision).value,
        }
        if settings.threads:
            config["INFERENCE_NUM_THREADS"] = settings.threads
        self._compiled = core.compile_model(network, "CPU", config)
        self._outputs = len(self._compiled.outputs)
        self._whole_batches = whole_batches
        self._request = self._compiled.create_infer_request()
        self._queue: Any = (
            openvino.AsyncInferQueue(self._compiled) if settings.hint is Hint.THROUGHPUT else None
        )
        del network
        _give_memory_back()

    def run(self, batch: Input) -> list[Batch]:
        if self._whole_batches:
            return self._one(batch)
        singles: Iterable[Input] = (batch[i : i + 1].copy() for i in range(len(batch)))
        found = self.run_each(singles)
        return [np.concatenate([one[i] for one in found]) for i in range(self._outputs)]

    def run_each(self, singles: Iterable[Input]) -> list[list[Batch]]:
        """While the queue computes, the next picture is already being prepared by whoever gives `singles`."""
        if self._queue is None:
            return [self._one(single) for single in singles]
        found: dict[int, list[Batch]] = {}

        def keep(request: Any, place: int) -> None:
            found[place] = self._outputs_of(request)

        self._queue.set_callback(keep)
        try:
            for place, single in enumerate(singles):
                self._queue.start_async([single], place)
        finally:
            self._queue.wait_all()
        return [found[place] for place in range(len(found))]

    def _one(self, batch: Input) -> list[Batch]:
        self._request.infer([batch])
        return self._outputs_of(self._request)

    def _outputs_of(self, request: Any) -> list[Batch]:
        return [request.get_output_tensor(i).data.copy() for i in range(self._outputs)]


class OnnxRuntimeSession:
    """The same network in ONNX Runtime: CUDA when its build and a card are there, else the CPU."""

    def __init__(self, weights: Weights, *, of_bytes: bool, settings: SessionSettings) -> None:
        onnxruntime = _import("onnxruntime", weights.name)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        if settings.threads:
            options.intra_op_num_threads = settings.threads
        wanted = ("CUDAExecutionProvider", "CPUExecutionProvider")
        there = onnxruntime.get_available_providers()
        self._session = onnxruntime.InferenceSession(
            weights.network, sess_options=options, providers=[p for p in wanted if p in there]
        )
        self._input = self._session.get_inputs()[0].name
        self._of_bytes = of_bytes

    def run(self, batch: Input) -> list[Batch]:
        singles = self.run_each(batch[i : i + 1] for i in range(len(batch)))
        return [np.concatenate(parts) for parts in zip(*singles, strict=True)]

    def run_each(self, singles: Iterable[Input]) -> list[list[Batch]]:
        fed = (_blob(single) if self._of_bytes else single for single in singles)
        return [self._session.run(None, {self._input: single}) for single in fed]


def _taking_bytes(network: Any) -> Any:
    """The network taking blue-green-red bytes, made inside it into what it was trained on: a quarter to carry."""
    preprocess = _import("openvino.preprocess", "")
    openvino = _import("openvino", "")
    steps = preprocess.PrePostProcessor(network)
    given = steps.input()
    given.tensor().set_element_type(openvino.Type.u8).set_layout(openvino.Layout("NHWC"))
    given.tensor().set_color_format(preprocess.ColorFormat.BGR)
    given.preprocess().convert_element_type(openvino.Type.f32)
    given.preprocess().convert_color(preprocess.ColorFormat.RGB).scale(255.0)
    given.model().set_layout(openvino.Layout("NCHW"))
    return steps.build()


def _blob(pictures: Input) -> Batch:
    """The same outside a network."""
    blob: Batch = np.ascontiguousarray(pictures[..., ::-1].transpose(0, 3, 1, 2), np.float32) / np.float32(
        255
    )
    return blob


def _give_memory_back() -> None:
    """Return what compiling used to the system: glibc keeps it otherwise, some 20 MB a process. Others need no call."""
    import ctypes  # noqa: PLC0415

    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


def _import(runtime: str, network: str) -> Any:
    """Import a runtime only when a network is opened: each costs a good part of a second."""
    import importlib  # noqa: PLC0415

    try:
        return importlib.import_module(runtime)
    except ImportError as fault:
        raise RuntimeMissing(
            f"cannot open network '{network}': {runtime} is not installed; install ngatu "
            "(openvino) or ngatu[cuda] (onnxruntime), or set NGATU_INFERENCE"
        ) from fault
