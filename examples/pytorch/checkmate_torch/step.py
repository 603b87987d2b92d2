# SPDX-License-Identifier: Apache-2.0
"""checkmate_step: a whole training step (loss, forward, backward) planned and run as one straight line of eager's operators.

Each shape of the inputs gets a plan of its own when it is first seen. Dynamo traces, AOTAutograd makes the joint graph on
fake tensors, operators are timed one by one: the plain step is never run and need not fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import nn
from torch.fx import GraphModule, Node

from . import device as devices
from .capture import Joint, capture, drop_dead, one_output_is_the_loss
from .costs import CostBook, for_real, price_each
from .planning import Effort, NoPlan, Plan, check_budget, parse_bytes, plan_cached, progress_line, resolve_budget
from .rewrite import Writer
from .tracing import without_logging
from .units import Units, Unsupported, refuse_unplannable

MOST_SHAPES = 64


@dataclass(frozen=True)
class Report:
    """What was planned for one shape of the inputs."""

    budget: int
    """Bytes, all that was allocated on the device when the plan was made included."""
    fixed_memory: int
    smallest_budget: int
    """Bytes below which there is no plan."""
    plain_peak: int
    predicted_peak: int
    plain_ms: float
    predicted_ms: float
    operators: int
    executions: int
    bound_ms: float | None

    def __str__(self) -> str:
        gib = 2**30
        return (f"peak {self.predicted_peak / gib:.3f} GiB of {self.plain_peak / gib:.3f}, time {self.predicted_ms:.2f} ms of "
                f"{self.plain_ms:.2f}, {self.executions - self.operators} of {self.operators} operators run again")


class Line:
    """A planned step for one shape: `module(*inputs, seed)` returns outputs and gradients."""

    def __init__(self, module: GraphModule, plan: Plan, report: Report):
        self.module, self.plan, self.report = module, plan, report


class Shape:
    """What the backend made of one graph of Dynamo's; its lines are planned when they are needed."""

    def __init__(self, step: Step, joint: Joint, inputs: Sequence[Any]):
        self.step, self.joint = step, joint
        self.device = devices.device_of(inputs)
        self.parameters = sorted(i for i, g in joint.gradients.items() if isinstance(g, Node))
        self.used = [i for i, n in sorted(joint.inputs.items()) if i < len(inputs)]
        self.lines: dict[bool, Line] = {}
        self.captured: dict[bool, CapturedLine] = {}
        value = joint.loss.meta["val"]
        with for_real():
            self.one = torch.ones(value.shape, dtype=value.dtype, device=value.device)
        updates = [n for n in joint.updates.values()]
        results = [*joint.outputs, *updates, *(joint.gradients[i] for i in self.parameters)]
        self.units = Units(joint.module.graph, joint.outputs, results[len(joint.outputs):], self.device.type, fused=False)
        book = CostBook(self.device)
        price_each(self.units, book, progress_line if step.verbose else None)
        book.save()

    def line(self, inputs: Sequence[Any]) -> tuple[bool, Line]:
        """The line to run: where gradients are there already, one that leaves room for them."""
        adds = any(inputs[i].grad is not None for i in self.parameters)
        if adds not in self.lines:
            self.lines[adds] = self._plan(inputs, adds)
        return adds, self.lines[adds]

    def _plan(self, inputs: Sequence[Any], adds: bool) -> Line:
        with for_real():
            devices.wake_libraries(self.device)
        devices.tidy(self.device)
        devices.warn_of_coarse_blocks(self.device)
        grads = [inputs[i].grad for i in self.parameters]
        fixed = devices.held_bytes(self.device, [*inputs, *grads, self.one])
        if adds:  # room for all of them, not only for those that are there
            fixed += devices.tensor_bytes(self.device, [inputs[i] for i, g in zip(self.parameters, grads) if g is None])
        problem = self.units.problem(fixed + self.step.reserve)
        plain = problem.plain()
        budget = resolve_budget(self.step.budget, plain.peak)
        plan = plain if plain.peak <= budget else plan_cached(
            problem, budget, self.step.effort, progress_line if self.step.verbose else None)
        if self.step.verbose:
            progress_line("")
        report = Report(budget, fixed, problem.smallest_budget()[0], plain.peak, plan.peak, plain.time / 1e3, plan.time / 1e3, len(self.units.units),
                        plan.executions, plan.bound / 1e3 if plan.bound is not None else None)
        return Line(self._written(plan), plan, report)

    def _written(self, plan: Plan) -> GraphModule:
        """The plan as a straight line: compute, free."""
        joint, writer = self.joint, Writer(self.units, share_views=True)
        writer.play(plan.steps)
        changed = list(joint.updates.items())
        new_values = writer.results([n for _, n in changed])
        results = writer.results([*joint.outputs, *(joint.gradients[i] for i in self.parameters)])
        placeholders = {n.target: n for n in writer.graph.nodes if n.op == "placeholder"}
        for (i, _), value in zip(changed, new_values):
            writer.graph.call_function(torch.ops.aten.copy_.default, (placeholders[joint.inputs[i].target], value))
        writer.graph.output(tuple(results))
        writer.graph.lint()
        return GraphModule(joint.module, writer.graph)

    def arguments(self, inputs: Sequence[Any], seed: torch.Tensor) -> list[Any]:
        """The line's inputs, in the order of the joint graph's."""
        at = {n: inputs[i] for i, n in self.joint.inputs.items()}
        return [seed if n is self.joint.seed else at.get(n) for n in self.joint.module.graph.nodes if n.op == "placeholder"]

    def __call__(self, *inputs: Any) -> tuple[Any, ...]:
        """Runs the step; gradients are added to the parameters' as autograd adds them."""
        adds, line = self.line(inputs)
        self.step.report = line.report
        with torch.no_grad(), torch._C._DisableAutocast():
            seed = self.one if self.step.scaler is None else self.step.scaler.scale(self.one)
            if self.step.cuda_graph and self.device.type == "cuda":
                results = self._replay(adds, line, inputs, seed)
            else:
                results = line.module(*self.arguments(inputs, seed))
            count = len(self.joint.outputs)
            if self.step.group is not None:
                _average(results[count:], self.step.group)
            for i, gradient in zip(self.parameters, results[count:]):
                _accumulate(inputs[i], gradient)
        return results[:count]

    def _replay(self, adds: bool, line: Line, inputs: Sequence[Any], seed: torch.Tensor) -> tuple[Any, ...]:
        if adds not in self.captured:
            self.captured[adds] = CapturedLine(self, line, inputs, seed)
        return self.captured[adds].replay(inputs, seed)


def _accumulate(parameter: torch.Tensor, gradient: torch.Tensor) -> None:
    if parameter.grad is None:
        parameter.grad = gradient
    else:
        parameter.grad.add_(gradient)


def _average(gradients: Sequence[torch.Tensor], group: dist.ProcessGroup) -> None:
    """The mean over all processes, in place: no memory beside the gradients."""
    for waiting in [dist.all_reduce(g, group=group, async_op=True) for g in gradients]:
        waiting.wait()
    for g in gradients:
        g.div_(dist.get_world_size(group))


class CapturedLine:
    """A line in a CUDA graph: inputs are copied to where the graph reads them, results are where it writes them."""

    def __init__(self, shape: Shape, line: Line, inputs: Sequence[Any], seed: torch.Tensor):
        resident = {t.data_ptr() for t in (*shape.step.model.parameters(), *shape.step.model.buffers())}
        self.shape = shape
        self.inputs = [t.clone() if isinstance(t, torch.Tensor) and t.is_cuda and t.data_ptr() not in resident else t
                       for t in inputs]
        self.copied = [i for i, (mine, given) in enumerate(zip(self.inputs, inputs)) if mine is not given]
        self.seed = seed.clone()
        arguments = shape.arguments(self.inputs, self.seed)
        kept = {i: inputs[i].clone() for i in shape.joint.updates}
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):  # libraries make their workspaces before the capture
            line.module(*arguments)
        torch.cuda.current_stream().wait_stream(stream)
        for i, value in kept.items():
            inputs[i].copy_(value)
        del kept
        devices.tidy(shape.device)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph, stream=stream):
            self.results = line.module(*arguments)

    def replay(self, inputs: Sequence[Any], seed: torch.Tensor) -> tuple[Any, ...]:
        count = len(self.shape.joint.outputs)
        for i, mine in zip(self.shape.parameters, self.results[count:]):
            if inputs[i].grad is not None and inputs[i].grad.data_ptr() == mine.data_ptr():
                inputs[i].grad = mine.clone()  # the graph is about to write there
        for i in self.copied:
            self.inputs[i].copy_(inputs[i])
        self.seed.copy_(seed)
        self.graph.replay()
        return (*(r.clone() if isinstance(r, torch.Tensor) else r for r in self.results[:count]), *self.results[count:])


class Step:
    """A training step within a budget; see checkmate_step."""

    def __init__(self, model: nn.Module, loss: Callable[..., Any], budget: int | float | str, reserve: int, effort: Effort,
                 cuda_graph: bool, group: dist.ProcessGroup | None, verbose: bool):
        self.model, self.budget, self.reserve, self.effort = model, budget, reserve, effort
        self.cuda_graph, self.group, self.verbose = cuda_graph, group, verbose
        self.report: Report | None = None
        """Of the last call's shape."""
        self.scaler: torch.amp.GradScaler | None = None
        """A GradScaler whose scale multiplies the loss before its gradients are taken."""
        self.shapes: list[Shape] = []
        self.fault: Exception | None = None

        def step(*args: Any, **kwargs: Any) -> Any:
            return one_output_is_the_loss(loss(model, *args, **kwargs))

        self._compiled = torch.compile(step, backend=self._backend, fullgraph=True, dynamic=False)

    def _backend(self, graph: GraphModule, inputs: Sequence[Any]) -> Callable[..., Any]:
        try:
            joint = capture(graph, inputs)
            drop_dead(joint.module)
            refuse_unplannable(joint.module.graph)
            shape = Shape(self, joint, inputs)
            shape.line(inputs)
        except (NoPlan, Unsupported) as why:
            self.fault = why
            raise
        self.shapes.append(shape)
        return shape

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Runs the step on a batch: the loss, or the tuple that the loss function returned; gradients in parameter.grad."""
        self.fault = None
        try:
            with torch.enable_grad(), torch._dynamo.config.patch(
                    recompile_limit=MOST_SHAPES, **without_logging()):
                value, rest = self._compiled(*args, **kwargs)
        except Exception as why:
            if self.fault is not None:
                raise self.fault from None
            if isinstance(why, (torch._dynamo.exc.Unsupported, torch._dynamo.exc.UserError)):
                raise Unsupported("the step cannot be traced as one graph: " + str(why).strip().splitlines()[0]) from why
            raise
        return (value, *rest) if rest else value


def checkmate_step(model: nn.Module, loss: Callable[..., Any], budget: int | float | str, *, reserve: int | str = 0,
                   effort: Effort = Effort(), cuda_graph: bool = False, group: dist.ProcessGroup | None = None,
                   verbose: bool = True) -> Step:
    """A training step of `model` that stays within `budget`.

        step = checkmate_step(model, lambda model, x, y: F.cross_entropy(model(x), y), budget="24GiB")
        value = step(images, labels)      # the loss; gradients are added to parameter.grad
        optimizer.step(); optimizer.zero_grad()

    model      any nn.Module, on its device; not wrapped in DistributedDataParallel
    loss       loss(model, *batch) -> the loss (one number), or a tuple that begins with it; the rest comes back detached
    budget     the largest peak: bytes, "24GiB", or "60%" of what the plain step needs. All that is allocated on the GPU when
               a shape is first seen counts (on a CPU: parameters, buffers, inputs)
    reserve    of the budget, what must stay free for what comes later: an optimizer's state before its first step
    effort     how long to plan
    cuda_graph capture each shape's step in a CUDA graph
    group      a process group (torch.distributed.group.WORLD): gradients are averaged over its processes after each step, which
               must run it equally often; plans may differ from rank to rank
    verbose    a progress line on the standard error, if that is a terminal

    Raises NoPlan (one sentence) from the call that sees a shape for which no plan fits, Unsupported where a model cannot be
    traced."""
    check_budget(budget)
    if isinstance(model, nn.parallel.DistributedDataParallel):
        raise ValueError("DistributedDataParallel synchronises in autograd's hooks, which a planned step never fires: give the "
                         "module inside (model.module) and group=torch.distributed.group.WORLD")
    return Step(model, loss, budget, parse_bytes(reserve), effort, cuda_graph, group, verbose)


