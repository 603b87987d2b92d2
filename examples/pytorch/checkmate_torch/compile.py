# SPDX-License-Identifier: Apache-2.0
"""checkmate_torch.compile: torch.compile within a memory budget."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any, TypeVar, cast

import torch
from torch import nn
from torch.utils._pytree import tree_flatten

from .fusion import InstallChoices
from .partitioner import Partitioner, Replan, Session
from .planning import Effort, NoPlan, check_budget, parse_bytes, show_bytes
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

    The second step is measured on a GPU; if it takes more than the budget, the model is planned below it and compiled again.
    The first call raises NoPlan (one sentence) where no plan fits. A graph that cannot be planned is left to PyTorch's own
    partitioner, with a warning. `compiled.checkmate.reports` says what was planned, graph by graph; a
    graph that Inductor finds in its cache keeps the plan it was compiled with, and is not reported."""
    planned = inductor_options(budget, reserve=reserve, effort=effort, verbose=verbose)
    session: Session = planned["custom_partitioner_fn"].session
    from_mode = torch._inductor.list_mode_options(mode) if mode else {}
    compiled = torch.compile(model, dynamic=False, options={**from_mode, **(options or {}), **planned}, **more)
    if isinstance(compiled, nn.Module):
        compiled.forward = _planned(compiled.forward, session, model)
    else:
        compiled = _planned(compiled, session, model)
    object.__setattr__(compiled, "checkmate", session)
    return cast(Compiled, compiled)


def _planned(call: Callable[..., Any], session: Session, model: Any) -> Callable[..., Any]:
    """The compiled call: raises NoPlan as such; compiles anew where a later graph found too little left, and where a step
    was measured above the budget."""
    watch = Watch(session)

    @functools.wraps(call)
    def run(*args: Any, **kwargs: Any) -> Any:
        before = _State(model) if not session.reports else None
        watch.begin()
        while True:
            session.fault = None
            try:
                with torch._dynamo.config.patch(**without_logging()):
                    return watch.end(call(*args, **kwargs))
            except Exception:
                if isinstance(session.fault, NoPlan):
                    raise session.fault from None
                if not isinstance(session.fault, Replan) or before is None:
                    raise
            before.restore()
            session.start_over()

    return run


class Watch:
    """Measures the second step, from its forward call to the end of its backward pass (on a GPU; the allocator's peak
    statistics are reset for it). What it took above the budget is planned away: kernels hold what no plan can know."""

    MOST_ADJUSTMENTS = 3

    def __init__(self, session: Session):
        self.session, self.steps, self.adjustments = session, 0, 0
        self.start: int | None = None

    def begin(self) -> None:
        """To be called before the forward pass."""
        session = self.session
        if session.reports and session.measured is not None:
            first = session.reports[0]  # what was there before it is not the step's
            over, session.measured = session.measured - (first.budget - first.fixed_memory), None
            if over > 0 and self.adjustments < self.MOST_ADJUSTMENTS:
                self.adjustments += 1
                self.steps = 0
                session.lowered += over
                warnings.warn(f"a planned step took {show_bytes(over)} more than its budget; planned and compiled again")
                session.start_over()
        if self.steps == 1 and session.reports:
            self.start = reset_peak()

    def end(self, value: Any) -> Any:
        """To be called with what the forward pass returned."""
        outputs = [t for t in tree_flatten(value)[0] if isinstance(t, torch.Tensor) and t.requires_grad]
        if not outputs or not torch.is_grad_enabled():
            return value
        self.steps += 1
        if self.steps == 2 and self.session.reports and self.start is not None:
            outputs[0].register_hook(self._backward_begins)
        return value

    def _backward_begins(self, gradient: torch.Tensor) -> None:
        def backward_ends() -> None:
            if self.start is not None:
                self.session.measured = peak() - self.start

        torch.autograd.Variable._execution_engine.queue_callback(backward_ends)


def reset_peak() -> int | None:
    """Starts a measurement of what is allocated at most: the bytes allocated now; None where nothing counts them."""
    if not torch.cuda.is_initialized():
        return None
    torch.cuda.reset_peak_memory_stats()
    return torch.cuda.memory_allocated()


def peak() -> int:
    """Bytes allocated at most since reset_peak."""
    return torch.cuda.max_memory_allocated()


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
