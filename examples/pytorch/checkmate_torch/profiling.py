# SPDX-License-Identifier: Apache-2.0
"""Measures a program on its device: time and workspace of every operator, time and peak of whole runs.

Operators are timed where they stand, in the step, by events between them. So that a GPU's clock measures the GPU and not
Python, a spinning kernel holds the stream back while a chunk of operators is queued; where Python was not done with the
chunk before the kernel was, the samples count for nothing and chunks become smaller. The events themselves cost something:
`calibrate` takes it out, so that the costs add up to the time of the step replayed as a CUDA graph.
"""

import contextlib
import gc
import statistics
import time

import torch

from . import schedule as schedules

CHUNK = 150  # operators queued behind one spinning kernel, at first
LEAST_CHUNK = 10
SPIN_CYCLES = 40_000_000  # about 20 ms: longer than Python needs to queue a chunk, unless the host is busy


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
    """Sets each unit's cost to the median time, in microseconds, of `rounds` executions in `steps`.

    On a GPU rounds are repeated, at most twice as often again, until each unit has that many samples that were queued in
    time; returns the samples that were not."""
    timely, late, chunk = [[] for _ in program.units], [[] for _ in program.units], CHUNK
    for _ in range(3 * rounds):
        before = sum(map(len, late))
        for index, cost, in_time in _timed_run(program, steps, inputs, chunk):
            (timely if in_time else late)[index].append(cost)
        if sum(map(len, late)) > before:
            chunk = max(chunk // 2, LEAST_CHUNK)
        if min(map(len, timely)) >= rounds:
            break
    for unit, samples, others in zip(program.units, timely, late):
        unit.cost = statistics.median(samples or others)
    return sum(map(len, late))


def _timed_run(program, steps, inputs, chunk):
    """One execution: (unit, microseconds, whether it was queued in time) of every operator in it."""
    run, order = program.run(inputs), []
    clock = _Timer(program.device.type == "cuda", chunk)

    class Timed:
        def compute(self, index, again):
            clock.before()
            run.compute(index, again)
            clock.after()
            order.append(index)

        free = staticmethod(run.free)

    with torch.no_grad():
        schedules.execute(steps, Timed())
    return [(index, *sample) for index, sample in zip(order, clock.samples())]


class _Timer:
    """Times of single operators in a stream of them; on a GPU by events queued behind a spinning kernel."""

    def __init__(self, cuda, chunk):
        self.cuda, self.chunk, self.pairs = cuda, chunk, []
        self.spun, self.in_time = None, []  # when the kernel before the last chunk ends; for each chunk ended

    def _now(self):
        if not self.cuda:
            return time.perf_counter()
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        return event

    def before(self):
        if self.cuda and len(self.pairs) % self.chunk == 0:
            self._end_chunk()
            torch.cuda._sleep(SPIN_CYCLES)
            self.spun = self._now()
        self.start = self._now()

    def after(self):
        self.pairs.append((self.start, self._now()))

    def _end_chunk(self):
        if self.spun is not None:
            self.in_time.append(not self.spun.query())  # the kernel spins on: nothing of the chunk has run yet
        torch.cuda.synchronize()

    def samples(self):
        """For every pair of calls: microseconds, and whether they are the operator's and not the host's."""
        if not self.cuda:
            return [((b - a) * 1e6, True) for a, b in self.pairs]
        self._end_chunk()
        return [(a.elapsed_time(b) * 1e3, self.in_time[i // self.chunk]) for i, (a, b) in enumerate(self.pairs)]


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


def counts_every_block(snapshot=None):
    """Whether CUDA's caching allocator takes what tensors need, to 512 bytes; None if this PyTorch does not say.

    Only with expandable segments: else a block of more than 1 MiB may be up to 1 MiB larger than what was asked for, as
    the rest of what it is cut from is handed out with it."""
    snapshot = torch.cuda.memory._snapshot() if snapshot is None else snapshot
    return snapshot.get("allocator_settings", {}).get("expandable_segments")


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
