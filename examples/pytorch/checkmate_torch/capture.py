# SPDX-License-Identifier: Apache-2.0
"""A training step's joint graph, from a graph that Dynamo has traced: AOTAutograd on fake tensors, without decompositions.

The operators are those that eager PyTorch would call; nothing is executed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.fx import GraphModule, Node
from torch.utils._pytree import tree_flatten

from .units import Unsupported


@dataclass
class Joint:
    """A joint graph and what its inputs and outputs mean; inputs are named by their position in Dynamo's graph."""

    module: GraphModule
    inputs: dict[int, Node] = field(default_factory=dict)
    seed: Node | None = None
    """The gradient of the loss, an input."""
    loss: Any = None
    outputs: list[Any] = field(default_factory=list)
    """What Dynamo's graph returns; the loss is one of them."""
    gradients: dict[int, Any] = field(default_factory=dict)
    updates: dict[int, Any] = field(default_factory=dict)
    """New values of inputs that the step changes in place (running statistics)."""


def capture(graph: GraphModule, inputs: Sequence[Any]) -> Joint:
    """The joint graph of a graph with one differentiable output, a scalar: the loss."""
    from torch._functorch.aot_autograd import aot_export_joint_with_descriptors
    from torch.fx.experimental.symbolic_shapes import GuardOnDataDependentSymNode

    with contextlib.ExitStack() as stack, eager_kernels():
        try:
            exported = aot_export_joint_with_descriptors(stack, graph, tuple(inputs), decompositions={})
        except GuardOnDataDependentSymNode as why:
            raise Unsupported("the step has a size that depends on data: " + str(why).strip().splitlines()[0]) from why
        return _described(exported.graph_module)


OTHER_KERNELS = ("upsample_", "_upsample_", "dropout", "hardshrink", "softshrink", "multi_margin_loss",
                 "multilabel_margin_loss_forward", "cudnn_batch_norm", "miopen_batch_norm")
"""Operators that tracing takes apart even without decompositions; eager calls one kernel, of other bits."""


@contextlib.contextmanager
def eager_kernels() -> Iterator[None]:
    """While tracing, leaves the operators whole that eager PyTorch leaves whole."""
    keys = (torch._C.DispatchKey.Autograd, torch._C.DispatchKey.CompositeImplicitAutograd)
    taken = []
    for name in dir(torch.ops.aten):
        if not name.startswith(OTHER_KERNELS):
            continue
        packet = getattr(torch.ops.aten, name)
        for overload in (getattr(packet, o) for o in packet.overloads()):
            taken += [(overload, key, overload.py_kernels.pop(key)) for key in keys if key in overload.py_kernels]
    for overload, _, _ in taken:
        overload._dispatch_cache.clear()
    try:
        yield
    finally:
        for overload, key, kernel in taken:
            overload.py_kernels[key] = kernel
            overload._dispatch_cache.clear()


def _described(module: GraphModule) -> Joint:
    from torch._functorch._aot_autograd import descriptors as d

    joint = Joint(module)
    outputs: dict[int, Any] = {}
    seeds: dict[int, Node] = {}
    for n in module.graph.nodes:
        if n.op != "placeholder":
            continue
        desc = n.meta.get("desc")
        if isinstance(desc, d.PlainAOTInput):
            joint.inputs[desc.idx] = n
        elif isinstance(desc, d.TangentAOTInput) and isinstance(desc.output, d.PlainAOTOutput):
            seeds[desc.output.idx] = n
        elif n.users:
            raise Unsupported(f"the step has an input of a kind that is not understood ({desc})")
    for n, desc in _returned(module):
        if isinstance(desc, d.PlainAOTOutput):
            outputs[desc.idx] = n
        elif isinstance(desc, d.GradAOTOutput) and isinstance(desc.grad_of, d.PlainAOTInput):
            joint.gradients[desc.grad_of.idx] = n
        elif isinstance(desc, d.InputMutationAOTOutput) and isinstance(desc.mutated_input, d.PlainAOTInput):
            joint.updates[desc.mutated_input.idx] = n
        elif desc is not None and n is not None and not isinstance(desc, d.IntermediateBaseAOTOutput):
            raise Unsupported(f"the step returns something of a kind that is not understood ({desc})")
    if len(seeds) != 1:
        raise Unsupported(f"the step has {len(seeds)} differentiable results; there must be one, the loss")
    (at, joint.seed), = seeds.items()
    joint.loss = outputs[at]
    if joint.loss.meta["val"].numel() != 1:
        raise Unsupported(f"the loss has the shape {tuple(joint.loss.meta['val'].shape)}; it must be one number")
    joint.outputs = [outputs[i] for i in range(len(outputs))]
    return joint


def _returned(module: GraphModule) -> list[tuple[Any, Any]]:
    """The joint graph's results with their descriptors."""
    output = next(n for n in reversed(module.graph.nodes) if n.op == "output")
    flat = tree_flatten(output.args[0])[0]
    descs = tree_flatten(output.meta["desc"], is_leaf=lambda x: not isinstance(x, (list, tuple)) or x is None)[0]
    if len(flat) != len(descs):
        raise Unsupported("the joint graph's results and their descriptions differ in number")
    return list(zip(flat, descs))


def drop_dead(module: GraphModule) -> None:
    """Removes operators without effect whose results nobody reads."""
    for n in reversed(list(module.graph.nodes)):
        if n.op == "call_function" and not n.users and not n.is_impure():
            module.graph.erase_node(n)


def one_output_is_the_loss(value: Any) -> tuple[torch.Tensor, Any]:
    """What a loss function returns, as (loss, the rest detached)."""
    loss, rest = (value[0], value[1:]) if isinstance(value, tuple) else (value, ())
    if not isinstance(loss, torch.Tensor):
        raise TypeError(f"the loss function must return the loss, a tensor, or a tuple that begins with it, not {type(value).__name__}")
    return loss, torch.utils._pytree.tree_map_only(torch.Tensor, torch.Tensor.detach, rest)
