# SPDX-License-Identifier: Apache-2.0
"""How Dynamo is asked to trace: past the calls of loggers, which are no part of a step."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import torch


class _Functions(set):
    """A set of functions that iterates over their names: PyTorch 2.11 sorts its settings."""

    def __iter__(self) -> Iterator[str]:
        return iter([str(f) for f in super().__iter__()])


def without_logging() -> dict[str, Any]:
    """Settings of torch._dynamo.config under which a call of a logger does not cut a model's graph in two."""
    name = next(n for n in ("ignore_logging_functions", "ignore_logger_methods") if hasattr(torch._dynamo.config, n))
    kinds = ("debug", "info", "warn", "error", "exception", "critical", "log")
    methods = {f for at, f in vars(logging.Logger).items() if callable(f) and at.startswith(kinds)}
    return {name: _Functions(methods | set.union(set(), getattr(torch._dynamo.config, name)))}
