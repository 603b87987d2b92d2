# SPDX-License-Identifier: Apache-2.0
"""Calls the `checkmate` program: a graph and a budget go in, a schedule comes out."""

import json
import os
import re
import shutil
import subprocess
import tempfile

from . import schedule as schedules

UNITS = {"": 1, "B": 1, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12,
         "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}


class NoPlan(RuntimeError):
    """No schedule fits the budget, or none was found; the text is the program's."""


def parse_bytes(text):
    """Bytes of 4294967296, "4GiB" or "500 MB"."""
    match = re.fullmatch(r"\s*([0-9.]+)\s*([A-Za-z]*)\s*", str(text))
    if not match or match[2].upper() not in UNITS:
        raise ValueError(f"{text!r} is not an amount of memory; write 4GiB, 500MB or a number of bytes")
    return int(float(match[1]) * UNITS[match[2].upper()])


def find_program(program=None):
    """The `checkmate` program: as given, from CHECKMATE_PROGRAM, or on the PATH."""
    found = program or os.environ.get("CHECKMATE_PROGRAM") or shutil.which("checkmate")
    if not found:
        raise FileNotFoundError("there is no `checkmate` program on the PATH; build it and set CHECKMATE_PROGRAM")
    return found


def smallest_budget(graph, program=None):
    """The smallest budget that any schedule could conceivably meet (`checkmate info`), in bytes."""
    with tempfile.TemporaryDirectory() as folder:
        inside = os.path.join(folder, "graph.json")
        schedules.save(inside, graph)
        said = subprocess.run([find_program(program), "info", inside, "--json"], capture_output=True, text=True,
                              check=True)
    return json.loads(said.stdout)["smallest_budget"]


def plan_once(graph, budget, program=None, time_limit=20.0, options=()):
    """One call of `checkmate plan`: the schedule file's object; NoPlan if there is none."""
    with tempfile.TemporaryDirectory() as folder:
        inside, outside = os.path.join(folder, "graph.json"), os.path.join(folder, "schedule.json")
        schedules.save(inside, graph)
        command = [find_program(program), "plan", inside, "--budget", str(int(budget)), "--out", outside,
                   "--time-limit", str(time_limit), "--json", *options]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        if ran.returncode:
            raise NoPlan(f"{' '.join(command)}: {ran.stdout.strip()} {ran.stderr.strip()}")
        found = schedules.load(outside)
        found["report"] = json.loads(ran.stdout)
        return found


def plan(graph, budget, program=None, time_limit=20.0, options=(), tries=4):
    """A schedule whose peak *as PyTorch executes it* is within the budget (see `schedule.replay`).

    The two peaks differ only where a node runs again while some of its outputs are still held; the budget is then
    lowered by the difference and the plan made anew. A schedule still above it after `tries` is refused."""
    asked = budget
    for _ in range(tries):
        found = plan_once(graph, asked, program, time_limit, options)
        found["replay"] = schedules.replay(graph, found["steps"])
        excess = found["replay"].engine_peak - budget
        if excess <= 0:
            return found
        asked -= excess
    raise NoPlan(f"no schedule found whose peak stays within {budget} bytes when outputs are allocated anew")
