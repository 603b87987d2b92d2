# SPDX-License-Identifier: Apache-2.0
"""checkmate_step: the bits of eager, in less memory, on models that people have."""

from __future__ import annotations

import warnings

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import small_models
from checkmate_torch import Effort, NoPlan, Unsupported, checkmate_step
from checkmate_torch.capture import capture, drop_dead
from checkmate_torch.operators import storage_bytes, storage_key, tensors
from checkmate_torch.step import Shape, Step

QUICK = Effort(moves=3000)


def clear(model):
    for p in model.parameters():
        p.grad = None


def eager(model, loss, batch, seed=1):
    """(value, gradients, buffers after) of plain PyTorch; the model is left as it was."""
    before = {k: v.clone() for k, v in model.state_dict().items()}
    clear(model)
    torch.manual_seed(seed)
    value = loss(model, **batch)
    value.backward()
    results = value.detach(), [p.grad for p in model.parameters()], {k: v.clone() for k, v in model.state_dict().items()}
    model.load_state_dict(before)
    clear(model)
    return results


def tight(model, loss, batch, fraction=0.5):
    """A step at a budget between the smallest and what the plain step needs; the model is left as it was."""
    before = {k: v.clone() for k, v in model.state_dict().items()}
    plain = checkmate_step(model, loss, "100%", verbose=False)
    plain(**batch)
    model.load_state_dict(before)
    clear(model)
    least, most = plain.report.smallest_budget, plain.report.plain_peak
    for f in (fraction, fraction + 0.25):
        try:
            step = checkmate_step(model, loss, least + int(f * (most - least)), effort=QUICK, verbose=False)
            step._compiled_once = step(**batch)
        except NoPlan:
            continue
        model.load_state_dict(before)
        clear(model)
        return step
    raise AssertionError("no plan found")


@pytest.mark.parametrize("name", small_models.CASES)
def test_a_planned_step_has_the_bits_of_eager_and_updates_buffers_once(name):
    model, loss, batch = small_models.make(name)
    value, gradients, buffers = eager(model, loss, batch)
    try:
        step = tight(model, loss, batch, 0.7)
    except Unsupported as why:
        assert name in ("whisper", "mixtral") and "ata-dependent" in str(why) or "depends on data" in str(why)
        pytest.skip(f"this release of transformers: {why}")
    torch.manual_seed(1)
    got = step(**batch)
    assert step.report.executions > step.report.operators, "nothing is recomputed: the test shows nothing"
    assert step.report.predicted_peak <= step.report.budget < step.report.plain_peak
    assert torch.equal(got, value)
    for p, want in zip(model.parameters(), gradients):
        assert p.grad is want or torch.equal(p.grad, want)
    for key, want in buffers.items():
        assert torch.equal(model.state_dict()[key], want), key


class Watch(torch.utils._python_dispatch.TorchDispatchMode):
    """The most bytes of storages that are alive at once, those that are there before left out."""

    def __init__(self, known):
        super().__init__()
        self.known, self.alive, self.most = set(known), {}, 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        import weakref

        out = function(*args, **(kwargs or {}))
        for t in tensors(out):
            key = storage_key(t)
            if key not in self.known and key not in self.alive:
                storage = t.untyped_storage()
                self.alive[key] = storage_bytes(t, "cpu")
                weakref.finalize(storage, self.alive.pop, key, None)
        self.most = max(self.most, sum(self.alive.values()))
        return out


@pytest.mark.parametrize("name", ["resnet18", "llama", "timm_swin"])
def test_what_is_alive_at_the_peak_is_what_the_plan_says(name):
    model, loss, batch = small_models.make(name)
    step = tight(model, loss, batch)
    shape, = step.shapes
    line = shape.lines[False]
    inputs = _flat_inputs(step, batch)
    known = [storage_key(t) for t in tensors([inputs, shape.one])]
    with torch.no_grad(), Watch(known) as watch:
        line.module(*shape.arguments(inputs, shape.one))
    assert watch.most == line.report.predicted_peak - line.report.fixed_memory


def _flat_inputs(step, batch):
    """What Dynamo would give the backend for a batch."""
    caught = []
    call = Shape.__call__
    try:
        Shape.__call__ = lambda self, *inputs: (caught.append(inputs), call(self, *inputs))[1]
        step(**batch)
    finally:
        Shape.__call__ = call
    return caught[0]


def test_views_cost_nothing_and_tied_weights_have_one_gradient():
    model, loss, batch = small_models.make("qwen2")
    step = tight(model, loss, batch)
    names = " ".join(u.label for u in step.shapes[0].units.units)
    assert not any(view in names for view in ("aten.view.", "aten.t.", "aten.transpose.", "aten.detach", "aten.slice."))
    assert model.lm_head.weight is model.model.embed_tokens.weight


def test_gradients_accumulate_and_then_the_budget_leaves_room_for_them():
    model, loss, batch = small_models.make("timm_convnext")
    _, gradients, _ = eager(model, loss, batch)
    step = checkmate_step(model, loss, "100%", verbose=False)
    step(**batch)
    alone = step.report.fixed_memory
    step(**batch)
    assert step.report.fixed_memory > alone
    for p, want in zip(model.parameters(), gradients):
        assert torch.equal(p.grad, want + want)


def test_every_shape_gets_a_plan_of_its_own_when_it_is_first_seen():
    model, loss, batch = small_models.make("llama")
    step = checkmate_step(model, loss, "100%", verbose=False)
    step(**batch)
    short = {k: v[:, :7].contiguous() for k, v in batch.items()}
    value, gradients, _ = eager(model, loss, short)
    clear(model)
    assert torch.equal(step(**short), value)
    assert len(step.shapes) == 2
    for p, want in zip(model.parameters(), gradients):
        assert torch.equal(p.grad, want)
    step(**batch)
    assert len(step.shapes) == 2


def test_more_than_the_loss_may_be_returned():
    model, _, batch = small_models.make("vit")

    def loss(model, **batch):
        out = model(**batch)
        return out.loss, {"logits": out.logits}

    value, rest = checkmate_step(model, loss, "100%", verbose=False)(**batch)
    want = model(**batch)
    assert torch.equal(value, want.loss.detach()) and torch.equal(rest["logits"], want.logits.detach())
    assert not rest["logits"].requires_grad


def test_a_grad_scaler_multiplies_the_gradients():
    model, loss, batch = small_models.make("resnet18")
    _, gradients, _ = eager(model, loss, batch)
    step = checkmate_step(model, loss, "100%", verbose=False)
    step.scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
    step(**batch)
    for p, want in zip(model.parameters(), gradients):
        torch.testing.assert_close(p.grad, 4 * want)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    before = [p.detach().clone() for p in model.parameters()]
    step.scaler.step(optimizer)
    for p, b, want in zip(model.parameters(), before, gradients):
        torch.testing.assert_close(p.detach(), b - 0.1 * want)


def test_training_goes_as_in_eager():
    runs = []
    for planned in (False, True):
        model, loss, batch = small_models.make("gpt2_dropout")
        optimizer = torch.optim.Adam(model.parameters(), 1e-3)
        call = tight(model, loss, batch, 0.7) if planned else lambda **b: loss(model, **b)
        torch.manual_seed(3)
        for _ in range(3):
            optimizer.zero_grad()
            value = call(**batch)
            if not planned:
                value.backward()
            optimizer.step()
        runs.append([p.detach().clone() for p in model.parameters()])
    assert all(torch.equal(a, b) for a, b in zip(*runs))


def test_a_budget_that_cannot_be_met_is_one_sentence():
    model, loss, batch = small_models.make("llama")
    with pytest.raises(NoPlan) as refused:
        checkmate_step(model, loss, "10KiB", verbose=False)(**batch)
    assert "smallest budget that any plan can meet is" in str(refused.value) and "\n" not in str(refused.value)


def test_a_reserve_is_left_free():
    model, loss, batch = small_models.make("llama")
    step = checkmate_step(model, loss, "1GiB", reserve="0.5GiB", verbose=False)
    step(**batch)
    assert step.report.predicted_peak > 1 << 29


def test_what_cannot_be_traced_says_why_in_one_sentence():
    def loss(model, x):
        y = model(x)
        return y.sum() if y.sum().item() > 0 else y.mean()

    with pytest.raises(Unsupported) as refused:
        checkmate_step(nn.Linear(3, 3), loss, "1GiB", verbose=False)(torch.ones(2, 3))
    assert "\n" not in str(refused.value)


def test_a_loss_that_is_not_one_number_is_refused():
    with pytest.raises(Unsupported, match="one number"):
        checkmate_step(nn.Linear(3, 3), lambda model, x: model(x), "1GiB", verbose=False)(torch.ones(2, 3))


def test_ddp_is_refused_with_a_sentence(tmp_path):
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1)
    try:
        with pytest.raises(ValueError, match="never fires"):
            checkmate_step(nn.parallel.DistributedDataParallel(nn.Linear(3, 3)), lambda m, x: m(x).sum(), "1GiB")
    finally:
        torch.distributed.destroy_process_group()


def test_frozen_parameters_and_inputs_that_change_in_place():
    class Counting(nn.Module):
        def __init__(self):
            super().__init__()
            self.frozen, self.free = nn.Linear(8, 8).requires_grad_(False), nn.Linear(8, 8)
            self.register_buffer("seen", torch.zeros(8))

        def forward(self, x):
            y = F.relu(self.frozen(x), inplace=True)
            scaled = y * (1 + self.seen)
            self.seen.add_(y.detach().mean(0))
            return self.free(scaled).square().mean()

    torch.manual_seed(0)
    model, batch = Counting(), {"x": torch.randn(4, 8)}
    loss = lambda model, x: model(x)  # noqa: E731
    model(**batch)
    value, gradients, buffers = eager(model, loss, batch)
    step = checkmate_step(model, loss, "100%", verbose=False)
    assert torch.equal(step(**batch), value)
    for p, want in zip(model.parameters(), gradients):
        assert p.grad is want or torch.equal(p.grad, want)
    assert torch.equal(model.seen, buffers["seen"])


def test_tracing_runs_no_operator_of_the_step():
    model = nn.Sequential(nn.Linear(1000, 1000), nn.GELU(), nn.Linear(1000, 1000))
    batch = torch.zeros(1).expand(2**33, 1000)  # 4 bytes; what the step makes of it would be 34 TB
    seen = []

    def backend(graph, inputs):
        joint = capture(graph, inputs)
        drop_dead(joint.module)
        seen.append(joint)
        raise StopIteration

    with pytest.raises(Exception, match="StopIteration"):
        torch.compile(lambda x: model(x).square().mean(), backend=backend, fullgraph=True, dynamic=False)(batch)
    assert len(seen[0].gradients) == 4


def test_no_warning_is_given_where_all_is_well():
    model, loss, batch = small_models.make("vit")
    with warnings.catch_warnings():
        warnings.filterwarnings("error", module="checkmate_torch")
        tight(model, loss, batch)


def test_a_step_is_what_checkmate_step_returns():
    assert isinstance(checkmate_step(nn.Linear(1, 1), lambda m, x: m(x).sum(), "1GiB"), Step)
