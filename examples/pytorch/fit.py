# SPDX-License-Identifier: Apache-2.0
"""The largest batch that trains within a memory limit: plain eager, checkpointing every block, and checkmate.

The limit is the allocator's (torch.cuda.set_per_process_memory_fraction): what would go beyond it raises. Eager and
checkpointing are searched by trying; checkmate's batch is guessed from the smallest budget of two small graphs, planned
for the limit, and searched from there by trying, too.
"""

from concurrent.futures import ThreadPoolExecutor

import torch

import models
from checkmate_torch import planner, profiling
from checkmate_torch.step import Profiled

SLACKS = (256 * 2**20, 64 * 2**20)  # of the limit, left to the allocator's fragmentation: first, and where no plan fits then


def limit_memory(limit):
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction(min(1.0, limit / total) if limit else 1.0)


def attempt(name, batch, limit, blocks):
    """Samples a second of eager training at a batch within the limit; None if it does not fit."""
    profiling.tidy(True)
    limit_memory(limit)
    try:
        model, loss, arguments, targets = models.make(name, batch, "cuda")
        models.checkpoint_blocks(model, blocks)

        def step():
            value = loss(model(*arguments), *targets)
            return [value.detach(), *torch.autograd.grad(value, list(model.parameters()))]

        step()
        return batch / profiling.time_step(step, rounds=3, warm=1)[0] * 1e3
    except torch.OutOfMemoryError:
        return None
    finally:
        limit_memory(None)


def largest(name, limit, blocks, guess, step):
    """The largest batch, a multiple of `step`, near a guess: goes up while it fits, else down until it does."""
    batch = max(step, guess // step * step)
    speed = attempt(name, batch, limit, blocks)
    while speed is None and batch > step:
        batch -= step
        speed = attempt(name, batch, limit, blocks)
        if speed is not None:
            return batch, speed
    while True:
        more = attempt(name, batch + step, limit, blocks)
        if more is None:
            return batch, speed
        batch, speed = batch + step, more


def linear_guess(points, limit):
    """Batch at which a straight line through two (batch, bytes) points reaches the limit."""
    (a, x), (b, y) = points
    return int(a + (limit - x) * (b - a) / max(y - x, 1))


def eager_peak(name, batch, blocks):
    """Bytes allocated at the peak of an eager step."""
    model, loss, arguments, targets = models.make(name, batch, "cuda")
    models.checkpoint_blocks(model, blocks)
    step = lambda: torch.autograd.grad(loss(model(*arguments), *targets), list(model.parameters()))
    step()
    return profiling.measure_peak(step)[1]


def smallest_planned(graph, seconds):
    """About the smallest budget that the planner meets in `seconds` (four attempts at once)."""
    bound, pinned = planner.smallest_budget(graph), graph["fixed_memory"]
    budgets = [pinned + int(f * (bound - pinned)) for f in (1.0, 1.04, 1.08, 1.12, 1.17, 1.25, 1.4, 1.7)]

    def met(budget):
        try:
            planner.plan(graph, budget, time_limit=seconds, tries=2)
            return True
        except planner.NoPlan:
            return False

    with ThreadPoolExecutor(4) as pool:
        return next((b for b, found in zip(budgets, pool.map(met, budgets)) if found), budgets[-1])


def profile(name, batch, gpu, rounds=1):
    """A profiled step at a batch and its graph."""
    with gpu.alone():
        model, loss, arguments, targets = models.make(name, batch, "cuda")
        profiled = Profiled(model, loss, (arguments, targets), name=name, rounds=rounds)
        profiled.measure(capture=False)
        return profiled, profiled.graph()


def try_planned(name, batch, limit, seconds, gpu, say):
    """(batch, samples a second, overhead planned) at a batch within the limit; None if it does not fit."""
    profiled, graph = profile(name, batch, gpu, rounds=2)
    for slack in SLACKS:
        try:
            plan = planner.plan(graph, limit - slack, time_limit=seconds)
            with gpu.alone():
                limit_memory(limit)
                time_ms, _ = profiling.time_step(lambda: profiled.execute(plan["steps"]), rounds=3, warm=1)
                return batch, batch / time_ms * 1e3, plan["report"]["overhead"]
        except planner.NoPlan:
            say("fit", name, batch, f"no plan found that leaves {slack >> 20} MiB")
        except torch.OutOfMemoryError:
            say("fit", name, batch, f"does not fit with {slack >> 20} MiB left")
            return None  # leaving less would not help
        finally:
            limit_memory(None)
    return None


def search(attempt, guess, step, most, tries=8):
    """What `attempt(batch)` gave for the largest batch, a multiple of `step` up to `most`, for which it gave something.

    Down by 7 % from the guess until something fits, up by 5 % while it does, then halving what lies between."""
    low, high, best, batch = 0, most // step * step + step, None, guess
    for _ in range(tries):
        batch = min(max(step, int(batch) // step * step), high - step)
        if batch <= low:
            break
        found = attempt(batch)
        if found:
            low, best = batch, found
        else:
            high = batch
        middle = (low + high) / 2
        batch = max(low + step, min(1.05 * low, middle) if found else middle) if low else 0.93 * batch
    return best


def ours(name, limit, guess_batches, most, step, seconds, gpu, say):
    """(batch, samples a second, overhead planned) of checkmate at the limit; no batch above `most` is tried."""
    points = [(batch, smallest_planned(profile(name, batch, gpu)[1], 5)) for batch in guess_batches]
    say("fit", name, "smallest budgets planned", points)
    attempt = lambda batch: try_planned(name, batch, limit, seconds, gpu, say)
    return search(attempt, linear_guess(points, limit - SLACKS[0]), step, most) or (0, 0.0, None)


CASES = {"resnet50": (64, 128, 16), "vit_b_16": (64, 128, 16), "densenet121": (64, 128, 16), "gpt2_small": (4, 8, 1)}
"""Two small batches to guess from, and the step of the search."""


def fit(name, limit, seconds, gpu, say):
    """The record of one model."""
    small, large, step = CASES[name]
    whole = torch.cuda.get_device_properties(0).total_memory
    record = {"model": name, "method": "fit", "limit_bytes": limit, "step": step}
    with gpu.alone():
        for what, blocks in (("eager", False), ("checkpoint", True)):
            points = [(batch, eager_peak(name, batch, blocks)) for batch in (small, large)]
            if what == "eager":  # tracing and profiling run the plain step once, on the whole GPU
                record["largest_profiled"] = linear_guess(points, 0.8 * whole)
            record[what] = largest(name, limit, blocks, linear_guess(points, limit), step)
            say("fit", name, what, record[what])
    record["checkmate"] = ours(name, limit, (small, large), record["largest_profiled"], step, seconds, gpu, say)
    say("fit", record)
    return record
