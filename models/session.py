"""Runs one network: OpenVINO on the CPU by default, ONNX Runtime (CUDA where there is one) by setting.

In: a float32 batch. Out: the network's outputs. Each picture of a batch is run on its own, so a
result never depends on its neighbours. Never prepares pictures, never interprets outputs.
A tiny network may be opened to run a whole batch at once, where calling costs more than computing.
"""

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from models.errors import RuntimeMissing
from models.weights import Weights

Batch = NDArray[np.float32]


class Runtime(StrEnum):
    """Who computes."""

    OPENVINO = "openvino"
    ONNXRUNTIME = "onnxruntime"


class Precision(StrEnum):
    """What OpenVINO may compute in; bf16 falls back to f32 on a processor without it."""

    BF16 = "bf16"
    F32 = "f32"


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

    def run(self, batch: Batch) -> list[Batch]:
        """Every output for a batch (N×C×H×W, float32), the first axis being the picture."""
        ...

    def run_each(self, singles: Iterable[Batch]) -> list[list[Batch]]:
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
            f"an NGATU_INFERENCE… setting: {fault}; use openvino or onnxruntime, bf16 or f32, "
            "THROUGHPUT or LATENCY, and a whole number of threads"
        ) from fault


def open_session(
    weights: Weights,
    *,
    shape: tuple[int, ...] | None = None,
    whole_batches: bool = False,
    settings: SessionSettings | None = None,
) -> NetworkSession:
    """Open a network for one picture shape (C, H, W); None keeps the shape that the file states.

    Without `settings` the NGATU_INFERENCE… settings of the environment count.
    """
    chosen = settings or settings_from_environment()
    if chosen.runtime is Runtime.ONNXRUNTIME:
        return OnnxRuntimeSession(weights, settings=chosen)
    return OpenVinoSession(weights, shape=shape, whole_batches=whole_batches, settings=chosen)


class OpenVinoSession:
    """A network compiled by OpenVINO for the CPU; the pictures of a batch share its infer requests."""

    def __init__(
        self,
        weights: Weights,
        *,
        shape: tuple[int, ...] | None,
        whole_batches: bool,
        settings: SessionSettings,
    ) -> None:
        openvino = _import("openvino", weights.name)
        core = openvino.Core()
        network = core.read_model(weights.network)
        if shape is not None:
            network.reshape([-1 if whole_batches else 1, *shape])
        config: dict[str, Any] = {
            "PERFORMANCE_HINT": settings.hint.value,
            "INFERENCE_PRECISION_HINT": settings.precision.value,
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

    def run(self, batch: Batch) -> list[Batch]:
        if self._whole_batches:
            return self._one(batch)
        found = self.run_each(np.ascontiguousarray(batch[i : i + 1]) for i in range(len(batch)))
        return [np.concatenate([one[i] for one in found]) for i in range(self._outputs)]

    def run_each(self, singles: Iterable[Batch]) -> list[list[Batch]]:
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

    def _one(self, batch: Batch) -> list[Batch]:
        self._request.infer([batch])
        return self._outputs_of(self._request)

    def _outputs_of(self, request: Any) -> list[Batch]:
        return [request.get_output_tensor(i).data.copy() for i in range(self._outputs)]


class OnnxRuntimeSession:
    """The same network in ONNX Runtime: CUDA when its build and a card are there, else the CPU."""

    def __init__(self, weights: Weights, *, settings: SessionSettings) -> None:
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

    def run(self, batch: Batch) -> list[Batch]:
        singles = self.run_each(batch[i : i + 1] for i in range(len(batch)))
        return [np.concatenate(parts) for parts in zip(*singles, strict=True)]

    def run_each(self, singles: Iterable[Batch]) -> list[list[Batch]]:
        return [self._session.run(None, {self._input: single}) for single in singles]


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
