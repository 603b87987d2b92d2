# SPDX-License-Identifier: Apache-2.0
"""What an operator of an FX graph does: writes, views, randomness, storages; by schema, tag and fake tensor, not by name.

Names appear only for what Inductor's lowering makes of operators, and for statistics that operators change unseen."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

import torch
from torch.fx import Node
from torch.utils._pytree import tree_flatten

ALLOCATION_UNIT = 512
"""CUDA's caching allocator hands out multiples of this many bytes."""

COLLECTIVE_NAMESPACES = ("c10d", "_c10d_functional", "c10d_functional", "_dtensor")
UNSEEN_STATISTICS = ("cudnn_batch_norm", "native_batch_norm", "miopen_batch_norm")
"""Operators that change running_mean and running_var without a word in their schema."""

_POINTWISE = frozenset("""full full_like zeros zeros_like ones ones_like scalar_tensor iota arange embedding index gather where clone
 slice_scatter select_scatter convert_element_type _to_copy inductor_random inductor_randint lookup_seed inductor_lookup_seed
 inductor_seed cat repeat flip tril triu copy fill slice_backward select_backward _unsafe_index new_zeros new_full empty
 gelu gelu_backward tanh_backward threshold_backward sigmoid_backward silu silu_backward masked_fill fma
 native_dropout_backward""".split())
_REDUCTIONS = frozenset("sum mean var_mean var amax amin any all max min argmax argmin prod".split())
_NOT_INLINED = frozenset(["constant_pad_nd"])
"""Pointwise by its tag, but Inductor materialises what it pads."""
IN_PLACE = frozenset("index_put _unsafe_index_put scatter_add scatter index_add scatter_reduce".split())
"""Written into a fresh constant, Inductor uses that buffer."""
CONSTANT = frozenset("full zeros full_like zeros_like new_zeros new_full".split())
GATHERS = frozenset("embedding index gather _unsafe_index".split())
_TIMED = frozenset("mm addmm bmm baddbmm convolution convolution_backward _grouped_mm _scaled_mm _embedding_bag".split())


def tensors(value: Any) -> list[torch.Tensor]:
    """All tensors in a nested value."""
    return [t for t in tree_flatten(value)[0] if isinstance(t, torch.Tensor)]


def storage_key(tensor: torch.Tensor) -> int:
    """What two tensors share if they share their storage."""
    return tensor.untyped_storage()._cdata


def storage_bytes(tensor: torch.Tensor, device_type: str) -> int:
    """Bytes that a tensor's storage takes on devices of that type; 0 if it is elsewhere."""
    if tensor.device.type != device_type:
        return 0
    size = int(tensor.untyped_storage().nbytes())
    return -(-size // ALLOCATION_UNIT) * ALLOCATION_UNIT if device_type == "cuda" else size


def name_of(node: Node) -> str:
    """An operator's name without namespace and overload: "mm"."""
    packet = getattr(node.target, "overloadpacket", None)
    return str(getattr(packet, "__name__", None) or getattr(node.target, "__name__", node.target))


def schema_of(node: Node) -> Any:
    return getattr(node.target, "_schema", None)


def argument(node: Node, name: str, default: Any = None) -> Any:
    """The value that a node passes for an argument of its schema."""
    for at, declared in enumerate(schema_of(node).arguments if schema_of(node) else ()):
        if declared.name == name:
            return node.args[at] if at < len(node.args) else node.kwargs.get(name, declared.default_value)
    return default


def written(node: Node) -> list[Node]:
    """The argument nodes that an operator writes to, by its schema."""
    found: list[Node] = []
    for at, declared in enumerate(schema_of(node).arguments if node.op == "call_function" and schema_of(node) else ()):
        if declared.alias_info is not None and declared.alias_info.is_write:
            value = node.args[at] if at < len(node.args) else node.kwargs.get(declared.name)
            found += [n for n in tree_flatten(value)[0] if isinstance(n, Node)]
    return found


def is_view(node: Node, of: Iterable[torch.Tensor]) -> bool:
    """Whether all that an operator returns shares storage with what it was given."""
    schema = schema_of(node)
    if schema is not None and schema.returns and all(
            r.alias_info is not None and not r.alias_info.is_write for r in schema.returns):
        return True
    given = {storage_key(t) for t in of}
    return all(storage_key(t) in given for t in tensors(node.meta.get("val")))


def is_random(node: Node) -> bool:
    """Whether an operator draws random numbers; attention only if it drops something, Inductor's only the seeds."""
    name = name_of(node)
    if name in ("inductor_seeds", "inductor_seed"):
        return True
    if name in ("inductor_random", "inductor_randint", "inductor_lookup_seed"):
        return False  # functions of a seed
    if torch.Tag.nondeterministic_seeded not in (getattr(node.target, "tags", ()) or ()):
        return False
    dropped = argument(node, "dropout_p", None)
    return dropped is None or bool(dropped)


def is_collective(node: Node) -> bool:
    return getattr(node.target, "namespace", "") in COLLECTIVE_NAMESPACES


def is_pointwise(node: Node) -> bool:
    """Whether Inductor may compute an operator inside of those that read it."""
    name = name_of(node)
    tags = getattr(node.target, "tags", ()) or ()
    return name not in _NOT_INLINED and (name in _POINTWISE or torch.Tag.pointwise in tags)


def is_fusible(node: Node) -> bool:
    return is_pointwise(node) or name_of(node) in _REDUCTIONS


def is_timed(node: Node) -> bool:
    """Whether Inductor calls a library for an operator, so that only a clock knows what it takes."""
    name = name_of(node)
    return name in _TIMED or name.startswith("_scaled_dot_product") or name.startswith("_flash_attention")


def is_getitem(node: Node) -> bool:
    return node.op == "call_function" and node.target is operator.getitem
