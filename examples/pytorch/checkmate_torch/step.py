# SPDX-License-Identifier: Apache-2.0
"""The user's entry: `step = checkmate_step(model, loss, example_inputs, budget="4GiB")`, then `step(x, y)`."""

import contextlib
import warnings

import torch

from . import planner, profiling
from . import schedule as schedules
from .program import Program
from .tracing import as_tuple, trace_step
from .verify import verify


COARSE_BLOCKS = ("the CUDA allocator may hand out up to 1 MiB more than asked for with every block of over 1 MiB, which the "
                 "budget does not count; set PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True before torch is imported")


class Profiled:
    """A traced and measured training step: its graph for the planner, and executions of any schedule for it.

    Everything here runs on the current CUDA stream; call it inside `profiling.own_stream()` if you capture graphs."""

    def __init__(self, model, loss, example_inputs, name="step", random="run_once", rounds=7):
        arguments, targets = as_tuple(example_inputs[0]), as_tuple(example_inputs[1])
        self.name = name
        self.traced = trace_step(model, loss, arguments, targets)
        self.device = self.traced.examples[0].device
        self.cuda = self.device.type == "cuda"
        self.program = Program(self.traced, self.device, random)
        self.rounds = rounds
        self.event_cost = 0.0  # microseconds taken out of every operator's time
        self.late_samples = 0  # times not counted, for the host was too slow

    def measure(self, capture=True):
        """Workspaces and times of all operators; on a GPU `capture` calibrates the times by a CUDA graph."""
        steps = self.plain_steps()
        with self.buffers_kept():
            profiling.measure_workspaces(self.program, steps, self.inputs())
            self._measure_times(steps, capture)
        profiling.tidy(self.cuda)

    def _measure_times(self, steps, capture):
        self.late_samples = profiling.time_operators(self.program, steps, self.inputs(), self.rounds)
        if self.cuda and capture:
            captured = profiling.Captured(lambda: self.execute(steps))
            self.plain_time, _ = profiling.time_step(captured.replay)
            self.event_cost = profiling.calibrate(self.program, self.plain_time * 1e3)

    @contextlib.contextmanager
    def buffers_kept(self):
        """Undoes what runs in between do to the buffers (batch norm's statistics)."""
        buffers = list(self.traced.buffers.values())
        before = [b.clone() for b in buffers]
        try:
            yield
        finally:
            for buffer, old in zip(buffers, before):
                buffer.copy_(old)

    def plain_steps(self):
        """The schedule without recomputation."""
        return schedules.plain_steps(self.graph(0))

    def inputs(self, examples=None):
        return self.traced.inputs(examples)

    def pinned_bytes(self):
        """Bytes that are there all the time: on a GPU whatever is allocated now, else the step's own inputs."""
        if self.cuda:
            return torch.cuda.memory_allocated()
        return sum(t.numel() * t.element_size() for t in self.inputs())

    def graph(self, fixed_memory=None):
        """The checkmate-graph object."""
        return self.program.to_json(self.name, self.pinned_bytes() if fixed_memory is None else fixed_memory)

    def execute(self, steps, examples=None):
        """One training step by a schedule: [loss, gradients..., buffers...]; statistics are updated as in eager."""
        run = self.program.run(self.inputs(examples))
        with torch.no_grad():
            schedules.execute(steps, run)
            results = run.results()
            given = list(self.traced.buffers.values())
            for buffer, new in zip(given, results[len(results) - len(given):]):
                if buffer is not new:
                    buffer.copy_(new)
        return results[:len(results) - len(given)]


class Step:
    """A planned training step. Calling it with new inputs returns the loss and leaves gradients in `parameter.grad`.

    The gradients are those of this call alone: what was in `parameter.grad` is dropped first, for the budget has no room
    for two of each. With a CUDA graph, loss and gradients are the same tensors in every call.
    report: what was planned (bytes, microseconds); schedule, graph: the files' objects."""

    def __init__(self, profiled, schedule, graph, cuda_graph):
        self.profiled, self.schedule, self.graph = profiled, schedule, graph
        replay = schedule["replay"]
        self.report = {
            "budget_bytes": schedule["budget"], "predicted_peak_bytes": replay.engine_peak,
            "predicted_time_us": replay.time, "plain_time_us": sum(n["cost"] for n in graph["nodes"]),
            "executions": replay.executions, "operators": len(graph["nodes"]),
            "random_operators": sorted({u.operator for u in profiled.program.units if u.random}),
            "run_once_operators": sum(u.run_once for u in profiled.program.units)}
        self.captured = None
        if cuda_graph:
            with profiled.buffers_kept():
                profiled.execute(schedule["steps"])
            self.captured = profiling.Captured(lambda: profiled.execute(schedule["steps"]))

    def __call__(self, *examples):
        traced = self.profiled.traced
        check_examples(examples, traced.examples)
        for parameter in traced.parameters.values():
            parameter.grad = None
        if self.captured:
            for mine, new in zip(traced.examples, examples):
                mine.copy_(new)
            self.captured.replay()
            results = self.captured.results
        else:
            results = self.profiled.execute(self.schedule["steps"], examples)
        for parameter, gradient in zip(traced.parameters.values(), results[1:]):
            parameter.grad = gradient
        return results[0]


    def verify(self):
        """Predicted and measured peak and time, and whether all results are, bit for bit, those without recomputation.

        Runs on the inputs of the last call (of the trace before the first one, or without a CUDA graph); parameters and
        buffers stay as they are. See `verify.verify`; the step without recomputation must fit the device beside this one."""
        return verify(self.profiled, self.graph, self.schedule["steps"], self.captured and self.captured.replay)


def check_examples(examples, traced):
    """Refuses inputs that differ in number, shape, type or device from those that the step was traced for."""
    if len(examples) != len(traced):
        raise TypeError(f"the step was traced for {len(traced)} arguments and targets, {len(examples)} are given")
    kind = lambda t: (f"a {str(t.dtype)[6:]} tensor of shape {tuple(t.shape)} on {t.device}"
                      if isinstance(t, torch.Tensor) else f"a {type(t).__name__}")
    for at, (new, mine) in enumerate(zip(examples, traced)):
        if kind(new) != kind(mine):
            raise ValueError(f"input {at} is {kind(new)}; the step was traced for {kind(mine)}")


def checkmate_step(model, loss, example_inputs, budget, program=None, time_limit=20.0, cuda_graph=False,
                   random="run_once", options=()):
    """Plans a training step that stays within `budget` bytes ("4GiB", "500MB", a number) of device memory.

    model           any nn.Module in training mode, on its device
    loss            callable: loss(model(*arguments), *targets) -> scalar tensor
    example_inputs  (arguments, targets), each a tensor or a tuple of tensors; the step keeps their shapes
    budget          largest peak, all that is on the GPU now included (on a CPU: parameters, buffers and inputs)
    program         the `checkmate` program; default: CHECKMATE_PROGRAM or the PATH
    time_limit      seconds of planning
    cuda_graph      capture the step, so that a call costs one launch
    random          "run_once": random operators are never repeated; "replay": repeated from the same generator state
                    (not with cuda_graph)
    options         more options for `checkmate plan`

    Returns a Step: `loss_value = step(*arguments, *targets)`, gradients in `parameter.grad`.
    Raises planner.NoPlan if no schedule fits, and what tracing raises if the step cannot be traced."""
    if cuda_graph and random == "replay":
        raise ValueError("a CUDA graph cannot set the generator's state; use random='run_once'")
    cuda = next(model.parameters()).is_cuda
    for parameter in model.parameters():
        parameter.grad = None  # the step returns new gradients; old ones would only take memory
    with profiling.own_stream(cuda):
        profiled = Profiled(model, loss, example_inputs, name=type(model).__name__, random=random)
        profiled.measure(capture=cuda_graph)
        graph = profiled.graph()
        if profiled.program.order_matters and any(o in ("free", "--order=free") for o in options):
            raise ValueError("this step writes in place or draws random numbers: its order cannot be free")
        if cuda and profiling.counts_every_block() is False:
            warnings.warn(COARSE_BLOCKS, stacklevel=2)
        found = planner.plan(graph, planner.parse_bytes(budget), program, time_limit, options)
        return Step(profiled, found, graph, cuda and cuda_graph)
