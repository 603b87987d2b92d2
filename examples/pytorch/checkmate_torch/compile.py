# SPDX-License-Identifier: Apache-2.0
"""checkmate_torch.compile: torch.compile within a memory budget."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch import nn

from .fusion import InstallChoices
from .partitioner import Partitioner, Replan, Session
from .planning import Effort, NoPlan, check_budget, parse_bytes
from .tracing import without_logging

Compiled = TypeVar("Compiled", bound=Callable[..., Any])


def inductor_options(budget: int | float | str, *, reserve: int | str = 0, effort: Effort = Effort(),
                     verbose: bool = True) -> dict[str, Any]:
    """Options for one's own torch.compile call: torch.compile(model, options=inductor_options("24GiB"), dynamic=False)."""
    check_budget(budget)
    return {"custom_partitioner_fn": Partitioner(Session(budget, parse_bytes(reserve), effort, verbose)),
            "post_grad_custom_pre_pass": InstallChoices()}


def compile(model: Compiled, budget: int | float | str, *, reserve: int | str = 0, effort: Effort = Effort(),
            verbose: bool = True, mode: str | None = None, options: dict[str, Any] | None = None,
            **more: Any) -> Compiled:
    """torch.compile, with what is recomputed in the backward pass planned so that the peak stays within `budget`.

        model = checkmate_torch.compile(model, budget="24GiB")

    model    a module or a function, as for torch.compile; compile what computes the loss, if you can, since what happens
             between a compiled model and its backward pass is not planned
    budget   the largest peak: bytes, "24GiB", or "60%" of what the plain step needs. All that is allocated on the GPU when a
             graph is compiled counts
    reserve  of the budget, what must stay free for what comes later: an optimizer's state before its first step
    effort   how long to plan
    mode, options, more   as for torch.compile; shapes are static (dynamic=False)

    The first call raises NoPlan (one sentence) where no plan fits. A graph that cannot be planned is left to PyTorch's own
    partitioner, with a warning. `compiled.checkmate.reports` says what was planned, graph by graph."""
    planned = inductor_options(budget, reserve=reserve, effort=effort, verbose=verbose)
    session: Session = planned["custom_partitioner_fn"].session
    from_mode = torch._inductor.list_mode_options(mode) if mode else {}
    compiled = torch.compile(model, dynamic=False, options={**from_mode, **(options or {}), **planned}, **more)
    if isinstance(compiled, nn.Module):
        compiled.forward = _planned(compiled.forward, session, model)
    else:
        compiled = _planned(compiled, session, model)
    object.__setattr__(compiled, "checkmate", session)
    return compiled


def _planned(call: Callable[..., Any], session: Session, model: Any) -> Callable[..., Any]:
    """The compiled call: raises NoPlan as such, and compiles anew where a later graph found too little left."""

    @functools.wraps(call)
    def run(*args: Any, **kwargs: Any) -> Any:
        before = _State(model) if not session.reports else None
        while True:
            session.trouble = None
            try:
                with torch._dynamo.config.patch(**without_logging()):
                    return call(*args, **kwargs)
            except Exception:
                if isinstance(session.trouble, NoPlan):
                    raise session.trouble from None
                if not isinstance(session.trouble, Replan) or before is None:
                    raise
            before.restore()
            session.reports.clear()
            torch._dynamo.reset()

    return run


class _State:
    """What the graphs before the one that asks to plan anew have changed: a module's buffers, the random numbers."""

    def __init__(self, model: Any):
        self.buffers = [(b, b.detach().clone()) for b in model.buffers()] if isinstance(model, nn.Module) else []
        self.numbers = torch.get_rng_state()
        self.cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []

    def restore(self) -> None:
        with torch.no_grad():
            for buffer, value in self.buffers:
                buffer.copy_(value)
        torch.set_rng_state(self.numbers)
        if self.cuda:
            torch.cuda.set_rng_state_all(self.cuda)
