# SPDX-License-Identifier: Apache-2.0
"""Schedules without torch: read them, check them against a graph, drive an engine with them.

A graph and a schedule are the JSON objects of the checkmate-graph and checkmate-schedule formats. The replay here is
the memory model's own (see the library's simulator), with one thing added: what a real engine allocates. An operator
of PyTorch always allocates all of its outputs, so an output that is still held when its node runs again exists twice
for a moment; `replay` reports the peak both ways.
"""

import gzip
import json
from collections import namedtuple

Replay = namedtuple("Replay", "time peak engine_peak executions curve")
"""time: sum of costs; peak, engine_peak: bytes, pinned memory included; curve: (time so far, bytes while running)."""


class ScheduleError(ValueError):
    """The schedule does not fit the graph; the text names the step."""


def load(path):
    """The JSON object in a file, compressed or not."""
    with (gzip.open if str(path).endswith(".gz") else open)(path, "rt") as file:
        return json.load(file)


def save(path, what):
    """Writes a JSON object, compressed if the name ends in .gz."""
    with (gzip.open if str(path).endswith(".gz") else open)(path, "wt") as file:
        json.dump(what, file)


def outputs_of(node):
    """Bytes of each value of a node of a graph file."""
    return node.get("outputs", [node["memory"]])


def reads_of(graph):
    """For each node the values (node, output) that it reads; all outputs of its predecessors if the file names none."""
    listed = [[tuple(read) for read in node.get("reads", [])] for node in graph["nodes"]]
    for u, v in graph.get("edges", []):
        if "reads" not in graph["nodes"][v]:
            listed[v] += [(u, k) for k in range(len(outputs_of(graph["nodes"][u])))]
    return listed


def plain_steps(graph):
    """The schedule that executes every node once, in order, and frees every value right after its last read."""
    last, reads = {}, reads_of(graph)
    for node in graph["nodes"]:
        for k in range(len(outputs_of(node))):
            last[node["id"], k] = node["id"]
        for read in reads[node["id"]]:
            last[read] = node["id"]
    dying = {}
    for (v, k), at in last.items():
        if k not in graph["nodes"][v].get("keep", []):
            dying.setdefault(at, []).append((v, k))
    steps = []
    for node in graph["nodes"]:
        steps.append({"op": "compute", "node": node["id"]})
        steps += [{"op": "free", "node": v, "output": k} for v, k in sorted(dying.get(node["id"], []))]
    return steps


def replay(graph, steps):
    """Replays a schedule and says what it costs; ScheduleError if it breaks the memory model's rules."""
    nodes, reads, pinned = graph["nodes"], reads_of(graph), graph.get("fixed_memory", 0)
    held, runs = {}, [0] * len(nodes)
    time, resident, peak, engine_peak, curve = 0.0, pinned, pinned, pinned, []
    for at, step in enumerate(steps):
        v = step["node"]
        if not 0 <= v < len(nodes):
            raise ScheduleError(f"step {at}: there is no node {v}")
        if step["op"] == "free":
            if held.pop((v, step["output"]), None) is None:
                raise ScheduleError(f"step {at}: frees output {step['output']} of node {v}, which is not resident")
            resident -= outputs_of(nodes[v])[step["output"]]
            continue
        node, runs[v] = nodes[v], runs[v] + 1
        if runs[v] > 1 and node.get("run_once"):
            raise ScheduleError(f"step {at}: executes node {v} again, which may run only once")
        for read in reads[v]:
            if read not in held:
                raise ScheduleError(f"step {at}: node {v} reads output {read[1]} of node {read[0]}, which is not resident")
        twice = 0
        for k, size in enumerate(outputs_of(node)):
            if (v, k) in held:
                twice += size
            else:
                held[v, k] = True
                resident += size
        running = resident + node.get("workspace", 0)
        curve.append((time, running))
        time += node["cost"]
        peak, engine_peak = max(peak, running), max(engine_peak, running + twice)
    for node in nodes:
        if not runs[node["id"]]:
            raise ScheduleError(f"node {node['id']} is never executed")
        for k in node.get("keep", []):
            if (node["id"], k) not in held:
                raise ScheduleError(f"output {k} of node {node['id']} must be held at the end and is not")
    return Replay(time, peak, engine_peak, sum(runs), curve)


def execute(steps, engine):
    """Drives an engine: engine.compute(node, again) and engine.free(node, output), in the schedule's order."""
    done = set()
    for step in steps:
        if step["op"] == "compute":
            engine.compute(step["node"], step["node"] in done)
            done.add(step["node"])
        else:
            engine.free(step["node"], step["output"])
