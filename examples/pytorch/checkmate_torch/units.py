# SPDX-License-Identifier: Apache-2.0
"""A joint graph (forward and backward pass) as units: what allocates is a node of the planning problem, views are folded.

Two ways to cut a graph. For the step executor every operator that allocates is a unit. For Inductor a unit is what its
kernels will write: pointwise operators that it computes inside of their readers belong to each of them.

Rules that keep results unchanged: an operator that writes, draws random numbers or communicates runs once, and so does what
reads an input that is written later.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.fx import Graph, Node

from . import operators as ops
from .planning import Node as PlanNode
from .planning import Problem, Step

Value = tuple[int, int]
"""A storage that a unit makes: (number of the unit, number of its output)."""

FREE_BIG, FREE_READS, FREE_OPERATORS = 1, 8, 64
"""What Inductor is taken to compute inside of several readers: reads of large tensors, of any, operators."""


class Unsupported(RuntimeError):
    """Why a graph cannot be planned, in one sentence."""


class Unit:
    """One node of the planning problem."""

    def __init__(self, index: int, node: Node, forward: bool):
        self.index, self.node, self.forward = index, node, forward
        self.sizes: list[int] = []
        """Bytes of each new storage."""
        self.leaves: dict[Node, int | None] = {}
        """Graph nodes whose values it makes, and the storage of each (None: no tensor)."""
        self.touched: dict[Any, int] = {}
        """Bytes read of each value or placeholder."""
        self.reads: set[Value] = set()
        self.retained: set[int] = set()
        self.run_once = False
        self.time, self.workspace = 0.0, 0

    @property
    def label(self) -> str:
        return f"{self.node.name} ({self.node.target})"


class Units:
    """The units of a graph, in the order in which they are to be executed first."""

    def __init__(self, graph: Graph, forward_outputs: Sequence[Any], other_outputs: Sequence[Any], device_type: str,
                 fused: bool):
        self.graph, self.device_type, self.fused = graph, device_type, fused
        self.outputs = [o for o in [*forward_outputs, *other_outputs] if isinstance(o, Node)]
        self.units: list[Unit] = []
        self.unit_of: dict[Node, Unit] = {}
        self.kind: dict[Node, str] = {}
        """Of each operator: unit, leaf (part of a unit's result), view, inline (computed in its readers) or dead."""
        self.source: dict[Node, dict[Any, int]] = {}
        """Of each node: the values and placeholders that it is made of, with the bytes read of each."""
        self._inlined_operators: dict[Node, int] = {}
        self._readers: dict[Node, set[Any]] = {}
        self._written = {w for n in graph.nodes for w in ops.written(n)}
        self._order([o for o in forward_outputs if isinstance(o, Node)])
        self._mark_dead()
        self._fold()
        self._retain()

    # --- order ------------------------------------------------------------------------------------------------------

    def _order(self, forward_outputs: list[Node]) -> None:
        """What the forward outputs need, and writes that depend on no gradient, first; else as traced."""
        backward: set[Node] = set()
        for n in self.graph.nodes:
            if (n.op == "placeholder" and "tangents" in str(n.target)) or any(a in backward for a in n.all_input_nodes):
                backward.add(n)
        effects = [n for n in self.graph.nodes if n.op == "call_function" and n not in backward
                   and (ops.written(n) or n.is_impure())]
        todo, forward = [*forward_outputs, *effects], set()
        while todo:
            n = todo.pop()
            if n not in forward:
                forward.add(n)
                todo += n.all_input_nodes
        calls = [n for n in self.graph.nodes if n.op == "call_function"]
        self.forward: set[Node] = forward
        self.calls = [n for n in calls if n in forward] + [n for n in calls if n not in forward]

    def _mark_dead(self) -> None:
        needed: set[Node] = set(self.outputs)
        for n in reversed(self.calls):
            if n in needed or ops.written(n) or n.is_impure():
                needed.add(n)
                needed.update(n.all_input_nodes)
        self._needed = needed

    # --- views and units --------------------------------------------------------------------------------------------

    def _fold(self) -> None:
        for n in self.graph.nodes:
            if n.op in ("placeholder", "get_attr"):
                given = ops.tensors(n.meta.get("val"))
                self.source[n] = {n: sum(ops.storage_bytes(t, self.device_type) for t in given)}
                self._inlined_operators[n] = 0
        for n in self.calls:
            self._classify(n)

    def _classify(self, n: Node) -> None:
        self._inlined_operators[n] = 0
        if n not in self._needed:
            self.kind[n], self.source[n] = "dead", {}
            return
        if ops.is_getitem(n) and n.args[0] in self.unit_of and isinstance(n.args[0], Node):
            unit = self.unit_of[n.args[0]]
            slot = unit.leaves.get(n)
            self.kind[n] = "leaf"
            self.source[n] = {} if slot is None else {(unit.index, slot): unit.sizes[slot]}
            return
        made_of = self._made_of(n)
        inlined = sum(self._inlined_operators[a] for a in n.all_input_nodes)
        arguments = [t for a in n.all_input_nodes for t in ops.tensors(a.meta.get("val"))]
        effect = bool(ops.written(n)) or n.is_impure() or ops.is_collective(n)
        if not effect and ops.is_view(n, arguments):
            self.kind[n], self.source[n], self._inlined_operators[n] = "view", made_of, inlined
        elif not effect and self._is_inlined(n, made_of, inlined):
            self.kind[n], self.source[n], self._inlined_operators[n] = "inline", made_of, inlined + 1
        else:
            self.kind[n] = "unit"
            self._add_unit(n, made_of, effect)

    def _made_of(self, n: Node) -> dict[Any, int]:
        out = sum(t.numel() * t.element_size() for t in ops.tensors(n.meta.get("val")))
        limited = ops.name_of(n) in ops.GATHERS or not ops.schema_of(n) or ops.is_view(n, [])
        merged: dict[Any, int] = {}
        for a in n.all_input_nodes:
            for value, size in self.source[a].items():
                merged[value] = max(merged.get(value, 0), min(size, out) if limited else size)
        return merged

    def readers(self, n: Node) -> set[Any]:
        """The operators that read a value, through views and tuples; "out" stands for the graph's results."""
        if n not in self._readers:
            found: set[Any] = set()
            for u in n.users:
                if u.op == "output":
                    found.add("out")
                elif ops.is_getitem(u) or (u in self._needed and not ops.written(u) and ops.is_view(
                        u, [t for a in u.all_input_nodes for t in ops.tensors(a.meta.get("val"))])):
                    found |= self.readers(u)
                elif u in self._needed:
                    found.add(u)
            self._readers[n] = found
        return self._readers[n]

    def _is_inlined(self, n: Node, made_of: dict[Any, int], inlined: int) -> bool:
        if not self.fused or not ops.is_pointwise(n) or ops.is_random(n) or isinstance(n.meta.get("val"), (tuple, list)):
            return False
        if any(a in self._written for a in made_of if isinstance(a, Node)):
            return False
        readers = self.readers(n)
        if ops.name_of(n) in ops.CONSTANT and len(readers) == 1 and all(
                u != "out" and ops.name_of(u) in ops.IN_PLACE for u in readers):
            return True  # written in place: the buffer is the reader's
        if "out" in readers or not readers or not all(ops.is_fusible(u) for u in readers):
            return False
        if inlined + 1 > FREE_OPERATORS or len(made_of) > FREE_READS:
            return False
        out = sum(t.numel() * t.element_size() for t in ops.tensors(n.meta.get("val")))
        big = [v for v in made_of if isinstance(v, tuple) and self.units[v[0]].sizes[v[1]] * 4 >= out]
        return len(readers) == 1 or len(big) <= FREE_BIG

    def _add_unit(self, n: Node, made_of: dict[Any, int], effect: bool) -> None:
        unit = Unit(len(self.units), n, n in self.forward)
        unit.touched = made_of
        unit.reads = {v for v in made_of if isinstance(v, tuple)}
        reads_written = any(a in self._written for a in made_of if isinstance(a, Node))
        unit.run_once = effect or ops.is_random(n) or reads_written
        if reads_written and not unit.forward and not effect:
            raise Unsupported(f"{unit.label} reads, in the backward pass, an input that the forward pass changes")
        arguments = {ops.storage_key(t) for a in n.all_input_nodes for t in ops.tensors(a.meta.get("val"))}
        slots: dict[int, int] = {}

        def slot(t: torch.Tensor) -> int | None:
            key = ops.storage_key(t)
            if key in arguments:
                return None  # what was written to, returned
            if key not in slots:
                slots[key] = len(unit.sizes)
                unit.sizes.append(ops.storage_bytes(t, self.device_type))
            return slots[key]

        value = n.meta.get("val")
        if isinstance(value, (tuple, list)):
            for t in ops.tensors(value):
                slot(t)
            for g in n.users:
                if ops.is_getitem(g):
                    mine = ops.tensors(value[int(g.args[1])])  # type: ignore[arg-type]
                    unit.leaves[g] = slot(mine[0]) if mine else None
        else:
            unit.leaves = {n: slot(value) if isinstance(value, torch.Tensor) else None}
        self.units.append(unit)
        self.unit_of[n] = unit
        own = {(unit.index, k): size for k, size in enumerate(unit.sizes)}
        self.source[n] = own or (made_of if effect else {})

    def _retain(self) -> None:
        for o in self.outputs:
            for value in self.source.get(o, ()):
                if isinstance(value, tuple):
                    self.units[value[0]].retained.add(value[1])

    # --- for the planner --------------------------------------------------------------------------------------------

    def problem(self, fixed_memory: int, pause: int | None = None) -> Problem:
        """The planning problem; times and workspaces as set in the units.

        `pause`: bytes that something else needs between the forward and the backward pass, as a node that takes no time."""
        nodes = [PlanNode(u.label, u.time, list(u.sizes), sorted(u.reads), set(u.retained), u.workspace, u.run_once)
                 for u in self.units]
        if pause is None:
            return Problem(nodes, fixed_memory)
        cut = self.cut
        for node in nodes[cut:]:
            node.reads = [(v + (v >= cut), k) for v, k in node.reads]
        nodes.insert(cut, PlanNode("what comes between the passes", 0.0, [], workspace=pause, run_once=True))
        return Problem(nodes, fixed_memory)

    @property
    def cut(self) -> int:
        """The number of units of the forward pass, which come first."""
        return sum(u.forward for u in self.units)

    def without_pause(self, steps: Sequence[Step]) -> list[Step]:
        """The steps of a plan of `problem(..., pause)` in the units' own numbers."""
        return [(v - (v > self.cut), k) for v, k in steps if v != self.cut]

    def placeholder_bytes(self) -> int:
        """Bytes of the storages that are given to the graph."""
        seen = {ops.storage_key(t): ops.storage_bytes(t, self.device_type)
                for n in self.graph.nodes if n.op in ("placeholder", "get_attr") for t in ops.tensors(n.meta.get("val"))}
        return sum(seen.values())


def refuse_unplannable(graph: Graph) -> None:
    """Unsupported if a graph has what no plan is made for: symbolic sizes, operators on graphs, regions to recompute."""
    for n in graph.nodes:
        value = n.meta.get("val")
        if isinstance(value, (torch.SymInt, torch.SymFloat, torch.SymBool)) or any(
                _is_symbolic(t) for t in ops.tensors(value)):
            raise Unsupported(f"{n.name} has a size that is not a number (data-dependent or dynamic=True); a plan is for "
                              "numbers")
        if isinstance(n.target, torch._ops.HigherOrderOperator):
            raise Unsupported(f"{n.name} is an operator on graphs ({n.target}), which no plan looks into")
        if n.meta.get("recompute") is not None:
            raise Unsupported(f"{n.name} is in a region that the model asks to checkpoint itself; remove the checkpoint, "
                              "the plan decides what is recomputed")


def _is_symbolic(tensor: torch.Tensor) -> bool:
    try:
        return any(not isinstance(s, int) for s in (*tensor.shape, *tensor.stride()))
    except RuntimeError:  # no strides: sparse or nested
        return True
