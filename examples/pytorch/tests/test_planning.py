# SPDX-License-Identifier: Apache-2.0
"""The planner as Python sees it: problems, plans, refusals, Ctrl-C, the cache. Needs no torch model."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from checkmate_torch import planning
from checkmate_torch.planning import Effort, Node, NoPlan, Problem, parse_bytes, plan_cached, resolve_budget

QUICK = Effort(moves=2000)


def chain(length: int, fixed: int = 0) -> Problem:
    """A training chain: each backward node reads its forward value and the gradient before it."""
    nodes = [Node(f"f{i}", 1.0, [100], [(i - 1, 0)] if i else []) for i in range(length)]
    for i in range(length):
        gradient = [(length + i - 1, 0)] if i else []
        nodes.append(Node(f"b{length - 1 - i}", 2.0, [100], [(length - 1 - i, 0), *gradient]))
    nodes[-1].retained = {0}
    return Problem(nodes, fixed)


def test_a_plan_keeps_the_budget_and_the_simulator_agrees():
    problem = chain(30, fixed=1000)
    budget = 1900
    plan = problem.plan(budget, QUICK)
    seen = problem.replay(plan.steps)
    assert seen.engine_peak <= budget < problem.plain().peak
    assert seen.time == plan.time > plan.base_time == 90
    assert plan.executions == seen.executions > 60


def test_where_the_plain_step_fits_nothing_is_recomputed():
    problem = chain(10)
    assert problem.plan(problem.plain().peak, QUICK).overhead == 0


def test_a_budget_that_cannot_be_met_is_refused_with_the_least_and_what_sets_it():
    problem = chain(10, fixed=1 << 20)
    least, culprit = problem.smallest_budget()
    with pytest.raises(NoPlan) as refused:
        problem.plan(least - 1, QUICK)
    sentence = str(refused.value)
    assert "smallest budget that any plan can meet" in sentence and culprit in sentence and "\n" not in sentence


def test_results_that_do_not_fit_are_named_as_what_sets_the_least_budget():
    nodes = [Node(f"gradient {i}", 1.0, [100], retained={0}) for i in range(5)]
    least, culprit = Problem(nodes).smallest_budget()
    assert least == 500 and "held at the end" in culprit


def test_a_run_once_node_runs_once():
    nodes = chain(20).nodes
    nodes[3].run_once = True
    problem = Problem(nodes)
    plan = problem.plan(900, QUICK)
    assert sum(step == (3, -1) for step in plan.steps) == 1
    assert plan.executions > 40


def test_an_output_that_is_held_while_its_node_runs_again_counts_twice():
    nodes = [Node("pair", 1.0, [100, 10]), Node("reads the small one", 1.0, [1], [(0, 1)]),
             Node("reads both", 1.0, [1], [(0, 0), (0, 1)])]
    problem = Problem(nodes)
    steps = [(0, -1), (0, 1), (0, -1), (1, -1), (2, -1)]
    seen = problem.replay(steps)
    assert seen.engine_peak == 210 and seen.peak == 112


def test_wrong_steps_and_arrays_are_refused_by_name():
    problem = chain(3)
    with pytest.raises(ValueError, match="node 1"):
        problem.replay([(1, -1)])
    with pytest.raises(ValueError, match="no step"):
        problem.replay([(-4, -1)])
    with pytest.raises(ValueError):
        Problem([Node("a", 1.0, [1], [(7, 0)])])


def test_the_same_effort_makes_the_same_plan():
    assert chain(40).plan(1500, QUICK).steps == chain(40).plan(1500, QUICK).steps


@pytest.mark.skipif(not planning._planner.has_cbc, reason="built without CBC")
def test_with_cbc_a_plan_comes_with_a_bound():
    plan = chain(20).plan(900, Effort(seconds=10, prove=True))
    assert plan.bound is not None and plan.base_time < plan.bound <= plan.time * (1 + 1e-9)


def test_ctrl_c_ends_planning():
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    problem = chain(1500)
    timer = threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        problem.plan(3000, Effort(moves=10**9))


def test_other_threads_run_while_it_plans():
    ticks = []
    done = threading.Event()

    def tick():
        while not done.wait(0.01):
            ticks.append(1)

    thread = threading.Thread(target=tick)
    thread.start()
    try:
        chain(1000).plan(6000, Effort(seconds=1))
    finally:
        done.set()
        thread.join()
    assert len(ticks) > 5


def test_a_plan_is_kept_on_disk_and_checked_when_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setenv("CHECKMATE_TORCH_CACHE", str(tmp_path))
    problem = chain(30)
    first = plan_cached(problem, 1500, QUICK)
    monkeypatch.setattr(Problem, "plan", lambda *_: pytest.fail("planned again"))
    assert plan_cached(problem, 1500, QUICK).steps == first.steps
    monkeypatch.undo()
    monkeypatch.setenv("CHECKMATE_TORCH_CACHE", str(tmp_path))
    kept, = (tmp_path / "plans").iterdir()
    kept.write_text(kept.read_text().replace("[0, -1]", "[1, -1]", 1))
    assert plan_cached(problem, 1500, QUICK).steps == first.steps


@pytest.mark.parametrize("text, amount", [("4GiB", 4 << 30), ("500 MB", 500_000_000), (123, 123), ("1.5KiB", 1536)])
def test_amounts_of_memory(text, amount):
    assert parse_bytes(text) == amount


def test_budgets_may_be_shares_and_nonsense_is_refused():
    assert resolve_budget("60%", 1000) == 600
    for wrong in ("much", "4XB", "", "-3GiB", "1.2.3GiB"):
        with pytest.raises(ValueError):
            planning.check_budget(wrong)
