# SPDX-License-Identifier: Apache-2.0
"""Problems, plans and budgets: the planner (`_planner`, the C++ library) as Python sees it. Needs no torch.

A problem is a list of nodes in the order of their first execution, each with the values that it makes and reads. A plan is
a list of steps: (node, -1) computes a node, (node, k) releases its output k.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import _planner

VERSION = ".".join(map(str, _planner.version))
UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
         "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}

Step = tuple[int, int]


class NoPlan(RuntimeError):
    """No schedule fits the budget, or none was found; one sentence says what is the least and what sets it."""


@dataclass
class Node:
    """One operator: its name, what one execution takes (microseconds) and the bytes of each value that it makes."""

    name: str
    time: float
    outputs: list[int]
    reads: list[tuple[int, int]] = field(default_factory=list)
    """Values that it reads, as (node, output), each once."""
    retained: set[int] = field(default_factory=set)
    """Outputs that must still be held when the schedule ends."""
    workspace: int = 0
    run_once: bool = False


@dataclass(frozen=True)
class Plan:
    """A schedule that fits its budget, checked by the library's simulator."""

    steps: list[Step]
    time: float
    """Microseconds: the sum over all executions."""
    base_time: float
    """Microseconds: every node once."""
    peak: int
    """Bytes, fixed memory included, as an engine allocates (see Problem.replay)."""
    bound: float | None = None
    """Microseconds that any schedule in this order takes at least, if proven."""
    strategy: str = ""
    elapsed: float = 0.0

    @property
    def overhead(self) -> float:
        """Extra time over executing every node once, as a fraction."""
        return (self.time - self.base_time) / self.base_time if self.base_time > 0 else 0.0

    @property
    def executions(self) -> int:
        return sum(output < 0 for _, output in self.steps)


@dataclass(frozen=True)
class Effort:
    """How long to plan: `moves` of the search (the same plan on every machine) or, if 0, seconds."""

    seconds: float = 8.0
    moves: int = 0
    seed: int = 0
    free_order: bool = False
    """Whether first executions may leave the order of the problem."""
    prove: bool = False
    """Whether the integer solver looks for a bound, where the package was built with one."""


class Problem:
    """A graph with its costs, as the planner takes it."""

    def __init__(self, nodes: Sequence[Node], fixed_memory: int = 0):
        self.nodes, self.fixed_memory = list(nodes), int(fixed_memory)
        first_output, first_read = [0], [0]
        for node in self.nodes:
            first_output.append(first_output[-1] + len(node.outputs))
            first_read.append(first_read[-1] + len(node.reads))
        self._arrays: dict[str, array[Any]] = {
            "time": array("d", [n.time for n in self.nodes]),
            "workspace": array("q", [n.workspace for n in self.nodes]),
            "run_once": array("B", [n.run_once for n in self.nodes]),
            "first_output": array("q", first_output),
            "output_bytes": array("q", [size for n in self.nodes for size in n.outputs]),
            "retained": array("B", [k in n.retained for n in self.nodes for k in range(len(n.outputs))]),
            "first_read": array("q", first_read),
            "read_node": array("q", [v for n in self.nodes for v, _ in n.reads]),
            "read_output": array("q", [k for n in self.nodes for _, k in n.reads]),
        }
        self._planner = _planner.Problem(names=[n.name for n in self.nodes], fixed_memory=self.fixed_memory,
                                         **self._arrays)

    def digest(self) -> str:
        """A hash of everything that a plan depends on."""
        text = hashlib.sha256(repr((VERSION, self.fixed_memory)).encode())
        for name in sorted(self._arrays):
            text.update(self._arrays[name].tobytes())
        return text.hexdigest()

    def smallest_budget(self) -> tuple[int, str]:
        """A budget below which there is no schedule (bytes), and what sets it: a node, or the results held at the end."""
        budget, at = self._planner.smallest_budget()
        node = self.nodes[at]
        alone = sum(node.outputs) + sum(self.nodes[v].outputs[k] for v, k in node.reads) + node.workspace
        if self.fixed_memory + alone >= budget:
            return budget, f"{node.name}, which needs {show_bytes(alone)} beside {show_bytes(self.fixed_memory)} always held"
        results = sum(n.outputs[k] for n in self.nodes for k in n.retained)
        return budget, (f"the results that are held at the end (gradients, outputs: {show_bytes(results)}) beside "
                        f"{show_bytes(self.fixed_memory)} always held")

    def plain(self) -> Plan:
        """Every node once, in order, each value released right after its last read."""
        steps = self._planner.plain_steps()
        seen = self._planner.replay(steps)
        return Plan(steps, seen.time, seen.time, seen.engine_peak, seen.time, "no recomputation")

    def replay(self, steps: Sequence[Step], free_order: bool = False) -> _planner.Replay:
        """What steps cost, by the library's simulator; ValueError if they break the memory model's rules.

        `engine_peak` also counts that an engine allocates all outputs of a node that runs again, also those still held."""
        return self._planner.replay(list(steps), free_order)

    def plan(self, budget: int, effort: Effort = Effort(), progress: Callable[[str], None] | None = None,
             tries: int = 4) -> Plan:
        """A plan whose peak, as an engine allocates, is at most `budget` bytes; NoPlan if there is none."""
        began, asked = time.monotonic(), int(budget)
        for _ in range(tries):
            found = self._planner.plan(asked, None if effort.moves else effort.seconds, effort.moves, effort.seed,
                                       effort.free_order, effort.prove, _reporter(progress))
            if not found.planned:
                raise NoPlan(self._refusal(int(budget), found))
            seen = self.replay(found.steps, effort.free_order)
            if seen.engine_peak <= budget:
                return Plan(found.steps, seen.time, found.base_time, seen.engine_peak, found.bound, found.strategy,
                            time.monotonic() - began)
            asked -= seen.engine_peak - int(budget)
        raise NoPlan(f"no plan found whose peak stays within {show_bytes(budget)} where outputs are allocated anew")

    def _refusal(self, budget: int, found: _planner.Outcome) -> str:
        least, culprit = self.smallest_budget()
        if budget < least:
            return (f"no plan can meet {show_bytes(budget)}: the smallest budget that any plan can meet is "
                    f"{show_bytes(least)}, set by {culprit}")
        if found.reason == "failed":
            return f"planning for {show_bytes(budget)} failed: {found.detail}"
        reached = self._planner.smallest_found(least)
        return (f"no plan found for {show_bytes(budget)}: {show_bytes(reached)} can be met, and nothing below "
                f"{show_bytes(least)}, set by {culprit}")


def _reporter(progress: Callable[[str], None] | None) -> Callable[[float, float, float, str], None] | None:
    if progress is None:
        return None
    said = -1.0

    def report(elapsed: float, best: float, bound: float, phase: str) -> None:
        nonlocal said
        if elapsed >= said + 0.5:
            said = elapsed
            progress(f"planning, {elapsed:.0f} s: {phase}" + (f", {best / 1e3:.2f} ms" if best < float("inf") else ""))

    return report


def progress_line(text: str) -> None:
    """Writes `text` over the last line of the standard error, if that is a terminal; an empty text ends the line."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{'checkmate: ' + text if text else ''}")
        sys.stderr.flush()


# --- budgets ----------------------------------------------------------------------------------------------------------


def parse_bytes(text: int | float | str) -> int:
    """Bytes of 4294967296, "4GiB" or "500 MB"."""
    match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*([A-Za-z]*)\s*", str(text))
    if not match or match[2].upper() not in UNITS:
        raise ValueError(f"{text!r} is not an amount of memory; write 4GiB, 500MB or a number of bytes")
    return int(float(match[1]) * UNITS[match[2].upper()])


def resolve_budget(budget: int | float | str, plain_peak: int) -> int:
    """Bytes of a budget, which may also be a share of what the plain step needs ("60%")."""
    match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]*)?)\s*%\s*", str(budget))
    return int(float(match[1]) / 100 * plain_peak) if match else parse_bytes(budget)


def check_budget(budget: int | float | str) -> None:
    """ValueError if `budget` is neither an amount of memory nor a share."""
    try:
        resolve_budget(budget, 0)
    except ValueError:
        raise ValueError(f"budget={budget!r} is neither an amount of memory (4GiB, 500MB, a number of bytes) nor a "
                         "share of what the plain step needs (60%)") from None


def show_bytes(amount: int) -> str:
    """An amount of memory for a person."""
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if amount >= size:
            return f"{amount / size:.3f} {unit}"
    return f"{amount} bytes"


# --- plans on disk ------------------------------------------------------------------------------------------------------


def cache_folder() -> Path:
    """Where plans and operator times are kept: CHECKMATE_TORCH_CACHE, else below the user's cache folder."""
    given = os.environ.get("CHECKMATE_TORCH_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(given) if given else Path(base) / "checkmate_torch"


def write_atomically(path: Path, text: str) -> None:
    """Replaces a file at once, so that another process reads the old text or the new; a full disk is no error."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        own = path.with_name(f"{path.name}.{os.getpid()}")
        own.write_text(text)
        os.replace(own, path)
    except OSError:
        pass


def plan_cached(problem: Problem, budget: int, effort: Effort = Effort(),
                progress: Callable[[str], None] | None = None) -> Plan:
    """The plan for a problem, from the disk if it was made before with the same effort; always replayed."""
    key = hashlib.sha256(repr((problem.digest(), int(budget), effort)).encode()).hexdigest()
    path = cache_folder() / "plans" / f"{key}.json"
    try:
        kept = json.loads(path.read_text())
        steps = [tuple(step) for step in kept["steps"]]
        seen = problem.replay(steps, effort.free_order)
        if seen.engine_peak <= budget:
            return Plan(steps, seen.time, kept["base_time"], seen.engine_peak, kept["bound"], kept["strategy"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    plan = problem.plan(budget, effort, progress)
    write_atomically(path, json.dumps({"steps": plan.steps, "base_time": plan.base_time, "bound": plan.bound,
                                       "strategy": plan.strategy}))
    return plan
