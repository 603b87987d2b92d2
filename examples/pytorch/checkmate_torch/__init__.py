# SPDX-License-Identifier: Apache-2.0
"""checkmate for PyTorch: trace a training step, plan it with the `checkmate` program, run it within a memory budget.

    step = checkmate_step(model, loss, (inputs, targets), budget="4GiB")
    value = step(inputs, targets)        # gradients in parameter.grad

schedule.py  schedules without torch        tracing.py   an nn.Module's step as ATen operators
planner.py   calls the program              program.py   operators and storages; execution of a schedule
step.py      checkmate_step                 profiling.py times, workspaces, peaks
verify.py    predicted and measured, bit by bit
"""

try:
    from .step import Profiled, Step, checkmate_step
except ModuleNotFoundError as missing:  # schedule.py and planner.py work without torch
    if missing.name != "torch":
        raise

from .planner import NoPlan, parse_bytes
