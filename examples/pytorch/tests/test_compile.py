# SPDX-License-Identifier: Apache-2.0
"""checkmate_torch.compile: plans inside Inductor. Kernels take long to compile on a CPU, so few models are compiled; the
others go through Inductor's own passes and our partitioner, and then run operator by operator."""

from __future__ import annotations

import sys
import warnings

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import checkmate_torch
import small_models
from checkmate_torch import Effort, NoPlan
from checkmate_torch.fusion import Profile
from checkmate_torch.partitioner import Partitioner, Session

QUICK = Effort(moves=3000)


def run_partitioned(model, loss, batch, session, seed=1):
    """(value, gradients, buffers after) of the planned graphs, executed operator by operator; the model is left as it was."""
    import torch._inductor.config as config
    from functorch.compile import make_boxed_func
    from torch._dynamo.backends.common import aot_autograd
    from torch._inductor.compile_fx import partition_fn
    from torch._inductor.decomposition import select_decomp_table

    def partition(graph, inputs, **more):
        with config.patch(custom_partitioner_fn=Partitioner(session)):
            return partition_fn(graph, inputs, **more)

    compiler = lambda graph, _: make_boxed_func(graph.forward)  # noqa: E731
    backend = aot_autograd(fw_compiler=compiler, bw_compiler=compiler, partition_fn=partition,
                           decompositions=select_decomp_table)
    torch._dynamo.reset()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    torch.manual_seed(seed)
    with config.patch(fallback_random=True), warnings.catch_warnings():
        warnings.filterwarnings("error", message="checkmate does not plan")
        value = torch.compile(lambda **b: loss(model, **b), backend=backend, dynamic=False)(**batch)
        value.backward()
    return _results(model, value, before)


def run_eager(model, loss, batch, seed=1):
    before = {k: v.clone() for k, v in model.state_dict().items()}
    torch.manual_seed(seed)
    value = loss(model, **batch)
    value.backward()
    return _results(model, value, before)


def _results(model, value, before):
    found = value.detach(), [p.grad for p in model.parameters()], {k: v.clone() for k, v in model.state_dict().items()}
    model.load_state_dict(before)
    for p in model.parameters():
        p.grad = None
    return found


def close(got, want, tolerance):
    assert abs(got[0] - want[0]) <= tolerance * max(1, abs(want[0]))
    for g, w in zip(got[1], want[1]):
        assert (g is None) == (w is None)
        if w is not None:
            assert (g - w).norm() <= tolerance * max(1.0, w.norm().item())
    for key, w in want[2].items():
        torch.testing.assert_close(got[2][key], w, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", ["gpt2_dropout", "bert", "t5", "timm_swin", "resnet18_autocast"])
def test_planned_graphs_have_the_gradients_of_eager(name):
    model, loss, batch = small_models.make(name)
    model = model.double()
    batch = {k: v.double() if v.is_floating_point() else v for k, v in batch.items()}
    want = run_eager(model, loss, batch)
    plain = Session("100%", verbose=False)
    run_partitioned(model, loss, batch, plain)
    top = max(plain.reports, key=lambda r: r.plain_peak)
    session = Session(top.smallest_budget + int(0.7 * (top.plain_peak - top.smallest_budget)), effort=QUICK, verbose=False)
    got = run_partitioned(model, loss, batch, session)
    assert session.reports and sum(r.executions - r.operators for r in session.reports) > 0
    assert all(r.predicted_peak <= r.budget for r in session.reports)
    close(got, want, 1e-6)  # Hugging Face computes parts in single precision whatever the model's


class Wide(nn.Module):
    """Blocks whose activations are large beside their weights."""

    def __init__(self, depth=4, width=32):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(width, width) for _ in range(depth)])

    def forward(self, x):
        for layer in self.layers:
            x = x + F.gelu(layer(torch.tanh(x)))
        return x


@pytest.fixture
def wide():
    torch.manual_seed(0)
    model = Wide().double()
    return model, lambda model, x: model(x).square().mean(), {"x": torch.randn(2048, 32, dtype=torch.double)}


def test_a_compiled_model_keeps_its_plan_and_its_gradients(wide):
    model, loss, batch = wide
    want = run_eager(model, loss, batch)
    whole = lambda x: loss(model, x)  # noqa: E731
    plain = checkmate_torch.compile(whole, "100%", verbose=False)
    plain(**batch).backward()
    top, = plain.checkmate.reports
    for p in model.parameters():
        p.grad = None
    torch._dynamo.reset()
    budget = top.smallest_budget + (top.plain_peak - top.smallest_budget) // 3
    compiled = checkmate_torch.compile(whole, budget, effort=QUICK, verbose=False)
    value = compiled(**batch)
    value.backward()
    report, = compiled.checkmate.reports
    assert report.predicted_peak <= budget < report.plain_peak and report.executions > report.operators
    close(_results(model, value, model.state_dict()), want, 1e-9)


def test_a_module_is_compiled_as_a_module(wide):
    model, _, batch = wide
    compiled = checkmate_torch.compile(model, "100%", verbose=False)
    assert isinstance(compiled, nn.Module)
    torch.testing.assert_close(compiled(batch["x"]), model(batch["x"]))
    compiled(batch["x"]).sum().backward()
    assert compiled.checkmate.reports


def test_a_budget_that_cannot_be_met_is_one_sentence(wide):
    model, loss, batch = wide
    with pytest.raises(NoPlan) as refused:
        checkmate_torch.compile(lambda x: loss(model, x), 1000, verbose=False)(**batch)
    assert "smallest budget that any plan can meet is" in str(refused.value) and "\n" not in str(refused.value)


def test_what_cannot_be_planned_is_left_to_pytorch_with_a_warning_that_says_why(wide):
    from torch.utils.checkpoint import checkpoint

    model, loss, batch = wide
    want = run_eager(model, loss, batch)
    inner = lambda model, x: checkpoint(model, x, use_reentrant=False).square().mean()  # noqa: E731
    session = Session("100%", verbose=False)
    with pytest.warns(UserWarning, match="WITHOUT A BUDGET.*checkpoint"):
        import torch._inductor.config as config
        with config.patch(custom_partitioner_fn=Partitioner(session)):
            torch.compile(lambda x: inner(model, x), dynamic=False)(**batch).backward()
    assert not session.reports
    for p, w in zip(model.parameters(), want[1]):
        torch.testing.assert_close(p.grad, w)


def test_one_budget_holds_for_all_graphs_of_a_model(wide):
    model, _, batch = wide

    def loss(model, x):
        y = model(x)
        torch._dynamo.graph_break()
        z = model(y * 0.5)
        return z.square().mean()

    want = run_eager(model, loss, batch)
    plain = Session("100%", verbose=False)
    run_partitioned(model, loss, batch, plain)
    assert len(plain.reports) == 2
    first, second = plain.reports
    assert second.smallest_budget <= first.plain_peak


def test_a_step_measured_above_its_budget_is_planned_again_below_it(wide, monkeypatch):
    module = sys.modules["checkmate_torch.compile"]  # the package's `compile` is the function
    model, loss, batch = wide
    monkeypatch.setattr(module, "reset_peak", lambda: 1000)
    session = Session(1 << 30, verbose=False)
    monkeypatch.setattr(module, "peak", lambda: 1000 + (1 << 30) + 77 - session.reports[0].fixed_memory)

    def call(x):
        if not session.reports:  # what Inductor would do
            session.reports.append(_report(session))
        return loss(model, x)

    run = module._planned(call, session, model)
    for _ in range(2):
        run(**batch).backward()
    assert session.lowered == 0 and session.measured is not None
    with pytest.warns(UserWarning, match="77 bytes more than its budget"):
        run(**batch).backward()
    assert session.lowered == 77 and len(session.reports) == 1


def _report(session):
    from checkmate_torch.partitioner import GraphReport
    return GraphReport("", session.budget, 500, 0, 0, 0, 0.0, 0.0, 0, 0)


def test_the_partitioner_is_told_apart_by_all_that_its_plans_depend_on():
    ids = {Partitioner(Session(budget, reserve, effort)).uuid() for budget in ("1GiB", "2GiB") for reserve in (0, 1)
           for effort in (Effort(), QUICK)}
    assert len(ids) == 8
    assert Partitioner(Session("1GiB")).uuid() == Partitioner(Session("1GiB")).uuid()


def test_a_fusion_that_breaks_the_planned_peak_is_refused():
    class Stub:
        def __init__(self, sizes, reads):
            self.sizes, self.reads, self.workspace = sizes, reads, 0

    class Stubs:
        units = [Stub([10], set()), Stub([10], {(0, 0)}), Stub([10], set()), Stub([1], {(1, 0), (2, 0)})]

    steps = [(0, -1), (1, -1), (0, 0), (2, -1), (3, -1), (1, 0), (2, 0)]
    assert Profile(Stubs, steps, 0, 21).running == [0, 10, 20, 20, 21]
    assert Profile(Stubs, steps, 0, 21).fits(frozenset({1, 2}))  # the value between them needs no memory
    assert not Profile(Stubs, steps, 0, 21).fits(frozenset({2, 3}))  # the first value would live beside the third
    assert Profile(Stubs, steps, 0, 31).fits(frozenset({2, 3}))
