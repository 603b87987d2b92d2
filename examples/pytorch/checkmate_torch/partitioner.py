# SPDX-License-Identifier: Apache-2.0
"""checkmate's plans inside Inductor: a partitioner (torch._inductor.config.custom_partitioner_fn) of joint graphs.

One session is one model and one budget. Each joint graph is planned with what is allocated when Inductor asks, so the
values that earlier graphs of the model saved are counted; what later graphs need is left free at the cut between the
forward and the backward pass."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch._inductor.custom_graph_pass import CustomPartitionerFn
from torch.fx import GraphModule, Node
from torch.utils._pytree import tree_flatten

from . import device as devices
from . import fusion
from . import operators as ops
from .costs import CostBook, for_real, price_fused
from .planning import VERSION, Effort, NoPlan, Plan, Problem, Step, plan_cached, progress_line, resolve_budget
from .rewrite import Writer
from .units import Unit, Units, Unsupported, refuse_unplannable

LONG = fusion.FAR
"""Executions: what is held for longer is written to memory even where Inductor would compute it in its readers."""


MARGIN = 1 / 100
"""Of what a step may hold beside the fixed memory: by how much plans stay below it. Measured steps were up to 0.8 % above."""


@dataclass
class GraphReport:
    """What was planned for one joint graph; bytes and milliseconds as predicted."""

    digest: str
    budget: int
    fixed_memory: int
    smallest_budget: int
    plain_peak: int
    predicted_peak: int
    plain_ms: float
    predicted_ms: float
    operators: int
    executions: int
    saved_bytes: int = 0
    left_for_later: int = 0
    bound_ms: float | None = None


@dataclass
class Session:
    """One model, one budget: what its partitioner remembers from graph to graph."""

    budget: int | float | str
    reserve: int = 0
    effort: Effort = Effort()
    verbose: bool = True
    reports: list[GraphReport] = field(default_factory=list)
    later: dict[str, int] = field(default_factory=dict)
    """Of a graph, by its digest: bytes that the graphs after it need while its values are saved."""
    fault: Exception | None = None
    lowered: int = 0
    """Bytes by which plans stay below the budget, since a measured step took that much more than planned."""
    measured: int | None = None
    """Bytes that the second step took beside what was allocated before it."""

    def start_over(self) -> None:
        """Forgets all compiled graphs; what was learned of them stays."""
        self.reports.clear()
        torch._dynamo.reset()

    def partition(self, module: GraphModule, num_fwd_outputs: int, static: Sequence[int]) -> tuple[GraphModule, GraphModule]:
        """Forward and backward graph, as planned."""
        units = _units_of(module, num_fwd_outputs)
        self._price(module, units)
        fixed = self._fixed_memory(units)
        plan, report = self._plan(units, fixed)
        steps = units.without_pause(plan.steps) if report.left_for_later else plan.steps
        profile = fusion.Profile(units, steps, fixed, _limit(plan, fixed, report.budget))
        fresh, saved = _written(module, units, steps, num_fwd_outputs, profile)
        report.saved_bytes = _saved_bytes(saved, units.device_type)
        self.reports.append(report)
        return _extract(fresh, saved, num_fwd_outputs, static)

    def _price(self, module: GraphModule, units: Units) -> None:
        book = CostBook(_device_of(module))
        with for_real():
            price_fused(units, book, _channels_last(module), progress_line if self.verbose else None)
        book.save()
        if book.failures:
            warnings.warn(f"checkmate could not time {', '.join(book.failures)}: their times are estimates")

    def _fixed_memory(self, units: Units) -> int:
        device = _device_of_units(units)
        with for_real():
            devices.wake_libraries(device, backward=True)
        if device.type != "cuda":
            return units.placeholder_bytes() + self.reserve
        coming = {ops.storage_key(t): ops.storage_bytes(t, "cuda") for n in units.graph.nodes
                  if n.op == "placeholder" and "tangents" in str(n.target) for t in ops.tensors(n.meta.get("val"))}
        return torch.cuda.memory_allocated(device) + sum(coming.values()) + self.reserve

    def _plan(self, units: Units, fixed: int) -> tuple[Plan, GraphReport]:
        digest = units.problem(0).digest()
        later = self.later.get(digest) or None
        problem = units.problem(fixed, later)
        plain = problem.plain()
        budget = resolve_budget(self.budget, plain.peak)
        if plain.peak + self.lowered <= budget:
            plan = plain
        else:
            self._make_room(problem, budget - self.lowered, plain.peak)
            plan = self._plan_within(problem, budget - self.lowered)
        report = GraphReport(digest, budget, fixed, problem.smallest_budget()[0], plain.peak, plan.peak, plain.time / 1e3,
                             plan.time / 1e3, len(units.units), plan.executions - (later is not None),
                             left_for_later=later or 0, bound_ms=None if plan.bound is None else plan.bound / 1e3)
        return plan, report


    def _plan_within(self, problem: Problem, budget: int) -> Plan:
        """A plan a little below the budget, for what kernels hold beyond it; at the budget where there is no such plan."""
        report = progress_line if self.verbose else None
        below = budget - int((budget - problem.fixed_memory) * MARGIN)
        try:
            return plan_cached(problem, below, self.effort, report)
        except NoPlan:
            return plan_cached(problem, budget, self.effort, report)
        finally:
            if self.verbose:
                progress_line("")

    def _make_room(self, problem: Problem, budget: int, plain_peak: int) -> None:
        """Replan where the graphs before this one saved so much that it has less than ROOM of the way to its plain peak,
        and the one that saved most was not asked before to leave more free."""
        least, _ = problem.smallest_budget()
        wanted = least + int(ROOM * (plain_peak - least))
        earlier = [r for r in self.reports if r.saved_bytes and r.digest not in self.later]
        if budget >= wanted or not earlier:
            return
        most = max(earlier, key=lambda r: r.saved_bytes)
        after = self.reports[self.reports.index(most) + 1:]
        self.later[most.digest] = wanted - problem.fixed_memory + sum(r.saved_bytes for r in after)
        raise Replan(f"the graphs before leave {budget - problem.fixed_memory} bytes, {wanted - problem.fixed_memory} are wanted")


ROOM = 0.25
"""Of the way from its smallest budget to its plain peak, what a later graph of a model is given if possible."""


class Replan(RuntimeError):
    """The model is to be compiled anew, since an earlier graph must leave more free."""


class Partitioner(CustomPartitionerFn):
    """Asks the session; PyTorch's own partitioner, with a warning that says why, where that cannot plan."""

    def __init__(self, session: Session):
        self.session = session

    def __deepcopy__(self, memo: dict[int, Any]) -> Partitioner:
        return self  # Inductor copies its settings; the session is one

    def __reduce__(self) -> tuple[Any, ...]:
        return Partitioner, (Session(self.uuid()),)  # Inductor pickles its settings to hash them

    def __call__(self, gm: GraphModule, joint_inputs: Sequence[object], **kwargs: Any) -> tuple[GraphModule, GraphModule]:
        try:
            fusion.install_choices()
            fusion.register_lowering()
            static = kwargs.get("static_lifetime_input_indices") or ()
            return self.session.partition(gm, kwargs["num_fwd_outputs"], static)
        except (NoPlan, Replan, KeyboardInterrupt) as why:
            self.session.fault = why if isinstance(why, Exception) else None
            raise
        except Exception as why:  # also whatever a release of PyTorch does otherwise than those that are known
            warnings.warn(f"checkmate does not plan a graph of this model, PyTorch's own partitioner does, WITHOUT A BUDGET: "
                          f"{why if isinstance(why, Unsupported) else f'{type(why).__name__}: {why}'}")
            return torch._functorch.partitioners.min_cut_rematerialization_partition(gm, joint_inputs, **kwargs)

    def uuid(self) -> str:
        """For Inductor's caches: all that a plan depends on beside the graph."""
        session = self.session
        text = repr((VERSION, torch.__version__, str(session.budget), session.reserve, session.effort,
                     sorted(session.later.items()), session.lowered, _allocated()))
        return hashlib.sha256(text.encode()).hexdigest()


def _allocated() -> int:
    """What is allocated on the GPU, coarsely: a plan for a little less is a plan."""
    return torch.cuda.memory_allocated() >> 23 if torch.cuda.is_initialized() else 0


def _limit(plan: Plan, fixed: int, budget: int) -> int:
    """The peak that no fusion may exceed: the planned one, and a little of what the step itself holds."""
    return max(plan.peak, min(budget, plan.peak + int((plan.peak - fixed) * fusion.SLACK)))


# --- the graph ------------------------------------------------------------------------------------------------------------


def _units_of(module: GraphModule, num_fwd_outputs: int) -> Units:
    from torch._functorch.compile_utils import fx_graph_cse

    module.graph = fx_graph_cse(module.graph)
    module.graph.eliminate_dead_code()
    refuse_unplannable(module.graph)
    flat = tree_flatten(next(n for n in module.graph.nodes if n.op == "output").args[0])[0]
    units = Units(module.graph, flat[:num_fwd_outputs], flat[num_fwd_outputs:], _device_of(module).type, fused=True)
    for output in (o for o in flat[:num_fwd_outputs] if isinstance(o, Node)):
        for value in units.source.get(output, ()):
            if isinstance(value, tuple):  # the caller holds it from the forward pass on: it is never released
                units.units[value[0]].run_once = True
    return units


def _device_of(module: GraphModule) -> torch.device:
    return devices.device_of(t for n in module.graph.nodes for t in ops.tensors(n.meta.get("val")))


def _device_of_units(units: Units) -> torch.device:
    return devices.device_of(t for n in units.graph.nodes for t in ops.tensors(n.meta.get("val")))


def _channels_last(module: GraphModule) -> bool:
    from torch._inductor.graph import GraphLowering

    return bool(GraphLowering.decide_layout_opt(module, is_inference=False))


# --- the plan written into it -------------------------------------------------------------------------------------------


def _written(module: GraphModule, units: Units, steps: Sequence[Step], num_fwd_outputs: int,
             profile: fusion.Profile) -> tuple[GraphModule, list[Node]]:
    """The joint graph in the planned order, and what is held when the forward pass ends."""
    number = fusion.enter_profile(profile)

    def mark(node: Node, execution: int) -> None:
        node.meta[fusion.KEY] = (number, execution)

    writer, cut = Writer(units, share_views=False, mark=mark), _Cut(units, module, num_fwd_outputs)

    def after(unit: Unit, made: Node) -> None:
        if profile.last_reader(writer.now) - writer.now > LONG and ops.is_pointwise(unit.node):
            writer.replace(unit.node, _materialized(writer, made, mark))

    writer.play(steps, before=lambda unit: cut.look(writer, unit), after=after)
    cut.look(writer, None)
    output = writer.graph.output((*cut.forward_results, *writer.results(cut.backward)))
    output.meta = dict(cut.output.meta)
    writer.graph.lint()
    given = [n for n in writer.graph.nodes if n.op == "placeholder" and "tangents" not in str(n.target)
             and isinstance(n.meta.get("val"), torch.Tensor)]
    return GraphModule(module, writer.graph), list(dict.fromkeys([*cut.held, *given]))


class _Cut:
    """Where the forward pass ends in a planned joint graph: its results, and what is held there."""

    def __init__(self, units: Units, module: GraphModule, num_fwd_outputs: int):
        self.output = next(n for n in module.graph.nodes if n.op == "output")
        flat = tree_flatten(self.output.args[0])[0]
        self.forward, self.backward = flat[:num_fwd_outputs], flat[num_fwd_outputs:]
        self.forward_results: list[Any] = []
        self.held: list[Node] = []
        self._waiting = {u.index for u in units.units if u.forward}
        self._passed = False

    def look(self, writer: Writer, unit: Unit | None) -> None:
        """To be called before each execution, and at the end."""
        if not self._passed and not self._waiting:
            self.forward_results, self.held = writer.results(self.forward, first=True), writer.holders()
            self._passed = True
        if unit is not None:
            self._waiting.discard(unit.index)


def _materialized(writer: Writer, made: Node, mark: Callable[[Node, int], None]) -> Node:
    kept = writer.graph.call_function(torch.ops.checkmate.materialize.default, (made,))
    kept.meta = {k: v for k, v in made.meta.items() if k in ("val", "tensor_meta", "partitioner_tag", "stack_trace")}
    mark(kept, writer.now)
    return kept


def _saved_bytes(saved: Sequence[Node], device_type: str) -> int:
    found = {ops.storage_key(t): ops.storage_bytes(t, device_type) for n in saved if n.op != "placeholder"
             for t in ops.tensors(n.meta.get("val"))}
    return sum(found.values())


def _extract(module: GraphModule, saved: list[Node], num_fwd_outputs: int,
             static: Sequence[int]) -> tuple[GraphModule, GraphModule]:
    """AOTAutograd's own cut of a joint graph into two, which knows its conventions."""
    from torch._functorch.partitioners import _extract_fwd_bwd_modules
    from torch.utils._ordered_set import OrderedSet

    placeholders = [n for n in module.graph.nodes if n.op == "placeholder"]
    still = OrderedSet(p for i, p in enumerate(placeholders) if i in set(static))
    return _extract_fwd_bwd_modules(module, saved, saved_sym_nodes=[], num_fwd_outputs=num_fwd_outputs,
                                    static_lifetime_input_nodes=still)
