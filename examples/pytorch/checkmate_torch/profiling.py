# SPDX-License-Identifier: Apache-2.0
"""Measures a program on its device: time and workspace of every operator, time and peak of whole runs.

Operators are timed where they stand, in the step, by events between them. So that a GPU's clock measures the GPU and not
Python, a spinning kernel holds the stream back while a few hundred operators are queued. The events themselves cost
something: `calibrate` takes it out, so that the costs add up to the time of the step replayed as a CUDA graph.
"""

import contextlib
import gc
import statistics
import time

import torch

from . import schedule as schedules

CHUNK = 150  # operators queued behind one spinning kernel
SPIN_CYCLES = 40_000_000  # about 20 ms: longer than Python needs to queue a chunk


def measure_workspaces(program, steps, inputs):
    """Sets each unit's workspace: bytes beyond its outputs that its operator holds while it runs (CUDA only)."""
    if program.device.type != "cuda":
        return
    run = program.run(inputs)

    class Watched:
        def compute(self, index, again):
            unit, before = program.units[index], torch.cuda.memory_allocated()
            torch.cuda.reset_peak_memory_stats()
            run.compute(index, again)
            kept = torch.cuda.memory_allocated() - before
            most = torch.cuda.max_memory_allocated() - before
            if not again:
                unit.workspace = max(unit.workspace, most - sum(unit.sizes), kept - sum(unit.sizes), 0)

        free = staticmethod(run.free)

    with torch.no_grad():
        schedules.execute(steps, Watched())


def time_operators(program, steps, inputs, rounds=7):
    """Sets each unit's cost to the median time, in microseconds, of its executions in `steps`."""
    seen = [[] for _ in program.units]
    for _ in range(rounds):
        run, samples = program.run(inputs), []
        clock = _Timer(program.device.type == "cuda")

        class Timed:
            def compute(self, index, again):
                clock.before()
                run.compute(index, again)
                clock.after()
                samples.append(index)

            free = staticmethod(run.free)

        with torch.no_grad():
            schedules.execute(steps, Timed())
        for index, cost in zip(samples, clock.microseconds()):
            seen[index].append(cost)
    for unit, samples in zip(program.units, seen):
        unit.cost = statistics.median(samples)


class _Timer:
    """Times of single operators in a stream of them; on a GPU by events queued behind a spinning kernel."""

    def __init__(self, cuda):
        self.cuda, self.pairs = cuda, []

    def _now(self):
        if not self.cuda:
            return time.perf_counter()
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        return event

    def before(self):
        if self.cuda and len(self.pairs) % CHUNK == 0:
            torch.cuda.synchronize()
            torch.cuda._sleep(SPIN_CYCLES)
        self.start = self._now()

    def after(self):
        self.pairs.append((self.start, self._now()))

    def microseconds(self):
        if not self.cuda:
            return [(b - a) * 1e6 for a, b in self.pairs]
        torch.cuda.synchronize()
        return [a.elapsed_time(b) * 1e3 for a, b in self.pairs]


def calibrate(program, step_time):
    """Takes what an event costs out of every unit, so that the costs add up to `step_time` (microseconds).

    Returns the microseconds taken out of each; negative where there was too little, then left as it is."""
    low, high = 0.0, max(u.cost for u in program.units)
    if sum(u.cost for u in program.units) <= step_time:
        scale = step_time / max(sum(u.cost for u in program.units), 1e-9)
        for u in program.units:
            u.cost *= scale
        return 1.0 - scale
    for _ in range(60):
        middle = (low + high) / 2
        total = sum(max(u.cost - middle, 0.1 * u.cost) for u in program.units)
        low, high = (middle, high) if total > step_time else (low, middle)
    for u in program.units:
        u.cost = max(u.cost - high, 0.1 * u.cost)
    return high


# --- whole steps --------------------------------------------------------------------------------------------------


def tidy(cuda):
    gc.collect()
    if cuda:
        torch.cuda.synchronize()
        torch.cuda.empty_cache()


def measure_peak(step):
    """Bytes allocated before a step, the peak while it runs, and its results (CUDA)."""
    tidy(True)
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    results = step()
    torch.cuda.synchronize()
    return before, torch.cuda.max_memory_allocated(), results


class Captured:
    """A step captured in a CUDA graph: `replay()` runs it; `reserved` is what its memory pool took, in bytes."""

    def __init__(self, step):
        tidy(True)
        reserved = torch.cuda.memory_reserved()
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph, stream=torch.cuda.current_stream()):
            self.results = step()
        torch.cuda.synchronize()
        self.reserved = torch.cuda.memory_reserved() - reserved

    def replay(self):
        self.graph.replay()


def time_step(step, rounds=10, warm=3):
    """Median milliseconds of a callable that queues one step on the current CUDA stream, and the spread (max/min - 1)."""
    for _ in range(warm):
        step()
    pairs = []
    for _ in range(rounds):
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        step()
        end.record()
        pairs.append((start, end))
    torch.cuda.synchronize()
    times = [a.elapsed_time(b) for a, b in pairs]
    return statistics.median(times), max(times) / min(times) - 1


@contextlib.contextmanager
def own_stream(cuda=True):
    """A stream of its own, as CUDA graphs need; warm-up on it makes the workspaces that libraries keep."""
    if not cuda:
        yield
        return
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        yield
    torch.cuda.current_stream().wait_stream(stream)
