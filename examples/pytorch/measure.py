# SPDX-License-Identifier: Apache-2.0
"""Measures training steps on a CUDA GPU: eager, torch.compile and its rivals to checkmate, and checkmate's plans.

    python3 measure.py --out DIR [--seconds 500] CASE@CONFIG ...

CASE    timm:NAME:BATCH | tv:NAME:BATCH (torchvision) | hf:NAME:BATCH:LENGTH | net:NAME[:BATCH] (models.py)
CONFIG  eager                  plain PyTorch
        blocks                 torch.utils.checkpoint around every block, eager
        default                torch.compile
        budget:0.5             torch.compile with activation_memory_budget
        blocks-compiled        checkpointed blocks, compiled
        selective              compiled, every second matrix product saved (torchtitan's policy)
        ours:2.5               checkmate_torch.compile, 2.5 GiB above what is allocated before the step
        ours:@CONFIG           the same, at the peak measured for another CONFIG of the case
        step:2.5, step:@CONFIG checkmate_step; step-graph:... in a CUDA graph
        Options after a comma: fp32 (no TF32), double, amp (bf16 autocast), dropout, big (the plain step does not fit: it is
        measured twice and not compared with eager)

Every pair is a process of its own. They compile at once, a batch at a time; when all of a batch are ready they are measured one
after the other, with nothing else on the GPU. @CONFIG must be in an earlier batch, or its record in DIR. Peaks are max_memory_allocated
above the step's start; times are of the GPU, the step queued behind a spinning kernel, median of 7. DIR/results.json has a
record a pair; a table is printed."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import gc
import json
import os
import statistics
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("PYTORCH_CUDA_ALLOC_CONF", "expandable_segments:True")
os.environ.setdefault("PYTORCH_ALLOC_CONF", "expandable_segments:True")

GIB = 2**30
SPIN_CYCLES = 120_000_000  # about 60 ms: the whole step is queued behind it


# --- models ---------------------------------------------------------------------------------------------------------------


def build(case: str, flags: set[str]) -> tuple[Any, Callable[..., Any], tuple[Any, ...]]:
    """(model, loss(model, *batch), batch) on the GPU, from the same random numbers every time."""
    import torch
    import torch.nn.functional as F

    torch.manual_seed(0)
    kind, name, *rest = case.split(":")
    with torch.device("cuda"):
        if kind == "hf":
            model, loss, batch = _hugging_face(name, int(rest[0]), int(rest[1]), flags)
        elif kind == "net":
            import models
            model, own, (x,), (y,) = models.make(name, int(rest[0]) if rest else None, "cuda")
            loss, batch = (lambda m, x, y: own(m(x), y)), (x, y)
        else:
            size = 224
            batch = torch.randn(int(rest[0]), 3, size, size), torch.randint(0, 1000, (int(rest[0]),))
            loss = lambda m, x, y: F.cross_entropy(m(x), y)  # noqa: E731
            if kind == "timm":
                import timm
                model = timm.create_model(name, pretrained=False)
            else:
                import torchvision.models as tv
                model = getattr(tv, name)(weights=None)
    if "double" in flags:
        model = model.double()
        batch = tuple(t.double() if t.is_floating_point() else t for t in batch)
    if "amp" in flags:
        plain = loss

        def loss(m: Any, *b: Any) -> Any:
            with torch.autocast("cuda", dtype=torch.bfloat16):
                return plain(m, *b)

    return model.train(), loss, batch


def _hugging_face(name: str, batch: int, length: int, flags: set[str]) -> tuple[Any, Callable[..., Any], tuple[Any, ...]]:
    import torch
    import transformers as hf

    rate = 0.1 if "dropout" in flags else 0.0
    if name == "gpt2":
        config = hf.GPT2Config(resid_pdrop=rate, embd_pdrop=rate, attn_pdrop=rate)
    elif name == "bert":
        config = hf.BertConfig(hidden_dropout_prob=rate, attention_probs_dropout_prob=rate)
    elif name == "llama1b":
        config = hf.LlamaConfig(vocab_size=32000, hidden_size=2048, intermediate_size=8192, num_hidden_layers=16,
                                num_attention_heads=32, num_key_value_heads=8)
    elif name == "t5":
        config = hf.T5Config(vocab_size=32128, d_model=768, d_kv=64, d_ff=3072, num_layers=12, num_heads=12, dropout_rate=rate,
                             decoder_start_token_id=0)
    else:
        raise SystemExit(f"there is no Hugging Face model {name!r} here")
    config.use_cache = False
    kind = {"gpt2": "GPT2LMHeadModel", "bert": "BertForMaskedLM", "llama1b": "LlamaForCausalLM",
            "t5": "T5ForConditionalGeneration"}[name]
    model = getattr(hf, kind)(config)
    if "double" not in flags and name != "t5":
        model = model.bfloat16()
    tokens = torch.randint(0, config.vocab_size, (batch, length))
    return model, (lambda m, t: m(input_ids=t, labels=t).loss), (tokens,)


def checkpoint_blocks(model: Any, case: str) -> None:
    """torch.utils.checkpoint around every block, as the model's own library does it."""
    if hasattr(model, "set_grad_checkpointing"):
        model.set_grad_checkpointing()
    elif hasattr(model, "gradient_checkpointing_enable"):
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    elif case.startswith("net:"):
        import models
        models.checkpoint_blocks(model)
    else:
        raise SystemExit(f"{case} does not know how to checkpoint its blocks")


def selectively(call: Callable[..., Any]) -> Callable[..., Any]:
    """torchtitan's selective policy: of the matrix products and attentions every second is saved, all else recomputed."""
    import torch
    from torch.utils.checkpoint import CheckpointPolicy, checkpoint, create_selective_checkpoint_contexts

    saved = {torch.ops.aten.mm.default, torch.ops.aten.addmm.default,
             torch.ops.aten._scaled_dot_product_efficient_attention.default,
             torch.ops.aten._scaled_dot_product_flash_attention.default}

    def contexts() -> Any:
        count = {"n": 0}

        def policy(ctx: Any, op: Any, *args: Any, **kwargs: Any) -> Any:
            count["n"] += op in saved
            return CheckpointPolicy.MUST_SAVE if op in saved and count["n"] % 2 else CheckpointPolicy.PREFER_RECOMPUTE

        return create_selective_checkpoint_contexts(policy)

    return lambda *batch: checkpoint(call, *batch, use_reentrant=False, context_fn=contexts)


# --- one pair -------------------------------------------------------------------------------------------------------------


class Gpu:
    """The GPU as something that one process measures on at a time."""

    def __init__(self, folder: Path):
        self.file = open(folder / "gpu.lock", "w")
        self.depth = 0

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        if self.depth == 0:
            fcntl.flock(self.file, fcntl.LOCK_EX)
        self.depth += 1
        try:
            yield
        finally:
            self.depth -= 1
            if self.depth == 0:
                fcntl.flock(self.file, fcntl.LOCK_UN)


def pair_file(folder: Path, case: str, config: str) -> Path:
    return folder / (f"{case}@{config}".replace(":", "_").replace("@", "_at_").replace(",", "_").replace(".", "p") + ".json")


def allocated() -> int:
    import torch

    gc.collect()
    torch.cuda.synchronize()
    torch.cuda.empty_cache()
    return torch.cuda.memory_allocated()


def budget_of(text: str, folder: Path, case: str, flags: str, until: float) -> int:
    """Bytes above the step's start: GiB, or those of another configuration's record, waited for."""
    if not text.startswith("@"):
        return int(float(text) * GIB)
    record = pair_file(folder, case, text[1:] + flags)
    while not record.exists():
        if time.time() > until:
            raise TimeoutError(f"no record of {text[1:]}")
        time.sleep(0.5)
    return int(json.loads(record.read_text())["peak"])


def prepare(case: str, config: str, folder: Path, until: float) -> tuple[Callable[[], Any], list[Any], dict[str, Any]]:
    """A callable that runs one step, the parameters, and what was planned."""
    import torch
    import torch._functorch.config as functorch_config

    import checkmate_torch

    name, _, flag_text = config.partition(",")
    flags = set(flag_text.split(",")) - {""}
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = not flags & {"fp32", "double"}
    kind, _, value = name.partition(":")
    model, loss, batch = build(case, flags)
    parameters = [p for p in model.parameters() if p.requires_grad]
    planned: dict[str, Any] = {}
    if kind.startswith("blocks"):
        checkpoint_blocks(model, case)
    if kind.startswith("step"):
        extra = budget_of(value, folder, case, config[len(name):], until)
        planned["asked"] = extra
        step = checkmate_torch.checkmate_step(model, loss, allocated() + extra, cuda_graph=kind == "step-graph")

        def run() -> Any:
            value = step(*batch)
            planned.update(vars(step.report))
            return value

        return run, parameters, planned
    whole = lambda *b: loss(model, *b)  # noqa: E731
    if kind == "selective":
        whole = selectively(whole)
    if kind == "ours":
        extra = budget_of(value, folder, case, config[len(name):], until)
        planned["asked"] = extra
        whole = checkmate_torch.compile(whole, allocated() + extra)
        session = whole.checkmate
    elif kind not in ("eager", "blocks"):
        if kind == "budget":
            functorch_config.activation_memory_budget = float(value)
        whole = torch.compile(whole, dynamic=False)

    def run() -> Any:
        value = whole(*batch)
        value.backward()
        if kind == "ours" and session.reports:
            planned.update(vars(max(session.reports, key=lambda r: r.predicted_peak)), graphs=len(session.reports))
        return value.detach()

    return run, parameters, planned


def measure(step: Callable[[], Any], parameters: list[Any], rounds: int = 7) -> dict[str, Any]:
    """Peak above the step's start, and milliseconds: queued behind a spinning kernel, and in a plain loop."""
    import torch

    def clear() -> None:
        for p in parameters:
            p.grad = None

    clear()
    base = allocated()
    torch.cuda.reset_peak_memory_stats()
    step()
    torch.cuda.synchronize()
    record = {"base": base, "peak": torch.cuda.max_memory_allocated() - base}

    def timed(spin: bool) -> list[float]:
        pairs = []
        for _ in range(rounds):
            clear()
            if spin:
                torch.cuda.synchronize()
                torch.cuda._sleep(SPIN_CYCLES)
            a, b = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
            a.record()
            step()
            b.record()
            pairs.append((a, b))
        torch.cuda.synchronize()
        return sorted(a.elapsed_time(b) for a, b in pairs)

    queued, looped = timed(True), timed(False)
    record.update(ms=statistics.median(queued), ms_low=queued[0], ms_high=queued[-1], loop_ms=statistics.median(looped))
    return record


def compare(step: Callable[[], Any], case: str, config: str, parameters: list[Any]) -> dict[str, Any]:
    """Distance of loss and gradients from eager's, from the same model, batch and seed."""
    import torch

    for p in parameters:
        p.grad = None
    torch.manual_seed(1)
    value = float(step())
    got = [None if p.grad is None else p.grad.clone() for p in parameters]
    flags = set(config.split(",")[1:])
    model, loss, batch = build(case, flags)
    torch.manual_seed(1)
    wanted = loss(model, *batch)
    wanted.backward()
    want = [p.grad for p in model.parameters() if p.requires_grad]
    pairs = [(g, w) for g, w in zip(got, want) if g is not None and w is not None]
    error = sum((g.double() - w.double()).norm().item() ** 2 for g, w in pairs)
    norm = sum(w.double().norm().item() ** 2 for _, w in pairs)
    return {"loss": value, "eager_loss": float(wanted.detach()), "gradient_error": (error / max(norm, 1e-300)) ** 0.5,
            "unequal_bits": sum(not torch.equal(g, w) for g, w in pairs), "gradients": len(pairs)}


def one(case: str, config: str, folder: Path, until: float) -> None:
    import torch

    from checkmate_torch import costs

    record: dict[str, Any] = {"case": case, "config": config}
    gpu, began = Gpu(folder), time.time()
    costs.exclusive = gpu.alone
    try:
        step, parameters, planned = prepare(case, config, folder, until)
        step()
        for _ in range(3 if config.startswith("ours") else 0):  # a step above its budget is planned again
            with gpu.alone():
                for p in parameters:
                    p.grad = None
                step()
        torch.cuda.synchronize()
        record["ready_s"] = time.time() - began
        pair_file(folder, case, config).with_suffix(".ready").touch()
        while not (folder / "go").exists():
            time.sleep(0.2)
        with gpu.alone():
            big = "big" in config.split(",")
            record.update(measure(step, parameters, 2 if big else 7))
            record["planned"] = planned
            if not config.startswith("eager") and not big:
                record.update(compare(step, case, config, parameters))
    except Exception as why:
        record["error"] = f"{type(why).__name__}: {str(why)[:1500]}"
        traceback.print_exc()
    pair_file(folder, case, config).write_text(json.dumps(record, default=str))


# --- all pairs ------------------------------------------------------------------------------------------------------------


SECONDS_TO_MEASURE = 6.0
"""Of a batch's time, for each pair in it, at most."""


def run_batch(pairs: list[tuple[str, str]], out: Path, until: float) -> None:
    """Starts a process for each pair, lets them measure when all are ready or time is short, and ends what is too late."""
    folder = out / "parts"
    (folder / "go").unlink(missing_ok=True)
    children = []
    for case, config in pairs:
        log = open(pair_file(folder, case, config).with_suffix(".log"), "w")
        command = [sys.executable, os.path.abspath(__file__), "--out", str(out), "--until", str(until), "--one", case, config]
        children.append((pair_file(folder, case, config), subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)))
    go_at = until - SECONDS_TO_MEASURE * len(pairs)
    while time.time() < go_at and any(c.poll() is None and not f.with_suffix(".ready").exists() for f, c in children):
        time.sleep(0.3)
    (folder / "go").touch()
    while time.time() < until and any(c.poll() is None for _, c in children):
        time.sleep(0.3)
    for _, child in children:
        if child.poll() is None:
            child.kill()
            child.wait()


def record_of(folder: Path, case: str, config: str) -> dict[str, Any]:
    part = pair_file(folder, case, config)
    if part.exists():
        return json.loads(part.read_text())
    log = part.with_suffix(".log")
    return {"case": case, "config": config, "error": "no record: " + (log.read_text()[-400:] if log.exists() else "")}


def row(r: dict[str, Any], default_ms: float | None) -> str:
    text = f"{r['case']:30s} {r['config']:26s}"
    if "error" in r:
        return text + " " + r["error"][:300]
    extra = f"{100 * (r['ms'] / default_ms - 1):6.1f} %" if default_ms else "        "
    text += f" {r['peak'] / GIB:7.3f} GiB {r['ms']:8.2f} ms {extra} loop {r['loop_ms']:8.2f}"
    p = r.get("planned") or {}
    if "predicted_peak" in p:
        predicted = p["predicted_peak"] - r["base"]
        text += (f" | asked {p['asked'] / GIB:.3f} predicted {predicted / GIB:.3f} ({100 * (r['peak'] / predicted - 1):+.1f} %)"
                 f" {p['predicted_ms']:.2f} of {p['plain_ms']:.2f} ms, {p['executions'] - p['operators']} of {p['operators']} again")
    if "gradient_error" in r:
        text += f" | gradients {r['gradient_error']:.1e}, {r['unequal_bits']} of {r['gradients']} differ"
    return text + f" | ready {r['ready_s']:.0f} s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=500)
    parser.add_argument("--at-once", type=int, default=20, help="pairs in a batch")
    parser.add_argument("--one", nargs=2, metavar=("CASE", "CONFIG"), help=argparse.SUPPRESS)
    parser.add_argument("--until", type=float, default=0, help=argparse.SUPPRESS)
    parser.add_argument("pairs", nargs="*")
    asked = parser.parse_args()
    folder = asked.out / "parts"
    folder.mkdir(parents=True, exist_ok=True)
    if asked.one:
        one(*asked.one, folder, asked.until)
        return
    until = time.time() + asked.seconds
    pairs = [tuple(pair.split("@", 1)) for pair in asked.pairs]
    batches = [pairs[i:i + asked.at_once] for i in range(0, len(pairs), asked.at_once)]
    for i, batch in enumerate(batches):
        run_batch(batch, asked.out, time.time() + (until - time.time()) / (len(batches) - i))
    records = [record_of(folder, case, config) for case, config in pairs]
    (asked.out / "results.json").write_text(json.dumps(records))
    base = {r["case"]: r["ms"] for r in records if r["config"].split(",")[0] == "default" and "ms" in r}
    for r in records:
        print(row(r, base.get(r["case"])), flush=True)


if __name__ == "__main__":
    main()
