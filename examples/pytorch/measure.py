# SPDX-License-Identifier: Apache-2.0
"""Measures on a CUDA GPU, model by model: plain eager, torch.utils.checkpoint around every block, AOTAutograd's min-cut
partitioner at several activation_memory_budget (no fusion, so that kernels are the same), and checkmate's plans, at
budgets of its own and at every peak that a rival was measured at.

    CHECKMATE_PROGRAM=.../checkmate python3 measure.py --out DIR [--models resnet50,unet] [--seconds 500]
                                                       [--only '*:verify,gpt2_small:fit'] [--fractions 0.5,0.15]

One process a model and rival compiles at leisure; whatever runs on the GPU holds a lock, so that nothing else does while
something is timed. Times are of CUDA graph replays (device time); peaks are the caching allocator's, of a step that is
not captured. Results: DIR/results.json, which plot.py turns into tables and drawings.
"""

import argparse
import contextlib
import fcntl
import fnmatch
import glob
import multiprocessing
import os
import signal
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

os.environ.setdefault("PYTORCH_CUDA_ALLOC_CONF", "expandable_segments:True")
os.environ.setdefault("PYTORCH_ALLOC_CONF", "expandable_segments:True")

import torch  # noqa: E402  (after the allocator's settings)

import fit  # noqa: E402
import models  # noqa: E402
from checkmate_torch import planner, profiling  # noqa: E402
from checkmate_torch import schedule as schedules  # noqa: E402
from checkmate_torch.step import Profiled, checkmate_step  # noqa: E402
from checkmate_torch.verify import differing, unsteady_operators  # noqa: E402

PARTITIONER_BUDGETS = (1.0, 0.75, 0.5, 0.25, 0.0)
FRACTIONS = (0.75, 0.5, 0.25, 0.15, 0.08)  # budgets: this far from the smallest conceivable to the plain peak
HOOKED = "hooked 0.5"  # the partitioner at 0.5 with our planner as its memory-budget solver
CHECKPOINTS = {"checkpoint": 1, "checkpoint 2": 2, "checkpoint 3": 3}  # around every block, every second, every third
RIVALS = ["eager", *CHECKPOINTS] + [f"partitioner {b:g}" for b in PARTITIONER_BUDGETS] + [HOOKED]
AT_ONCE = 12  # processes of rivals alive at a time: they compile on the CPU
VERIFY_BUDGETS = {"resnet50": "2GiB", "densenet121": "1.25GiB", "unet": "5GiB", "vit_b_16": "1.5GiB",
                  "gpt2_small": "2.9GiB", "gpt2_tied": "2.9GiB", "llama_1b": "4.5GiB"}
DETERMINISTIC = "verify deterministic"


class Gpu:
    """The GPU as a thing that one process has at a time."""

    def __init__(self, folder):
        self.file = open(os.path.join(folder, "gpu.lock"), "w")
        self.held = False

    def take(self):
        if not self.held:
            fcntl.flock(self.file, fcntl.LOCK_EX)
            self.held = True

    def give(self):
        if self.held:
            profiling.tidy(True)
            fcntl.flock(self.file, fcntl.LOCK_UN)
            self.held = False

    @contextlib.contextmanager
    def alone(self):
        self.take()
        try:
            yield
        finally:
            self.give()


def say(*what):
    print(f"[{time.time() - START:6.1f}]", *what, flush=True)


def part_name(out, model, what):
    return os.path.join(out, "parts", f"{model}.{what.replace(' ', '_')}.json")


def write_part(out, model, what, record):
    name = part_name(out, model, what)
    schedules.save(name + ".tmp", record)
    os.rename(name + ".tmp", name)


# --- rivals ---------------------------------------------------------------------------------------------------------


def partitioned(function, budget, gpu, hooked=False):
    """`function` through AOTAutograd with the min-cut partitioner; its first execution waits for the GPU."""
    import torch._functorch.config as config
    from functorch.compile import min_cut_rematerialization_partition
    from torch._dynamo.backends.common import aot_autograd

    def compiler(module, _):
        def run(args):
            gpu.take()
            return torch.fx.Interpreter(module).boxed_run(args)

        run._boxed_call = True
        return run

    config.activation_memory_budget = budget
    if hooked:
        from checkmate_torch.knapsack import PlannedKnapsack

        config.activation_memory_budget_solver = PlannedKnapsack()
    backend = aot_autograd(fw_compiler=compiler, bw_compiler=compiler,
                           partition_fn=min_cut_rematerialization_partition, keep_inference_input_mutations=True)
    return torch.compile(function, backend=backend, dynamic=False, fullgraph=True)


def measured(step):
    """Peak, time and pool of a step function, as a record."""
    step()  # makes what libraries keep
    before, peak, results = profiling.measure_peak(step)
    del results
    profiling.tidy(True)
    record = {"before_bytes": before, "peak_bytes": peak}
    captured = profiling.Captured(step)
    record["time_ms"], record["spread"] = profiling.time_step(captured.replay)
    record["reserved_bytes"] = captured.reserved
    return record


def run_rival(out, name, what, tiny):
    gpu = Gpu(out)
    torch.cuda.init()
    with profiling.own_stream():
        model, loss, arguments, targets = models.make(name, device="cuda", tiny=tiny)
        parameters = [p for p in model.parameters() if p.requires_grad]
        function = lambda *examples: loss(model(*examples[:len(arguments)]), *examples[len(arguments):])
        if what in CHECKPOINTS:
            models.checkpoint_blocks(model, n=CHECKPOINTS[what])
        if what.startswith(("partitioner", "hooked")):
            function = partitioned(function, float(what.split()[1]), gpu, what == HOOKED)
            began = time.time()
            function(*arguments, *targets)  # compiles, then waits for the GPU
            say(name, what, f"compiled and first run after {time.time() - began:.1f} s")

        def step():
            value = function(*arguments, *targets)
            return [value.detach(), *torch.autograd.grad(value, parameters)]

        with gpu.alone():
            record = {"model": name, "method": what, **measured(step)}
    write_part(out, name, what, record)
    say(name, what, f"peak {record['peak_bytes'] / 2**30:.3f} GiB, {record['time_ms']:.2f} ms")


# --- checkmate ------------------------------------------------------------------------------------------------------


def eager_results(model, loss, arguments, targets):
    """Loss and gradients of plain PyTorch."""
    value = loss(model(*arguments), *targets)
    return [value.detach(), *torch.autograd.grad(value, list(model.parameters()))]


def profile(out, name, tiny, gpu):
    """Traces and profiles a model while it has the GPU; also eager's loss and gradients."""
    model, loss, arguments, targets = models.make(name, device="cuda", tiny=tiny)
    with gpu.alone():
        began = time.time()
        profiled = Profiled(model, loss, (arguments, targets), name=name)
        traced = time.time()
        profiled.measure()
        say(name, f"traced in {traced - began:.1f} s, profiled in {time.time() - traced:.1f} s,",
            f"{len(profiled.program.units)} operators, plain {profiled.plain_time:.2f} ms,",
            f"{profiled.event_cost:.2f} us an event, {profiled.late_samples} samples late, functionalized {profiled.traced.functionalized}")
        profiling.tidy(True)
        graph = profiled.graph()
        with profiled.buffers_kept():
            eager = eager_results(model, loss, arguments, targets)
    schedules.save(os.path.join(out, "parts", f"{name}.graph.json.gz"), graph)
    return profiled, graph, eager


def wait_for_rivals(out, name, deadline):
    """Records of the rivals that were measured before the deadline."""
    found = {}
    while time.time() < deadline and len(found) < len(RIVALS):
        for what in RIVALS:
            file = part_name(out, name, what)
            if what not in found and os.path.exists(file):
                found[what] = schedules.load(file)
        if os.path.exists(os.path.join(out, "parts", f"{name}.rivals_done")):
            break
        time.sleep(0.5)
    return found


def measure_schedule(profiled, graph, steps, eager):
    """Executes a schedule: a record of predicted and measured peak and time, and which results differ from eager's."""
    replay = schedules.replay(graph, steps)
    execute = lambda: profiled.execute(steps)
    execute()
    before, peak, results = profiling.measure_peak(execute)
    unequal = differing(results, eager)
    del results
    profiling.tidy(True)
    captured = profiling.Captured(execute)
    time_ms, spread = profiling.time_step(captured.replay)
    return {"predicted_peak_bytes": replay.engine_peak, "peak_bytes": peak - before + graph["fixed_memory"],
            "predicted_time_ms": replay.time / 1e3, "time_ms": time_ms, "spread": spread,
            "executions": replay.executions, "differing_results": unequal, "reserved_bytes": captured.reserved}


def run_ours(out, name, tiny, fractions, seconds, deadline):
    gpu = Gpu(out)
    torch.cuda.init()
    with profiling.own_stream():
        profiled, graph, eager = profile(out, name, tiny, gpu)
        pinned, plain = graph["fixed_memory"], profiled.plain_steps()
        free_peak = schedules.replay(graph, plain).engine_peak
        least = planner.smallest_budget(graph)
        wanted = {f"f = {f:g}": least + f * (free_peak - least) for f in fractions}
        with ThreadPoolExecutor(3) as pool:
            plans = {}

            def enter(title, budget):
                plans[title] = pool.submit(planned, graph, int(budget), seconds)

            for title, budget in wanted.items():
                enter(title, budget)
            rivals = wait_for_rivals(out, name, deadline - 60)
            for what, rival in rivals.items():
                wanted[f"at {what}"] = rival["peak_bytes"] - rival["before_bytes"] + pinned
                if what != HOOKED and wanted[f"at {what}"] < free_peak:  # else nothing is to be planned
                    enter(f"at {what}", wanted[f"at {what}"])
                if what == "checkpoint":
                    wanted[f"at {what}, whole peak"] = rival["peak_bytes"]
                    enter(f"at {what}, whole peak", rival["peak_bytes"])
            points = [(title, plan.result()) for title, plan in plans.items()]
        say(name, "planned:", sum(p is not None for _, p in points), "of", len(points))
        record = {"model": name, "method": "checkmate", "operators": len(graph["nodes"]), "fixed_bytes": pinned,
                  "plain_peak_bytes": free_peak,
                  "smallest_budget_bytes": least, "event_cost_us": profiled.event_cost, "points": []}
        with gpu.alone():
            points = [("plain", {"steps": plain, "budget": free_peak, "report": {}})] + points
            for title, plan in points:
                if time.time() > deadline - 10:
                    say(name, "no time left for", title)
                    break
                if plan is None:
                    record["points"].append({"title": title, "budget_bytes": int(wanted.get(title, 0)), "plan": None})
                    continue
                point = measure_schedule(profiled, graph, plan["steps"], eager)
                kept = ("overhead", "lower_bound", "gap", "seconds", "strategy", "recomputations")
                point.update({"title": title, "budget_bytes": plan["asked"] if "asked" in plan else plan["budget"],
                              "plan": {k: plan["report"].get(k) for k in kept}})
                record["points"].append(point)
                write_part(out, name, "checkmate", record)
            if any(p.get("differing_results") for p in record["points"]):
                record["unsteady_operators"] = unsteady_operators(profiled)
                record["deterministic"] = deterministic_check(profiled, points)
            write_part(out, name, "checkmate", record)
    say(name, "checkmate done,", len(record["points"]), "points")


def deterministic_check(profiled, points):
    """With deterministic kernels asked for: do results of the tightest schedule equal the plain one's, bit for bit?"""
    steps = [plan["steps"] for _, plan in points if plan is not None]
    longest = max(steps, key=len)
    torch.backends.cudnn.deterministic = True
    for warn_only in (False, True):
        torch.use_deterministic_algorithms(True, warn_only=warn_only)
        try:
            with profiled.buffers_kept():
                reference = profiled.execute(steps[0])
            with profiled.buffers_kept():
                return {"differing_results": differing(profiled.execute(longest), reference), "warn_only": warn_only}
        except RuntimeError as why:  # an operator has no deterministic kernel
            refused = str(why)[:200]
        finally:
            torch.use_deterministic_algorithms(False)
    return {"refused": refused}


def planned(graph, budget, seconds):
    try:
        found = planner.plan(graph, budget, time_limit=seconds)
        found["asked"] = budget
        return found
    except planner.NoPlan:
        return None


# --- the user's entry, and the largest batch ----------------------------------------------------------------------


def run_demo(out, name, tiny, budget):
    """Three steps of SGD with checkmate_step in a CUDA graph against three of eager: are the parameters bit-equal?"""
    gpu = Gpu(out)
    trained = []
    with gpu.alone():
        for ours in (False, True):
            model, loss, arguments, targets = models.make(name, device="cuda", tiny=tiny)
            sgd = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
            if ours:
                step = checkmate_step(model, loss, (arguments, targets), budget, time_limit=4, cuda_graph=True)
            losses = []
            for _ in range(3):
                if ours:
                    losses.append(float(step(*arguments, *targets)))
                else:
                    sgd.zero_grad()
                    value = loss(model(*arguments), *targets)
                    value.backward()
                    losses.append(float(value))
                    del value
                sgd.step()
            trained.append((losses, [t.clone() for t in model.state_dict().values()]))
    record = {"model": name, "method": "demo", "losses": [l for l, _ in trained], "report": step.report,
              "differing_tensors": len(differing(trained[0][1], trained[1][1])), "tensors": len(trained[0][1])}
    write_part(out, name, "demo", record)
    say("demo", record)


def use_deterministic_kernels(name):
    """Asks for them (attention: flash, for cuDNN's stays unsteady), as far as a network's operators have any."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # asked for by some versions; the size that Hopper has anyway
    torch.backends.cudnn.deterministic = True
    torch.backends.cuda.enable_cudnn_sdp(False)
    torch.use_deterministic_algorithms(True, warn_only=name == "unet")  # nll_loss2d has no deterministic kernel
    torch.utils.deterministic.fill_uninitialized_memory = False


def run_bits(out, name, tiny, seconds):
    """With deterministic kernels from the start: is everything bit-equal to eager's?"""
    gpu = Gpu(out)
    torch.cuda.init()
    use_deterministic_kernels(name)
    with profiling.own_stream():
        model, loss, arguments, targets = models.make(name, device="cuda", tiny=tiny)
        with gpu.alone():
            profiled = Profiled(model, loss, (arguments, targets), name=name, rounds=2)
            profiled.measure(capture=False)
            graph = profiled.graph()
        least, plain = planner.smallest_budget(graph), profiled.plain_steps()
        top = schedules.replay(graph, plain).engine_peak
        plan = planner.plan(graph, int(least + 0.15 * (top - least)), time_limit=seconds)
        with gpu.alone():
            with profiled.buffers_kept():
                eager = eager_results(model, loss, arguments, targets)
            with profiled.buffers_kept():
                by_plan = differing(profiled.execute(plan["steps"]), eager)
            with profiled.buffers_kept():
                by_plain = differing(profiled.execute(plain), eager)
            unsteady = unsteady_operators(profiled) if by_plan else []
    record = {"model": name, "method": "bits", "results": len(eager), "recomputations": plan["report"]["recomputations"],
              "differing_results": by_plan, "differing_without_recomputation": by_plain, "unsteady": unsteady}
    write_part(out, name, "bits", record)
    say("bits", record)


@contextlib.contextmanager
def planning_aside(gpu):
    """Others have the GPU while checkmate_step plans."""
    plan = planner.plan

    def aside(*arguments):
        gpu.give()
        try:
            return plan(*arguments)
        finally:
            gpu.take()

    planner.plan = aside
    try:
        yield
    finally:
        planner.plan = plan


def run_verify(out, name, what, tiny, budget, seconds):
    """What `step.verify()` says of a captured step that the user's entry planned; its results beside eager's."""
    gpu = Gpu(out)
    torch.cuda.init()
    if what == DETERMINISTIC:
        use_deterministic_kernels(name)
    with gpu.alone():
        model, loss, arguments, targets = models.make(name, device="cuda", tiny=tiny)
        with planning_aside(gpu):
            step = checkmate_step(model, loss, (arguments, targets), budget, time_limit=seconds, cuda_graph=True)
        with step.profiled.buffers_kept():
            eager = eager_results(model, loss, arguments, targets)
        with step.profiled.buffers_kept():
            value = step(*arguments, *targets)
            by_eager = differing([value, *(p.grad for p in model.parameters())], eager)
        record = {"model": name, "method": what, "budget_bytes": planner.parse_bytes(budget), "results": len(eager),
                  "differing_from_eager": by_eager, "report": step.report, **step.verify(),
                  "event_cost_us": step.profiled.event_cost, "late_samples": step.profiled.late_samples}
    schedules.save(part_name(out, name, f"{what} graph") + ".gz", step.graph)
    write_part(out, name, what, record)
    say(what, record)


def run_fit(out, name, limit, seconds):
    write_part(out, name, "fit", fit.fit(name, limit, seconds, Gpu(out), say))


# --- the whole ------------------------------------------------------------------------------------------------------


def child(function, *arguments):
    """A forked process for one task; what it prints goes to the common output."""
    def guarded():
        try:
            torch.backends.cuda.matmul.allow_tf32 = True
            torch.set_num_threads(1)
            function(*arguments)
        except BaseException:
            say("FAILED", arguments[:2], traceback.format_exc())
            os._exit(1)
        sys.stdout.flush()
        os._exit(0)

    process = multiprocessing.get_context("fork").Process(target=guarded)
    process.start()
    return process


def possible(name, what):
    if what == DETERMINISTIC:
        return name not in ("resnet50", "densenet121")  # theirs are, unasked
    return name in fit.CASES if what == "fit" else name == "resnet50" if what == "demo" else True


def run_task(name, what, options, deadline):
    if what == "checkmate":
        run_ours(options.out, name, options.tiny, options.fractions, options.plan_seconds, deadline)
    elif what == "bits":
        run_bits(options.out, name, options.tiny, options.plan_seconds)
    elif what == "demo":
        run_demo(options.out, name, options.tiny, "3GiB")
    elif what in ("verify", DETERMINISTIC):
        run_verify(options.out, name, what, options.tiny, VERIFY_BUDGETS[name], options.plan_seconds)
    elif what == "fit":
        run_fit(options.out, name, int(options.fit_gib * 2**30), options.plan_seconds)
    else:
        run_rival(options.out, name, what, options.tiny)


def main():
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("--out", required=True)
    parse.add_argument("--models", default=",".join(models.NAMES))
    parse.add_argument("--seconds", type=float, default=500, help="for everything; what is not done then is left out")
    parse.add_argument("--plan-seconds", type=float, default=15)
    parse.add_argument("--tiny", action="store_true", help="small versions of the models, to try the program")
    parse.add_argument("--only", default="*", help="tasks as MODEL:WHAT with * and ?, separated by commas; WHAT is "
                       "checkmate, a rival (eager, checkpoint, partitioner 0.5, ...), bits, verify, fit, demo")
    parse.add_argument("--fractions", type=lambda text: [float(f) for f in text.split(",")], default=FRACTIONS,
                       help="budgets, as fractions of the way from the smallest conceivable to the plain peak")
    parse.add_argument("--fit-gib", type=float, default=16, help="the limit at which the largest batch is looked for")
    options = parse.parse_args()
    os.makedirs(os.path.join(options.out, "parts"), exist_ok=True)
    deadline = START + options.seconds
    import torch._dynamo  # noqa: F401  (once, before the processes are forked)

    names, wanted = options.models.split(","), options.only.split(",")
    tasks = [(n, w) for w in ("checkmate", "rivals", "bits", "verify", DETERMINISTIC, "demo", "fit") for n in names]
    tasks = [(n, r) for n, w in tasks for r in (RIVALS if w == "rivals" else [w])]
    waiting = [task for task in tasks if any(fnmatch.fnmatch(":".join(task), p) for p in wanted) and possible(*task)]
    running = {}
    while time.time() < deadline and (waiting or running):
        running = {task: process for task, process in running.items() if process.is_alive()}
        while waiting and (waiting[0][1] == "checkmate" or sum(w != "checkmate" for _, w in running) < AT_ONCE):
            task = waiting.pop(0)
            running[task] = child(run_task, *task, options, deadline)
        for name in names:
            if not any(n == name and w in RIVALS for n, w in [*running, *waiting]):
                open(os.path.join(options.out, "parts", f"{name}.rivals_done"), "w").close()
        time.sleep(0.3)
    for process in running.values():
        os.kill(process.pid, signal.SIGKILL)
    records = [schedules.load(f) for f in sorted(glob.glob(os.path.join(options.out, "parts", "*.json")))]
    machine = {"torch": torch.__version__, "python": sys.version.split()[0]}
    with contextlib.suppress(Exception):
        machine["device"] = os.popen("nvidia-smi --query-gpu=name,driver_version --format=csv,noheader").read().strip()
    schedules.save(os.path.join(options.out, "results.json"), {"machine": machine, "records": records})
    say("wrote", len(records), "records")


if __name__ == "__main__":
    START = time.time()
    main()
