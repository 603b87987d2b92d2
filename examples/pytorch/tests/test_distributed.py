# SPDX-License-Identifier: Apache-2.0
"""Two processes on the CPU, with gloo: gradients are the mean over both."""

from __future__ import annotations

import torch
import torch.distributed as dist
import torch.multiprocessing as multiprocessing
import torch.nn.functional as F
from torch import nn

from checkmate_torch import checkmate_step


def _model_and_batch(rank):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(16, 32), nn.GELU(), nn.Linear(32, 4))
    torch.manual_seed(1 + rank)
    return model, torch.randn(8, 16), torch.randint(0, 4, (8,))


def _loss(model, x, y):
    return F.cross_entropy(model(x), y)


def _run(rank, store, folder):
    dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=2)
    model, x, y = _model_and_batch(rank)
    step = checkmate_step(model, _loss, "100%", group=dist.group.WORLD, verbose=False)
    for _ in range(2):  # the second one is added
        step(x, y)
    torch.save([p.grad for p in model.parameters()], f"{folder}/{rank}.pt")
    dist.destroy_process_group()


def test_gradients_are_averaged_over_all_processes(tmp_path):
    multiprocessing.spawn(_run, (tmp_path / "store", tmp_path), nprocs=2)
    wanted = []
    for rank in range(2):
        model, x, y = _model_and_batch(rank)
        _loss(model, x, y).backward()
        wanted.append([p.grad for p in model.parameters()])
    for rank in range(2):
        for got, a, b in zip(torch.load(tmp_path / f"{rank}.pt"), *wanted):
            torch.testing.assert_close(got, a + b)  # twice the mean
