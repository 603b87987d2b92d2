# SPDX-License-Identifier: Apache-2.0
"""checkmate for PyTorch: training within a memory budget.

    model = checkmate_torch.compile(model, budget="24GiB")                  # inside torch.compile
    step = checkmate_torch.checkmate_step(model, loss, budget="24GiB")      # eager's own kernels, in one straight line

compile.py      torch.compile's front          step.py     checkmate_step
partitioner.py  plans in Inductor              capture.py  the joint graph of a step
fusion.py       keeps them through fusion      rewrite.py  a plan as a graph
units.py        a joint graph as a problem     costs.py    what operators take
planning.py     problems, plans, budgets       operators.py, device.py
"""

from .compile import compile, inductor_options
from .planning import Effort, NoPlan, Plan, parse_bytes
from .step import Step, checkmate_step
from .units import Unsupported

__all__ = ["Effort", "NoPlan", "Plan", "Step", "Unsupported", "checkmate_step", "compile", "inductor_options", "parse_bytes"]
