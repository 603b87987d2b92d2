# SPDX-License-Identifier: Apache-2.0
"""What operators take: timed one by one, on made-up inputs of their shapes, so that the whole step need not fit.

A measured operator is kept on disk by its name, its arguments' shapes, strides and types, the device and the release of
PyTorch. What Inductor will write itself is priced by the bytes that it moves."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch.fx import Node
from torch.fx.node import map_arg

from . import operators as ops
from .planning import cache_folder, write_atomically
from .units import Unit, Units

LAUNCH_US = 1.5
"""What a kernel takes beyond its bytes."""
SPIN_CYCLES = 4_000_000
"""About 2 ms: while this kernel runs, the host queues the operators to be timed."""
SHARE_OF_COPY = 0.77
"""Of a copy's bandwidth, what fused kernels reach (H200: 3.3 of 4.3 TB/s)."""
ROUNDS = 8
EVENT_US = 1.0
"""What an event between two kernels takes."""


exclusive: Callable[[], contextlib.AbstractContextManager[Any]] = contextlib.nullcontext
"""Entered while the device is measured; replace it where several processes share one GPU."""


class Cost(NamedTuple):
    """Of one execution: microseconds, bytes beyond the outputs while it runs, bytes of each new storage."""

    time: float
    workspace: int
    outputs: list[int] | None = None


class CostBook:
    """Measured operators of one device, kept on disk."""

    def __init__(self, device: torch.device):
        self.device = device
        name = torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
        text = f"{name} {torch.__version__}".replace("/", "_").replace(" ", "_")
        self.path = cache_folder() / "operators" / f"{text}.json"
        self.known: dict[str, list[Any]] = {}
        self.measured = 0
        self.failures: dict[str, str] = {}
        with contextlib.suppress(OSError, ValueError):
            self.known = json.loads(self.path.read_text())

    def save(self) -> None:
        """Adds what was measured to the file; another process's entries stay."""
        with contextlib.suppress(OSError, ValueError):
            self.known = {**json.loads(self.path.read_text()), **self.known}
        write_atomically(self.path, json.dumps(self.known))

    def of(self, node: Node, channels_last: bool = False) -> Cost | None:
        """The cost of an operator, measured if it is not known; None if it cannot be run on made-up inputs."""
        key = _key(node, channels_last)
        if key not in self.known:
            try:
                with exclusive():
                    self.known[key] = list(_measure(node, self.device, channels_last))
                self.measured += 1
            except Exception as why:  # whatever an operator says of made-up inputs
                self.failures[str(node.target)] = f"{type(why).__name__}: {str(why)[:200]}"
                return None
        return Cost(*self.known[key])

    def bandwidth(self) -> float:
        """Bytes per microsecond of a large copy, read and written."""
        if "copy" not in self.known:
            size = 2**28 if self.device.type == "cuda" else 2**24
            with exclusive():
                source = torch.zeros(size, dtype=torch.uint8, device=self.device)
                self.known["copy"] = [2 * size / _time(source.clone, self.device)]
        return self.known["copy"][0]


def _key(node: Node, channels_last: bool) -> str:
    def like(value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            return tuple(value.shape), tuple(value.stride()), str(value.dtype), value.device.type
        return value

    def meta(a: Node) -> Any:
        value = a.meta.get("val")
        return [like(v) for v in value] if isinstance(value, (tuple, list)) else like(value)

    backends = (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32, torch.backends.cudnn.benchmark,
                torch.backends.cudnn.deterministic)
    text = repr((str(node.target), map_arg(node.args, meta), map_arg(node.kwargs, meta), channels_last, backends))
    return hashlib.sha256(text.encode()).hexdigest()


def _made_up(fake: torch.Tensor, channels_last: bool) -> torch.Tensor:
    """A tensor like `fake`: small random numbers, zeros where they may be indices."""
    size = sum((n - 1) * s for n, s in zip(fake.shape, fake.stride())) + 1 if fake.numel() else 0
    real = torch.zeros(size, dtype=fake.dtype, device=fake.device)
    if fake.dtype.is_floating_point and real.numel() and fake.dtype.itemsize > 1:
        real.normal_(0, 0.1)
    real = real.as_strided(fake.shape, fake.stride())
    if channels_last and fake.dim() == 4:
        return real.contiguous(memory_format=torch.channels_last)
    return real


@contextlib.contextmanager
def for_real():
    """Outside of tracing: operators run on the device, and draw no numbers that the model would have drawn."""
    from torch._subclasses.fake_tensor import unset_fake_temporarily
    from torch.utils._python_dispatch import _disable_current_modes

    devices = list(range(torch.cuda.device_count())) if torch.cuda.is_initialized() else []
    with unset_fake_temporarily(), _disable_current_modes(), torch.no_grad(), torch.random.fork_rng(devices=devices):
        yield


def _measure(node: Node, device: torch.device, channels_last: bool) -> Cost:
    def real(a: Node) -> Any:
        value = a.meta.get("val")
        if isinstance(value, (tuple, list)):
            return type(value)(_made_up(v, channels_last) if isinstance(v, torch.Tensor) else v for v in value)
        return _made_up(value, channels_last) if isinstance(value, torch.Tensor) else value

    with for_real():
        args, kwargs = map_arg(node.args, real), map_arg(node.kwargs, real)
        call = functools.partial(node.target, *args, **kwargs)  # type: ignore[arg-type, operator, misc]
        given = {ops.storage_key(t) for t in ops.tensors((args, kwargs))}
        outputs, workspace = _run_once(call, device, given)
        return Cost(_time(call, device), workspace, outputs)


def _run_once(call: Callable[[], Any], device: torch.device, given: set[int]) -> tuple[list[int], int]:
    """Bytes of each new storage of a call, and what it held beyond them while it ran (CUDA only)."""
    if device.type != "cuda":
        return _new_storages(call(), device, given), 0
    call()  # libraries make their own workspaces in the first call
    torch.cuda.synchronize(device)
    before = torch.cuda.memory_allocated(device)
    torch.cuda.reset_peak_memory_stats(device)
    out = call()
    torch.cuda.synchronize(device)
    sizes = _new_storages(out, device, given)
    return sizes, max(0, torch.cuda.max_memory_allocated(device) - before - sum(sizes))


def _new_storages(out: Any, device: torch.device, given: set[int]) -> list[int]:
    found = {ops.storage_key(t): ops.storage_bytes(t, device.type) for t in ops.tensors(out)}
    return [size for key, size in found.items() if key not in given]


def _time(call: Callable[[], Any], device: torch.device) -> float:
    """Microseconds of a call among others of its kind: on a GPU queued behind a spinning kernel."""
    if device.type != "cuda":
        samples = []
        for _ in range(3):
            began = time.perf_counter()
            call()
            samples.append((time.perf_counter() - began) * 1e6)
        return max(0.1, statistics.median(samples))
    call()
    torch.cuda.synchronize(device)
    torch.cuda._sleep(SPIN_CYCLES)
    times = [torch.cuda.Event(enable_timing=True) for _ in range(ROUNDS + 1)]
    times[0].record()
    for event in times[1:]:
        call()
        event.record()
    torch.cuda.synchronize(device)
    return max(0.5, statistics.median(a.elapsed_time(b) for a, b in zip(times, times[1:])) * 1e3 - EVENT_US)


def price_each(units: Units, book: CostBook, progress: Callable[[str], None] | None = None) -> None:
    """Sets time, workspace and sizes of every unit as measured (for the step executor)."""
    bandwidth = book.bandwidth()
    for at, unit in enumerate(units.units):
        if progress and at % 50 == 0:
            progress(f"timing operators, {at} of {len(units.units)}")
        cost = None if ops.is_collective(unit.node) else book.of(unit.node)
        if cost is None:
            unit.time = LAUNCH_US + _moved(unit) / (SHARE_OF_COPY * bandwidth)
            continue
        unit.time, unit.workspace = cost.time, cost.workspace
        if units.device_type == "cuda" and cost.outputs is not None and len(cost.outputs) == len(unit.sizes):
            unit.sizes = list(cost.outputs)


def price_fused(units: Units, book: CostBook, channels_last: bool, progress: Callable[[str], None] | None = None) -> None:
    """Sets time and workspace of every unit as Inductor will run it: library calls as measured, the rest by its bytes."""
    bandwidth = book.bandwidth()
    for unit in units.units:
        unit.time = LAUNCH_US + _moved(unit) / (SHARE_OF_COPY * bandwidth)
        if ops.is_timed(unit.node):
            if progress:
                progress(f"timing {ops.name_of(unit.node)}")
            cost = book.of(unit.node, channels_last and "convolution" in ops.name_of(unit.node))
            if cost is not None:
                unit.time, unit.workspace = cost.time, cost.workspace


def _moved(unit: Unit) -> int:
    return sum(unit.sizes) + sum(unit.touched.values())
