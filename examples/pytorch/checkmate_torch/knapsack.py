# SPDX-License-Identifier: Apache-2.0
"""checkmate behind AOTAutograd's hook for memory-budget solvers (PyTorch 2.10 and later).

    torch._functorch.config.activation_memory_budget = 0.5
    torch._functorch.config.activation_memory_budget_solver = PlannedKnapsack()

The hook asks less than the planner answers: which activations to save from forward to backward so that their sum stays
below a fraction. The whole joint graph is planned at several budgets, and of the plans whose held activations fit, the
one that holds most is handed over. When things are recomputed and freed, and in which order the backward pass runs, stays the
partitioner's: its peak is not the planned one.
"""

import operator

import torch
from torch._inductor.custom_graph_pass import CustomKnapsackSolver
from torch.utils._pytree import tree_leaves, tree_map
from torch.utils.flop_counter import flop_registry

from . import planner
from . import schedule as schedules

FLOPS_PER_US = {torch.float32: 3.0e8, torch.bfloat16: 6.0e8, torch.float16: 6.0e8}
BYTES_PER_US = 4.0e6
LAUNCH_US = 2.0


def _tensors(node):
    return [t for t in tree_leaves(node.meta.get("val")) if isinstance(t, torch.Tensor)]


def _flops(node):
    """Floating-point operations by PyTorch's own formulas over shapes; 0 where it has none."""
    formula = flop_registry.get(getattr(node.target, "overloadpacket", None))
    if formula is None:
        return 0
    value = lambda a: a.meta.get("val") if isinstance(a, torch.fx.Node) else a
    args, kwargs = tree_map(value, node.args), tree_map(value, node.kwargs)
    return formula(*args, **kwargs, out_val=node.meta.get("val"))


def joint_problem(graph, forward):
    """A joint graph as a checkmate graph by its fake tensors, costs by a roofline; and what each graph node needs."""
    owner, needs, nodes = {}, {}, []
    for node in graph.nodes:
        below = set().union(*[needs[n] for n in node.all_input_nodes], set())
        storages = {t.untyped_storage()._cdata: t for t in _tensors(node)}
        if node.op != "call_function":
            owner.update({s: None for s in storages if s not in owner})
            needs[node] = below if node.op == "output" else set()
            continue
        fresh = {s: t for s, t in storages.items() if s not in owner}
        if not fresh:
            one = node.target is operator.getitem
            needs[node] = {owner[s] for s in storages} - {None} if one else below
            continue
        sizes = [t.untyped_storage().nbytes() for t in fresh.values()]
        owner.update({s: (len(nodes), k) for k, s in enumerate(fresh)})
        moved = sum(sizes) + sum(t.numel() * t.element_size() for n in node.all_input_nodes for t in _tensors(n))
        rate = FLOPS_PER_US.get(next(iter(fresh.values())).dtype, 3.0e8)
        cost = LAUNCH_US + max(moved / BYTES_PER_US, _flops(node) / rate)
        needs[node] = {(len(nodes), k) for k in range(len(sizes))}
        nodes.append({"id": len(nodes), "name": node.name, "cost": cost, "memory": sum(sizes), "outputs": sizes,
                      "reads": sorted(map(list, below)), "backward": node not in forward, "keep": []})
    for v, k in next(needs[n] for n in graph.nodes if n.op == "output"):
        nodes[v]["keep"].append(k)
    edges = sorted({(v, n["id"]) for n in nodes for v, _ in n["reads"]})
    return {"format": "checkmate-graph", "version": 1, "name": "joint", "units": {"cost": "us", "memory": "bytes"},
            "fixed_memory": 0, "nodes": nodes, "edges": [list(e) for e in edges]}, needs


def held_after_forward(problem, steps):
    """The values resident when the last node of the forward pass has first run."""
    left = {n["id"] for n in problem["nodes"] if not n["backward"]}
    held = set()
    for step in steps:
        if step["op"] == "free":
            held.discard((step["node"], step["output"]))
            continue
        if not left:
            break
        left.discard(step["node"])
        held |= {(step["node"], k) for k in range(len(problem["nodes"][step["node"]]["outputs"]))}
    return held


class PlannedKnapsack(CustomKnapsackSolver):
    """The solver object for `activation_memory_budget_solver`."""

    def __init__(self, program=None, time_limit=4.0, tries=6):
        self.program, self.time_limit, self.tries = program, time_limit, tries

    def uuid(self):
        return None  # never cached

    def __call__(self, memory, joint_graph, max_memory, node_info, candidates):
        problem, needs = joint_problem(joint_graph, set(node_info.required_fw_nodes))
        plain = schedules.plain_steps(problem)
        top = schedules.replay(problem, plain).peak

        def saved_by(steps):
            held = held_after_forward(problem, steps)
            return [i for i, node in enumerate(candidates) if needs[node] and needs[node] <= held]

        low, high, best = 0.0, 1.0, []
        if sum(memory[i] for i in saved_by(plain)) <= max_memory:
            low, best = high, saved_by(plain)
        for _ in range(self.tries if low < high else 0):
            middle = (low + high) / 2
            try:
                steps = planner.plan_once(problem, middle * top, self.program, self.time_limit)["steps"]
            except planner.NoPlan:
                low = middle
                continue
            saved = saved_by(steps)
            if sum(memory[i] for i in saved) <= max_memory:
                low, best = middle, saved
            else:
                high = middle
        return best, [i for i in range(len(candidates)) if i not in set(best)]
