# SPDX-License-Identifier: Apache-2.0
"""Tests of tracing and execution with torch (1.13 or later), on small versions of the measured networks; on a GPU too if
there is one.

Exits with 77 (skipped) where torch cannot be imported or the checkmate program is not named by CHECKMATE_PROGRAM."""

import os
import sys
import types
import unittest
import weakref
from unittest import mock

os.environ.setdefault("PYTORCH_CUDA_ALLOC_CONF", "expandable_segments:True")  # peaks to the byte, see profiling.py
os.environ.setdefault("PYTORCH_ALLOC_CONF", "expandable_segments:True")

try:
    import torch
except ImportError:
    print("skipped: torch cannot be imported by", sys.executable)
    sys.exit(77)
if not os.environ.get("CHECKMATE_PROGRAM"):
    print("skipped: CHECKMATE_PROGRAM does not name the checkmate program")
    sys.exit(77)

import fit  # noqa: E402
import models  # noqa: E402
from checkmate_torch import Profiled, checkmate_step, planner, profiling  # noqa: E402
from checkmate_torch import schedule as schedules  # noqa: E402
from checkmate_torch.program import storage_of  # noqa: E402
from checkmate_torch.verify import verify  # noqa: E402

NETWORKS = (*models.NAMES, "gpt2_tied")
OTHER_FORMULA = () if hasattr(torch, "func") else ("llama_1b",)
"""Networks whose trace is not eager's to the bit: before 2.0, silu's backward is traced as its formula, not its kernel."""


def profiled(name, **options):
    model, loss, arguments, targets = models.make(name, tiny=True)
    return Profiled(model, loss, (arguments, targets), name=name, rounds=1, **options), model, loss, arguments, targets


def eager_step(model, loss, arguments, targets):
    """Loss and gradients of plain PyTorch, and the buffers after it; the model's buffers are put back."""
    before = {k: v.clone() for k, v in model.state_dict().items()}
    value = loss(model(*arguments), *targets)
    results = [value.detach(), *torch.autograd.grad(value, list(model.parameters()))]
    after = {k: v.clone() for k, v in model.state_dict().items()}
    model.load_state_dict(before)
    return results, after


def tight_plan(step, fraction=0.35):
    step.measure()
    graph = step.graph()
    least = planner.smallest_budget(graph)
    top = schedules.replay(graph, step.plain_steps()).peak
    for f in (fraction, fraction + 0.2, fraction + 0.4):
        try:
            return graph, planner.plan(graph, int(least + f * (top - least)), options=("--strategy", "greedy"))
        except planner.NoPlan:
            pass
    raise AssertionError("no plan found at any budget")


class Watched:
    """Runs a program and compares what is really held after every step with the schedule's own account."""

    def __init__(self, program, inputs):
        self.program, self.run = program, program.run(inputs)
        self.inputs = {storage_of(t)._cdata for t in inputs}
        self.resident, self.dead = set(), []

    def held(self):
        found = {}
        for leaves in self.run.leaves:
            for leaf in leaves or []:
                if isinstance(leaf, torch.Tensor):
                    found[storage_of(leaf)._cdata] = storage_of(leaf).nbytes()
        return sum(found.values())

    def expect(self):
        return sum(self.program.units[v].sizes[k] for v, k in self.resident)

    def compute(self, index, again):
        self.run.compute(index, again)
        self.resident |= {(index, k) for k in range(len(self.program.units[index].sizes))}
        assert self.held() == self.expect(), f"after {self.program.units[index].node}"

    def free(self, index, output):
        slots, leaves = self.program.units[index].slot_of_leaf, self.run.leaves[index]
        watch = [weakref.ref(leaf) for leaf, slot in zip(leaves, slots) if slot == output]
        self.run.free(index, output)
        assert all(w() is None for w in watch), f"something else holds output {output} of {self.program.units[index].node}"
        self.resident.remove((index, output))
        assert self.held() == self.expect()


class Networks(unittest.TestCase):
    def test_a_schedule_in_less_memory_gives_the_bits_of_eager_and_updates_buffers_once(self):
        for name in NETWORKS:
            with self.subTest(name):
                step, model, *rest = profiled(name)
                expected, buffers = eager_step(model, *rest)
                _, plan = tight_plan(step)
                self.assertGreater(plan["replay"].executions, len(step.program.units))
                if name in OTHER_FORMULA:
                    with step.buffers_kept():
                        eager, expected = expected, step.execute(step.plain_steps())
                    self.assertTrue(all(torch.allclose(a, b, rtol=1e-4, atol=1e-7) for a, b in zip(expected, eager)))
                results = step.execute(plan["steps"])
                for got, want in zip(results, expected):
                    self.assertTrue(torch.equal(got, want))
                for key, value in model.state_dict().items():
                    self.assertTrue(torch.equal(value, buffers[key]), key)

    def test_what_is_held_is_what_the_schedule_says_after_every_step(self):
        for name in NETWORKS:
            with self.subTest(name), torch.no_grad():
                step, *_ = profiled(name)
                _, plan = tight_plan(step)
                schedules.execute(plan["steps"], Watched(step.program, step.inputs()))

    def test_views_cost_nothing_and_share_the_storage_below(self):
        step, *_ = profiled("gpt2_small")
        names = " ".join(u.operator for u in step.program.units)
        for view in ("aten.view.", "aten.t.", "aten.transpose.", "aten.detach", "aten.slice.", "aten.split."):
            self.assertNotIn(view, names)

    def test_measuring_leaves_the_module_as_it_was(self):
        step, model, *_ = profiled("resnet50")
        before = {k: v.clone() for k, v in model.state_dict().items()}
        step.measure()
        self.assertTrue(all(torch.equal(v, before[k]) for k, v in model.state_dict().items()))


class Randomness(unittest.TestCase):
    def test_random_operators_run_once_unless_replayed(self):
        step, *_ = profiled("gpt_dropout")
        random = [u for u in step.program.units if u.random]
        self.assertTrue(random and all(u.run_once for u in random))

    def test_dropout_is_drawn_as_eager_draws_it(self):
        for rule in ("run_once", "replay"):
            with self.subTest(rule):
                step, model, loss, arguments, targets = profiled("gpt_dropout", random=rule)
                _, plan = tight_plan(step, 0.5)
                torch.manual_seed(3)
                expected, _ = eager_step(model, loss, arguments, targets)
                torch.manual_seed(3)
                for got, want in zip(step.execute(plan["steps"]), expected):
                    self.assertTrue(torch.equal(got, want))

    def test_a_replayed_random_operator_repeats_its_numbers_and_leaves_the_generator_alone(self):
        class Noisy(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.weight = torch.nn.Parameter(torch.ones(4))

            def forward(self, x):
                return x * self.weight * torch.rand_like(x)

        model = Noisy()
        step = Profiled(model, lambda out, y: ((out - y) ** 2).sum(), (torch.ones(4), torch.zeros(4)), random="replay")
        steps = step.plain_steps()
        at = next(u.index for u in step.program.units if u.random)
        twice = []
        for s in steps:  # throw the drawn numbers away and draw them again
            twice += [s, {"op": "free", "node": at, "output": 0}, s] if s == {"op": "compute", "node": at} else [s]
        torch.manual_seed(5)
        expected = step.execute(steps) + [torch.rand(3)]
        torch.manual_seed(5)
        got = step.execute(twice) + [torch.rand(3)]
        self.assertTrue(all(torch.equal(a, b) for a, b in zip(got, expected)))


class InPlace(unittest.TestCase):
    def test_a_module_that_writes_in_place_keeps_its_results(self):
        torch.manual_seed(0)
        layers = []
        for _ in range(6):
            layers += [torch.nn.Linear(16, 16), torch.nn.ReLU(inplace=True), torch.nn.Tanh()]
        model, x, y = torch.nn.Sequential(*layers), torch.randn(32, 16), torch.randn(32, 16)
        loss = lambda out, y: ((out - y) ** 2).mean()
        expected, _ = eager_step(model, loss, (x,), (y,))
        step = Profiled(model, loss, (x, y), rounds=1)
        _, plan = tight_plan(step, 0.6)
        for got, want in zip(step.execute(plan["steps"]), expected):
            self.assertTrue(torch.equal(got, want))
        if not step.traced.functionalized:
            self.assertTrue(step.program.order_matters)
            with self.assertRaisesRegex(ValueError, "order cannot be free"):
                checkmate_step(model, loss, (x, y), "1GiB", options=("--order=free",))


class Modules(unittest.TestCase):
    """What modules may do beyond having one name for each weight and training all of them."""

    loss = staticmethod(lambda out, y: ((out - y) ** 2).mean())

    def results_of(self, model, x, y):
        step = Profiled(model, self.loss, (x, y), rounds=1)
        return step.execute(step.plain_steps())

    def test_a_weight_with_two_names_gets_the_gradient_of_both_its_uses(self):
        class Tied(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.first, self.second = torch.nn.Linear(4, 4), torch.nn.Linear(4, 4)
                self.second.weight = self.first.weight

            def forward(self, x):
                return self.second(torch.tanh(self.first(x)))

        torch.manual_seed(0)
        model, x, y = Tied(), torch.randn(3, 4), torch.randn(3, 4)
        expected, _ = eager_step(model, self.loss, (x,), (y,))
        self.assertEqual(len(expected), 4)
        for got, want in zip(self.results_of(model, x, y), expected):
            self.assertTrue(torch.equal(got, want))

    def test_weights_that_take_no_gradient_get_none_and_the_others_theirs(self):
        torch.manual_seed(0)
        model = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Tanh(), torch.nn.Linear(4, 4))
        model[0].weight.requires_grad_(False)
        x, y = torch.randn(3, 4), torch.randn(3, 4)
        wanted = [p for p in model.parameters() if p.requires_grad]
        expected = torch.autograd.grad(self.loss(model(x), y), wanted)
        _, frozen, *got = self.results_of(model, x, y)
        self.assertIsNone(frozen)
        self.assertEqual(len(got), len(expected))
        self.assertTrue(all(torch.equal(a, b) for a, b in zip(got, expected)))

    def test_nothing_to_train_is_said(self):
        model = torch.nn.Linear(4, 4).requires_grad_(False)
        with self.assertRaisesRegex(ValueError, "no parameter of Linear takes a gradient"):
            self.results_of(model, torch.randn(3, 4), torch.randn(3, 4))


class LargestBatch(unittest.TestCase):
    def test_search_finds_it_from_a_guess_too_high_or_too_low(self):
        for largest, guess, step, most in ((1104, 1500, 16, 5000), (1104, 900, 16, 5000), (26, 24, 1, 100), (26, 29, 1, 100),
                                           (5000, 900, 16, 976), (16, 16, 16, 16), (7, 1, 1, 100)):
            with self.subTest(largest=largest, guess=guess):
                tried = []

                def attempt(batch):
                    tried.append(batch)
                    return (batch,) if batch <= largest else None

                expected = min(largest, most) // step * step
                self.assertEqual(fit.search(attempt, guess, step, most, tries=20), (expected,))
                self.assertEqual(len(set(tried)), len(tried))

    def test_search_says_when_nothing_fits(self):
        self.assertIsNone(fit.search(lambda batch: None, 100, 16, 1000))


class SlowHost:
    """A GPU whose spinning kernel ends when `ahead` operators are queued: what is queued later takes 9 ms, not 1 ms."""

    def __init__(self, ahead):
        self.ahead, self.queued = ahead, 0

    def _sleep(self, cycles):
        self.queued = 0

    def synchronize(self):
        pass

    def Event(self, enable_timing):
        gpu = self

        class Event:
            def record(self):
                gpu.queued += 1
                self.late = gpu.queued > 1 + 2 * gpu.ahead

            def query(self):
                return gpu.queued > 1 + 2 * gpu.ahead

            def elapsed_time(self, end):
                return 9.0 if end.late else 1.0

        return Event()


class Timing(unittest.TestCase):
    class Nothing:
        def __init__(self, units):
            self.device, self.units = torch.device("cuda"), [types.SimpleNamespace(cost=0.0) for _ in range(units)]

        def run(self, inputs):
            return types.SimpleNamespace(compute=lambda index, again: None, free=lambda index, output: None)

    def times(self, units, ahead):
        program, steps = self.Nothing(units), [{"op": "compute", "node": v} for v in range(units)]
        with mock.patch.object(profiling.torch, "cuda", SlowHost(ahead)):
            late = profiling.time_operators(program, steps, [], rounds=3)
        return late, {u.cost for u in program.units}

    def test_operators_queued_in_time_are_all_counted(self):
        self.assertEqual(self.times(400, 200), (0, {1000.0}))

    def test_what_a_slow_host_queued_too_late_is_no_operators_time(self):
        late, costs = self.times(400, 40)
        self.assertEqual(costs, {1000.0})
        self.assertGreater(late, 0)

    def test_a_host_that_is_always_late_still_gives_times(self):
        late, costs = self.times(25, 0)
        self.assertEqual((late, costs), (9 * 25, {9000.0}))

    def test_an_allocator_that_rounds_blocks_up_is_known_where_pytorch_says_so(self):
        for said, known in (({"allocator_settings": {"expandable_segments": True}}, True),
                            ({"allocator_settings": {"expandable_segments": False}}, False), ({}, None)):
            self.assertIs(profiling.counts_every_block(said), known)


class Checkpointing(unittest.TestCase):
    def test_every_nth_block_is_checkpointed_and_no_other(self):
        for n, expected in ((1, 5), (2, 3), (3, 2)):  # of a small U-Net's five blocks
            with self.subTest(n), mock.patch.object(models, "checkpoint", wraps=models.checkpoint) as called:
                model, loss, arguments, targets = models.make("unet", tiny=True)
                plain = eager_step(model, loss, arguments, targets)[0]
                models.checkpoint_blocks(model, n=n)
                for _ in range(2):
                    for a, b in zip(eager_step(model, loss, arguments, targets)[0], plain):
                        self.assertTrue(torch.equal(a, b))
                self.assertEqual(called.call_count, 2 * expected)


class UsersEntry(unittest.TestCase):
    def test_training_within_a_budget_gives_the_parameters_of_training_without(self):
        trained = []
        for ours in (False, True):
            model, loss, arguments, targets = models.make("resnet50", tiny=True)
            sgd = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
            if ours:
                step = checkmate_step(model, loss, (arguments, targets), "230000", time_limit=2)
                self.assertLessEqual(step.report["predicted_peak_bytes"], 230000)
                self.assertGreater(step.report["executions"], step.report["operators"])
            for _ in range(3):
                if ours:
                    step(*arguments, *targets)
                else:
                    sgd.zero_grad()
                    loss(model(*arguments), *targets).backward()
                sgd.step()
            trained.append(list(model.state_dict().values()))
        self.assertTrue(all(torch.equal(a, b) for a, b in zip(*trained)))

    def test_inputs_unlike_those_of_the_trace_are_refused(self):
        model, x, y = torch.nn.Linear(4, 4), torch.randn(3, 4), torch.randn(3, 4)
        step = checkmate_step(model, Modules.loss, (x, y), "1MiB", time_limit=1)
        with self.assertRaisesRegex(TypeError, "2 arguments and targets, 1 are given"):
            step(x)
        for culprit, given in (("input 1.*shape \\(1, 4\\)", (x, y[:1])),  # would have been broadcast
                               ("input 0.*float64", (x.double(), y)), ("input 1 is a float", (x, 1.0))):
            with self.subTest(culprit), self.assertRaisesRegex(ValueError, culprit):
                step(*given)

    def test_a_step_says_what_was_predicted_what_is_measured_and_which_results_differ(self):
        model, loss, arguments, targets = models.make("gpt_dropout", tiny=True)
        step = checkmate_step(model, loss, (arguments, targets), "1MiB", time_limit=1)
        state = torch.get_rng_state()
        found = step.verify()
        self.assertTrue(torch.equal(torch.get_rng_state(), state))
        self.assertEqual((found["differing_results"], found["unsteady_operators"], found["peak_bytes"]), ([], [], None))
        self.assertEqual(found["predicted_peak_bytes"], step.report["predicted_peak_bytes"])
        self.assertGreater(min(found["time_us"], found["predicted_time_us"]), 0)

    def test_operators_that_differ_from_run_to_run_are_named(self):
        model, x, y = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Tanh()), torch.randn(3, 4), torch.randn(3, 4)
        step = checkmate_step(model, Modules.loss, (x, y), "1MiB", time_limit=1)
        node = next(u.node for u in step.profiled.program.units if "tanh" in u.operator)

        class Unsteady:
            _schema, calls, real = node.target._schema, 0, node.target

            def __call__(self, *arguments):
                Unsteady.calls += 1
                return Unsteady.real(*arguments) + 2.0 ** -Unsteady.calls

            def __str__(self):
                return "unsteady tanh"

        node.target = Unsteady()
        found = step.verify()
        self.assertIn(0, found["differing_results"])
        self.assertEqual(found["unsteady_operators"], ["unsteady tanh"])

    def test_old_gradients_take_no_room_beside_new_ones(self):
        model, x, y = torch.nn.Linear(4, 4), torch.randn(3, 4), torch.randn(3, 4)
        step = checkmate_step(model, Modules.loss, (x, y), "1MiB", time_limit=1)
        step(x, y)
        old = weakref.ref(model.weight.grad)
        execute, alive = step.profiled.execute, []

        def watched(*arguments):
            alive.append(old() is not None)
            return execute(*arguments)

        step.profiled.execute = watched
        step(x, y)
        self.assertEqual(alive, [False])
        self.assertIsNotNone(model.weight.grad)

    def test_first_executions_may_move_where_no_order_is_needed(self):
        model, loss, arguments, targets = models.make("resnet50", tiny=True)
        expected, _ = eager_step(model, loss, arguments, targets)
        step = checkmate_step(model, loss, (arguments, targets), "200000", time_limit=2, options=("--order", "free"))
        self.assertTrue(torch.equal(step(*arguments, *targets), expected[0]))
        for parameter, want in zip(model.parameters(), expected[1:]):
            self.assertTrue(torch.equal(parameter.grad, want))

    def test_too_small_a_budget_is_refused(self):
        model, loss, arguments, targets = models.make("unet", tiny=True)
        with self.assertRaises(planner.NoPlan):
            checkmate_step(model, loss, (arguments, targets), 1000, time_limit=1)


@unittest.skipUnless(torch.cuda.is_available(), "there is no CUDA GPU")
class OnGpu(unittest.TestCase):
    def test_the_measured_peak_is_the_predicted_one_and_results_are_those_of_eager(self):
        torch.backends.cudnn.deterministic = True
        with profiling.own_stream():
            model, loss, arguments, targets = models.make("resnet50", 8, "cuda")
            expected, _ = eager_step(model, loss, arguments, targets)
            step = Profiled(model, loss, (arguments, targets), rounds=1)
            graph, plan = tight_plan(step)
            with step.buffers_kept():
                step.execute(plan["steps"])  # what libraries allocate once and hold is not the schedule's
                before, peak, results = profiling.measure_peak(lambda: step.execute(plan["steps"]))
            predicted = plan["replay"].engine_peak - graph["fixed_memory"]
            self.assertLessEqual(peak - before, 1.01 * predicted)
            for got, want in zip(results, expected):
                self.assertTrue(torch.equal(got, want))
            found = verify(step, graph, plan["steps"])
            self.assertLessEqual(found["peak_bytes"], 1.01 * found["predicted_peak_bytes"])
            self.assertEqual(found["differing_results"], [])

    def test_a_captured_step_trains_as_eager_does(self):
        torch.backends.cudnn.deterministic = True
        model, loss, arguments, targets = models.make("resnet50", 8, "cuda")
        expected, _ = eager_step(model, loss, arguments, targets)
        step = checkmate_step(model, loss, (arguments, targets), "8GiB", time_limit=2, cuda_graph=True)
        self.assertTrue(torch.equal(step(*arguments, *targets), expected[0]))
        for parameter, want in zip(model.parameters(), expected[1:]):
            self.assertTrue(torch.equal(parameter.grad, want))


if __name__ == "__main__":
    torch.set_num_threads(1)
    unittest.main(verbosity=2)
