# SPDX-License-Identifier: Apache-2.0
"""Holds a schedule against its prediction and against the step without recomputation, on the device at hand."""

import time

import torch

from . import profiling
from . import schedule as schedules


def identical(a, b):
    """Whether two tensors are the same in every bit that counts (NaN is NaN)."""
    return bool(((a == b) | ((a != a) & (b != b))).all())


def differing(results, reference):
    """The places at which two lists of tensors (or None) differ in any bit."""
    return [i for i, (a, b) in enumerate(zip(results, reference)) if a is not b and not identical(a, b)]


def unsteady_operators(profiled):
    """Operators whose results differ between two executions on the same inputs."""
    names, steps = set(), profiled.plain_steps()
    run = profiled.program.run(profiled.inputs())

    class Twice:
        def compute(self, index, again):
            run.compute(index, again)
            unit, first = profiled.program.units[index], list(run.leaves[index] or [])
            if unit.run_once or not unit.sizes:
                return
            run.leaves[index] = None
            run.compute(index, True)
            for a, b in zip(first, run.leaves[index]):
                if isinstance(a, torch.Tensor) and not identical(a, b):
                    names.add(unit.operator)

        free = staticmethod(run.free)

    with torch.no_grad(), profiled.buffers_kept():
        schedules.execute(steps, Twice())
    return sorted(names)


def _from_the_same_state(profiled, function):
    """function() with the generators and buffers as they are now, which are left as they were."""
    devices = [profiled.device] if profiled.cuda else []
    with torch.random.fork_rng(devices=devices), profiled.buffers_kept():
        return function()


def _seconds(profiled, function, rounds=5):
    if profiled.cuda:
        return profiling.time_step(function, rounds, warm=1)[0] / 1e3
    samples = []
    for _ in range(rounds):
        began = time.perf_counter()
        function()
        samples.append(time.perf_counter() - began)
    return sorted(samples)[rounds // 2]


def verify(profiled, graph, steps, replay_step=None):
    """Runs a schedule on the example inputs beside the step without recomputation, which must fit the device.

    Returns predicted and measured peak (bytes, the latter on a GPU only, else None) and time (microseconds, median; of
    `replay_step`, a captured step, if given), which results differ in any bit from those without recomputation (0 is the
    loss, then the parameters' gradients), and, if any does, the operators that differ from one execution to the next."""
    predicted, peak = schedules.replay(graph, steps), None
    execute = lambda: profiled.execute(steps)
    reference = _from_the_same_state(profiled, lambda: profiled.execute(profiled.plain_steps()))
    if profiled.cuda:
        before, peak, results = _from_the_same_state(profiled, lambda: profiling.measure_peak(execute))
        peak += graph["fixed_memory"] - before
    else:
        results = _from_the_same_state(profiled, execute)
    unequal = differing(results, reference)
    del results, reference
    seconds = _from_the_same_state(profiled, lambda: _seconds(profiled, replay_step or execute))
    return {"predicted_peak_bytes": predicted.engine_peak, "peak_bytes": peak,
            "predicted_time_us": predicted.time, "time_us": 1e6 * seconds, "differing_results": unequal,
            "unsteady_operators": unsteady_operators(profiled) if unequal else []}
