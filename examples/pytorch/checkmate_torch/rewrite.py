# SPDX-License-Identifier: Apache-2.0
"""A plan written as an FX graph: the planned order, a copy of an operator for each repetition.

Arguments come from the latest execution; a value is gone from the graph's code after its last reader, which is where the
plan releases it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch.fx import Graph, Node

from . import operators as ops
from .planning import Step
from .units import Unit, Units, Value


class Writer:
    """Writes the units of one graph into another, in a planned order."""

    def __init__(self, units: Units, share_views: bool, mark: Callable[[Node, int], None] | None = None):
        """`share_views`: a view is made once for each execution of what is below it, else for each reader.
        `mark(node, step)` is called for each operator written, with the number of its execution from 1."""
        self.units, self.graph = units, Graph()
        self.now = 0
        """Number of the last execution."""
        self.first: dict[Node, Node] = {}
        """Of each value: its first copy."""
        self.held: set[Value] = set()
        self._share_views, self._mark = share_views, mark
        self._given = {n: self.graph.node_copy(n) for n in units.graph.nodes if n.op == "placeholder"}
        self._constants: dict[Node, Node] = {}
        self._latest: dict[Node, Node] = {}
        self._views: dict[Node, Node] = {}
        self._views_of: dict[int, list[Node]] = {}
        self._done: set[int] = set()

    def compute(self, unit: Unit) -> Node:
        """Writes one execution of a unit."""
        self.now += 1
        again = unit.index in self._done
        self._done.add(unit.index)
        for view in self._views_of.pop(unit.index, ()):
            self._views.pop(view, None)
        local: dict[Node, Node] = {}
        made = self._copy(unit.node, local)
        if again and ops.name_of(unit.node) in ops.UNSEEN_STATISTICS:
            _drop_statistics(unit.node, made)
        for leaf, slot in unit.leaves.items():
            if slot is None or (unit.index, slot) not in self.held:
                self._latest[leaf] = made if leaf is unit.node else self._copied(leaf, lambda _: made)
                self.first.setdefault(leaf, self._latest[leaf])
        self.held.update((unit.index, k) for k in range(len(unit.sizes)))
        return made

    def release(self, unit: Unit, output: int) -> None:
        """Forgets an output: whatever reads it later must find it computed anew."""
        self.held.discard((unit.index, output))
        for leaf, slot in unit.leaves.items():
            if slot == output:
                self._latest.pop(leaf, None)
        for view in self._views_of.pop(unit.index, ()):
            self._views.pop(view, None)

    def replace(self, leaf: Node, made: Node) -> None:
        """Lets later readers of a unit's value read `made`."""
        self._latest[leaf] = made

    def holders(self) -> list[Node]:
        """The nodes of the new graph whose values are held now."""
        units = self.units.units
        return [self._latest[leaf] for v, k in sorted(self.held) for leaf, slot in units[v].leaves.items()
                if slot == k and leaf in self._latest]

    def results(self, wanted: Sequence[Any], first: bool = False) -> list[Any]:
        """The values of the old graph's nodes as they are now; `first`: as they were made, if they are gone."""
        local: dict[Node, Node] = {}

        def get(o: Any) -> Any:
            if not isinstance(o, Node):
                return o
            return self.first[o] if first and o in self.first and o not in self._latest else self._value(o, local)

        return [get(o) for o in wanted]

    # --- values -------------------------------------------------------------------------------------------------------

    def _value(self, a: Node, local: dict[Node, Node]) -> Node:
        if a.op == "placeholder":
            return self._given[a]
        if a.op == "get_attr":
            if a not in self._constants:
                self._constants[a] = self.graph.node_copy(a)
            return self._constants[a]
        if a in self._latest:
            return self._latest[a]
        kind = self.units.kind.get(a)
        if kind not in ("view", "inline"):
            raise RuntimeError(f"the plan reads {a} ({kind}), which is not there")
        if self._share_views and kind == "view":
            return self._shared_view(a, local)
        if a not in local:
            local[a] = self._copy(a, local)
        return local[a]

    def _shared_view(self, a: Node, local: dict[Node, Node]) -> Node:
        if ops.name_of(a) in ("detach", "alias") and len(a.all_input_nodes) == 1:
            return self._value(a.all_input_nodes[0], local)
        if a not in self._views:
            self._views[a] = self._copy(a, local)
            for below in self.units.source[a]:
                if isinstance(below, tuple):
                    self._views_of.setdefault(below[0], []).append(a)
        return self._views[a]

    def _copy(self, a: Node, local: dict[Node, Node]) -> Node:
        return self._copied(a, lambda x: self._value(x, local))

    def _copied(self, a: Node, mapped: Callable[[Node], Node]) -> Node:
        arguments: dict[Node, Node] = {x: mapped(x) for x in a.all_input_nodes}  # views first, then their reader
        made = self.graph.node_copy(a, arguments.__getitem__)
        if self._mark:
            self._mark(made, self.now)
        return made

    def play(self, steps: Sequence[Step], before: Callable[[Unit], None] | None = None,
             after: Callable[[Unit, Node], None] | None = None) -> None:
        """Writes all steps; `before` and `after` are called around each execution."""
        for v, output in steps:
            unit = self.units.units[v]
            if output >= 0:
                self.release(unit, output)
                continue
            if before:
                before(unit)
            made = self.compute(unit)
            if after:
                after(unit, made)


def _drop_statistics(node: Node, made: Node) -> None:
    """A repetition must not update running statistics again."""
    names = [a.name for a in ops.schema_of(node).arguments]
    at = [names.index(n) for n in ("running_mean", "running_var") if n in names]
    made.args = tuple(None if i in at else a for i, a in enumerate(made.args))
    made.kwargs = {k: None if k in ("running_mean", "running_var") else v for k, v in made.kwargs.items()}


