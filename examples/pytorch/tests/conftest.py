# SPDX-License-Identifier: Apache-2.0
"""Tests run with real PyTorch on the CPU (those marked gpu on a GPU, where there is one); plans, times and what Inductor compiles
are kept apart: a graph from its cache is not planned again."""

from __future__ import annotations

import os
import tempfile

import pytest

os.environ.setdefault("CHECKMATE_TORCH_CACHE", tempfile.mkdtemp(prefix="checkmate_torch_"))
os.environ["TORCHINDUCTOR_CACHE_DIR"] = tempfile.mkdtemp(prefix="checkmate_inductor_")
os.environ.setdefault("PYTORCH_CUDA_ALLOC_CONF", "expandable_segments:True")
os.environ.setdefault("PYTORCH_ALLOC_CONF", "expandable_segments:True")


@pytest.fixture(autouse=True)
def fresh_dynamo():
    """No test sees what another one has compiled."""
    import torch

    torch._dynamo.reset()
    yield
