# SPDX-License-Identifier: Apache-2.0
"""Keeps a plan through Inductor: what it materialises is written, and no fusion breaks the planned peak.

Every operator of a planned graph carries `meta["checkmate"] = (number of the plan, number of the execution)`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch._inductor.choices import InductorChoices
from torch._inductor.custom_graph_pass import CustomGraphPass
from torch.fx import Graph, Node

from .planning import Step
from .units import Units

KEY = "checkmate"
FAR = 12
"""Executions: kernels side by side whose operators are planned further apart are not merged."""
SLACK = 1 / 300
"""Of what a step holds beside the fixed memory: by how much a fusion may exceed the planned peak."""


@dataclass
class _Instance:
    size: int
    made: int
    readers: set[int] = field(default_factory=set)
    gone: int | None = None


class Profile:
    """What a plan holds at each of its executions (1, 2, ...), and whether several may run as one kernel."""

    def __init__(self, units: Units, steps: Sequence[Step], fixed_memory: int, limit: int):
        self.limit = limit
        self.running = [fixed_memory]
        self.refused: Counter[str] = Counter()
        self._made: dict[int, list[_Instance]] = defaultdict(list)
        self._gone: dict[int, list[_Instance]] = defaultdict(list)
        held: dict[tuple[int, int], _Instance] = {}
        resident = fixed_memory
        for v, output in steps:
            if output >= 0:
                instance = held.pop((v, output))
                resident -= instance.size
                self._end(instance)
                continue
            unit, now = units.units[v], len(self.running)
            for value in unit.reads:
                held[value].readers.add(now)
            for k, size in enumerate(unit.sizes):
                if (v, k) not in held:
                    held[v, k] = _Instance(size, now)
                    self._made[now].append(held[v, k])
                    resident += size
            self.running.append(resident + unit.workspace)

    def _end(self, instance: _Instance) -> None:
        instance.gone = max(instance.readers | {instance.made})
        self._gone[instance.gone].append(instance)

    def last_reader(self, execution: int) -> int:
        """The last execution that reads what one made; itself where nobody does, the end where it is kept."""
        ends = [i.gone if i.gone is not None else len(self.running) for i in self._made[execution]]
        return max(ends, default=execution)

    def fits(self, members: frozenset[int]) -> bool:
        """Whether memory stays within the limit if the executions in `members` are one kernel."""
        inside = {id(i) for m in members for i in self._made[m]
                  if i.gone in members and i.readers and i.readers <= members}
        made = [i for m in members for i in self._made[m]]
        early = [i for i in made if id(i) not in inside]
        late = [i for m in members for i in self._gone[m] if id(i) not in inside]
        never = [i for i in made if id(i) in inside]
        for t in range(min(members), max(members) + 1):
            extra = sum(i.size for i in early if i.made > t) + sum(i.size for i in late if i.gone is not None and i.gone < t)
            extra -= sum(i.size for i in never if i.made <= t and i.gone is not None and t <= i.gone)
            if self.running[t] + extra > self.limit:
                return False
        return True


PROFILES: dict[int, Profile] = {}


def enter_profile(profile: Profile) -> int:
    """Keeps a profile where the scheduler finds it; its number."""
    PROFILES[len(PROFILES)] = profile
    return len(PROFILES) - 1


def planned_executions(node: Any) -> tuple[int | None, frozenset[int]]:
    """The plan of what a node of Inductor's scheduler computes (None: of none), and its executions."""
    found: set[int] = set()
    plan = None
    for part in node.get_nodes():
        marks = [f.meta[KEY] for f in _origins(part) if KEY in f.meta]
        if marks:
            plan = marks[0][0]
            found.add(max(execution for _, execution in marks))
    return plan, frozenset(found)


def _origins(part: Any) -> Iterable[Node]:
    return getattr(getattr(part, "node", None), "origins", None) or ()


def _is_allowed(node1: Any, node2: Any, side_by_side: bool) -> bool:
    (plan, first), (other, second) = planned_executions(node1), planned_executions(node2)
    members = first | second
    if plan is None or plan != other or plan not in PROFILES or len(members) < 2:
        return True
    profile = PROFILES[plan]
    if side_by_side and max(members) - min(members) > FAR:
        profile.refused["far"] += 1
        return False
    if not profile.fits(members):
        profile.refused["peak"] += 1
        return False
    return True


class PlannedChoices(InductorChoices):
    """Inductor's own choices, but for fusions that would break a plan; graphs without one are left alone."""

    @staticmethod
    def can_fuse_horizontal(scheduler: Any, node1: Any, node2: Any, shared_data_score: int) -> bool:
        return (InductorChoices.can_fuse_horizontal(scheduler, node1, node2, shared_data_score)
                and _is_allowed(node1, node2, True))

    @staticmethod
    def can_fuse_vertical(scheduler: Any, node1: Any, node2: Any, shared_data_score: int) -> bool:
        return (InductorChoices.can_fuse_vertical(scheduler, node1, node2, shared_data_score)
                and _is_allowed(node1, node2, False))

    def uuid(self) -> str:
        """For Inductor's caches."""
        return f"checkmate {FAR} {SLACK}"


class InstallChoices(CustomGraphPass):
    """A pass that changes no graph: Inductor calls it on the thread that will compile, for a backward pass autograd's."""

    def __call__(self, graph: Graph) -> None:
        install_choices()

    def uuid(self) -> str:
        return PlannedChoices().uuid()


def install_choices() -> None:
    """Makes this thread's Inductor ask PlannedChoices; harmless for graphs without a plan."""
    from torch._inductor.virtualized import V

    if type(V.choices) is InductorChoices:
        V.set_choices_handler(PlannedChoices())
    elif not isinstance(V.choices, PlannedChoices):
        raise RuntimeError(f"Inductor's choices are already made by {type(V.choices).__name__}")


# --- values that must be written ------------------------------------------------------------------------------------------

_library = torch.library.Library("checkmate", "FRAGMENT")
_library.define("materialize(Tensor x) -> Tensor")
_library.impl("materialize", lambda x: x.clone(), "CompositeExplicitAutograd")
_library.impl("materialize", lambda x: torch.empty_like(x), "Meta")


def register_lowering() -> None:
    """Tells Inductor that `materialize` writes its argument to memory and is that buffer."""
    from torch._inductor import lowering

    operator = torch.ops.checkmate.materialize.default
    if operator in lowering.lowerings:
        return

    @lowering.register_lowering(operator, type_promotion_kind=None)
    def materialize(x: Any) -> Any:
        x.realize()
        return x
