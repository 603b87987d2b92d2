# SPDX-License-Identifier: Apache-2.0
"""Tests of schedule.py and planner.py; they need no torch. The engine here is a stand-in that counts bytes."""

import glob
import os
import unittest

from checkmate_torch import planner
from checkmate_torch import schedule as schedules

HERE = os.path.dirname(os.path.abspath(__file__))


def chain():
    """0 -> 1 -> 2, node 1 with a second output that must stay, node 2 also reads 0; 10 bytes pinned."""
    return {"fixed_memory": 10, "edges": [[0, 1], [1, 2], [0, 2]], "nodes": [
        {"id": 0, "cost": 5.0, "memory": 4, "reads": []},
        {"id": 1, "cost": 1.0, "memory": 5, "outputs": [3, 2], "keep": [1], "workspace": 7, "reads": [[0, 0]]},
        {"id": 2, "cost": 1.0, "memory": 1, "keep": [0], "reads": [[1, 0], [0, 0]]}]}


def compute(node):
    return {"op": "compute", "node": node}


def free(node, output=0):
    return {"op": "free", "node": node, "output": output}


class CountingEngine:
    """Holds sizes instead of tensors; refuses what an engine could not do."""

    def __init__(self, graph):
        self.graph, self.reads = graph, schedules.reads_of(graph)
        self.held, self.most, self.repeats = {}, 0, []

    def compute(self, node, again):
        assert all(read in self.held for read in self.reads[node]), f"node {node} reads what is gone"
        sizes = schedules.outputs_of(self.graph["nodes"][node])
        self.held.update({(node, k): size for k, size in enumerate(sizes)})
        running = sum(self.held.values()) + self.graph["nodes"][node].get("workspace", 0)
        self.most = max(self.most, self.graph.get("fixed_memory", 0) + running)
        self.repeats += [node] * again

    def free(self, node, output):
        del self.held[node, output]


class Replay(unittest.TestCase):
    def test_counts_outputs_workspace_and_pinned_bytes(self):
        steps = schedules.plain_steps(chain())
        self.assertEqual(steps, [compute(0), compute(1), compute(2), free(0), free(1, 0)])
        found = schedules.replay(chain(), steps)
        self.assertEqual((found.time, found.peak, found.executions), (7.0, 10 + 4 + 5 + 7, 3))

    def test_a_repetition_costs_its_time_and_counts_what_is_still_held_once(self):
        steps = [compute(0), compute(1), free(1, 0), compute(1), compute(2), free(0), free(1, 0)]
        found = schedules.replay(chain(), steps)
        self.assertEqual((found.time, found.peak), (8.0, 26))
        self.assertEqual(found.engine_peak, 28)  # an operator allocates the 2 bytes that are held once more

    def test_broken_schedules_are_refused(self):
        once = chain()
        once["nodes"][1]["run_once"] = True
        broken = {
            "not resident": (chain(), [compute(0), free(0), compute(1)]),
            "frees output": (chain(), [compute(0), free(0), free(0)]),
            "only once": (once, [compute(0), compute(1), compute(1)]),
            "never executed": (chain(), [compute(0), compute(1)]),
            "must be held": (chain(), [compute(0), compute(1), compute(2), free(2)]),
            "no node": (chain(), [compute(3)])}
        for text, (graph, steps) in broken.items():
            with self.subTest(text), self.assertRaisesRegex(schedules.ScheduleError, text):
                schedules.replay(graph, steps)

    def test_edges_stand_for_reads_where_a_file_names_none(self):
        graph = chain()
        for node in graph["nodes"]:
            del node["reads"]
        self.assertEqual(schedules.reads_of(graph)[2], [(1, 0), (1, 1), (0, 0)])


class Execute(unittest.TestCase):
    def test_drives_an_engine_in_order_and_says_which_executions_are_repetitions(self):
        engine = CountingEngine(chain())
        schedules.execute([compute(0), compute(1), free(1, 0), compute(1), compute(2), free(0)], engine)
        self.assertEqual((engine.repeats, engine.most), ([1], 26))


class Planner(unittest.TestCase):
    def test_reads_amounts_of_memory(self):
        self.assertEqual(planner.parse_bytes("4GiB"), 4 * 2**30)
        self.assertEqual(planner.parse_bytes("1.5 MB"), 1500000)
        self.assertEqual(planner.parse_bytes(12), 12)
        with self.assertRaises(ValueError):
            planner.parse_bytes("much")

    @unittest.skipUnless(os.environ.get("CHECKMATE_PROGRAM"), "needs the checkmate program")
    def test_plans_of_the_program_replay_to_the_figures_that_it_gives(self):
        for name in sorted(glob.glob(os.path.join(HERE, "..", "data", "torch", "[rv]*[06]_b64.json.gz"))):
            graph = schedules.load(name)
            plain = schedules.replay(graph, schedules.plain_steps(graph))
            least = planner.smallest_budget(graph)
            budget = int(least + 0.6 * (plain.peak - least))
            with self.subTest(name):
                found = planner.plan(graph, budget, time_limit=5)
                self.assertLessEqual(found["replay"].engine_peak, budget)
                self.assertEqual(found["replay"].peak, found["peak_memory"])
                self.assertAlmostEqual(found["replay"].time, found["time"], delta=1e-6 * found["time"])
                engine = CountingEngine(graph)
                schedules.execute(found["steps"], engine)
                self.assertEqual(engine.most, found["peak_memory"])
                self.assertTrue(engine.repeats)

    @unittest.skipUnless(os.environ.get("CHECKMATE_PROGRAM"), "needs the checkmate program")
    def test_a_budget_that_nothing_fits_is_said(self):
        with self.assertRaises(planner.NoPlan):
            planner.plan_once(chain(), 12, time_limit=1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
