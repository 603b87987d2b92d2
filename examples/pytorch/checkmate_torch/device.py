# SPDX-License-Identifier: Apache-2.0
"""What is asked of the device: what is allocated, what a step allocates and takes, whether blocks are counted exactly."""

from __future__ import annotations

import gc
import statistics
import time
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import torch

from .operators import storage_bytes, storage_key

COARSE_BLOCKS = ("the CUDA allocator may hand out up to 1 MiB more than asked for with a large block, which no plan knows of; "
                 "set PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True before importing torch")


def device_of(values: Iterable[Any]) -> torch.device:
    """The one device of the given tensors, those on the host left out where others are on a GPU."""
    found = {v.device for v in values if isinstance(v, torch.Tensor)}
    accelerated = {d for d in found if d.type != "cpu"}
    if len(accelerated) > 1:
        raise ValueError(f"the step is spread over {', '.join(sorted(map(str, accelerated)))}; a plan is for one device")
    return next(iter(accelerated or found or {torch.device("cpu")}))


def tidy(device: torch.device) -> None:
    """Returns what nobody holds."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
        torch.cuda.empty_cache()


def wake_libraries(device: torch.device, backward: bool = False) -> None:
    """Lets cuBLAS take the workspaces that it keeps, so that they count: on this thread, and on autograd's."""
    if device.type != "cuda":
        return
    for dtype in (torch.float32, torch.bfloat16):  # the tracers keep autograd to one thread; a step does not
        with torch.enable_grad(), torch.autograd.set_multithreading_enabled(True):
            a = torch.ones(64, 64, device=device, dtype=dtype, requires_grad=backward)
            total = torch.addmm(a[0], a, a).sum() + (a @ a).sum()
            if backward:
                total.backward()
    torch.cuda.synchronize(device)


def held_bytes(device: torch.device, values: Iterable[Any]) -> int:
    """Bytes allocated on a GPU now; elsewhere those of the given tensors."""
    if device.type == "cuda":
        return torch.cuda.memory_allocated(device)
    return tensor_bytes(device, values)


def tensor_bytes(device: torch.device, values: Iterable[Any]) -> int:
    """Bytes of the tensors' storages on a device, each once."""
    return sum({storage_key(v): storage_bytes(v, device.type) for v in values if isinstance(v, torch.Tensor)}.values())


def warn_of_coarse_blocks(device: torch.device) -> None:
    """Warns where the allocator does not count to the byte."""
    if device.type == "cuda":
        settings = torch.cuda.memory._snapshot().get("allocator_settings", {})
        if settings.get("expandable_segments") is False:
            warnings.warn(COARSE_BLOCKS, stacklevel=3)


def peak_of(step: Callable[[], Any], device: torch.device) -> tuple[int, int]:
    """Bytes allocated before a step and the peak while it runs (CUDA)."""
    tidy(device)
    before = torch.cuda.memory_allocated(device)
    torch.cuda.reset_peak_memory_stats(device)
    step()
    torch.cuda.synchronize(device)
    return before, torch.cuda.max_memory_allocated(device)


def milliseconds_of(step: Callable[[], Any], device: torch.device, rounds: int = 7, warm: int = 2) -> float:
    """The median time of a step; on a GPU the device's, the host's delays included."""
    for _ in range(warm):
        step()
    samples = []
    for _ in range(rounds):
        if device.type == "cuda":
            start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
            start.record()
            step()
            end.record()
            torch.cuda.synchronize(device)
            samples.append(start.elapsed_time(end))
        else:
            began = time.perf_counter()
            step()
            samples.append((time.perf_counter() - began) * 1e3)
    return statistics.median(samples)
