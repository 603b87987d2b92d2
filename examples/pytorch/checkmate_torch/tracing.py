# SPDX-License-Identifier: Apache-2.0
"""Traces one training step of an nn.Module (loss, forward, backward) to ATen operators.

The result is a flat graph of operator calls, the very calls that eager PyTorch makes: make_fx records what reaches the
dispatcher below autograd. Modules that change intermediate tensors in place are traced again with functionalization,
which turns such operators into pure ones; where this version of PyTorch cannot, the plain trace is kept and what touches
such tensors may run only once (see program.py).
"""

import contextlib

import torch
from torch.fx.experimental.proxy_tensor import make_fx

try:
    from torch.func import functional_call
except ImportError:  # before 2.0
    from torch.nn.utils.stateless import functional_call


class Traced:
    """A traced step: `module(*inputs)` returns the loss, then a gradient (or None) a parameter, then the buffers."""

    def __init__(self, module, model, arguments, targets):
        self.module = module
        self.parameters = dict(model.named_parameters())
        self.buffers = dict(model.named_buffers())
        self.examples = [*arguments, *targets]
        self.functionalized = False

    def inputs(self, examples=None):
        """Flat inputs of the module, in its order: parameters, buffers, examples."""
        held = [p.detach() for p in self.parameters.values()] + list(self.buffers.values())
        return held + list(self.examples if examples is None else examples)


def as_tuple(what):
    return tuple(what) if isinstance(what, (tuple, list)) else (what,)


def writes(node):
    """The argument nodes that a graph node's operator writes to, by its schema."""
    schema = getattr(node.target, "_schema", None)
    if node.op != "call_function" or schema is None:
        return []
    written = []
    for at, argument in enumerate(schema.arguments):
        if argument.alias_info is not None and argument.alias_info.is_write:
            value = node.args[at] if at < len(node.args) else node.kwargs.get(argument.name)
            written += [value] if isinstance(value, torch.fx.Node) else list(value or [])
    return written


def is_random(node):
    """Whether the operator draws random numbers (attention only if it drops something)."""
    tags = getattr(node.target, "tags", ())
    if node.op != "call_function" or torch.Tag.nondeterministic_seeded not in (tags or ()):
        return False
    names = [a.name for a in node.target._schema.arguments]
    if "dropout_p" in names:
        at = names.index("dropout_p")
        default = node.target._schema.arguments[at].default_value
        value = node.args[at] if at < len(node.args) else node.kwargs.get("dropout_p", default)
        return bool(value)
    return True


def _places(model, kind):
    """Every name under which the model holds one of its tensors (tied weights have several), and its number among them.

    kind: "_parameters" or "_buffers", as a module keeps them."""
    numbers, places = {}, {}
    for prefix, module in model.named_modules(remove_duplicate=False):
        for name, tensor in getattr(module, kind).items():
            if tensor is not None:
                places[f"{prefix}.{name}" if prefix else name] = numbers.setdefault(tensor, len(numbers))
    return places


def _flat_step(model, loss, arguments, targets):
    takes_gradient = [p.requires_grad for p in model.parameters()]
    if not any(takes_gradient):
        raise ValueError(f"no parameter of {type(model).__name__} takes a gradient: there is nothing to train")
    places = _places(model, "_parameters"), _places(model, "_buffers")
    cut = len(takes_gradient), len(takes_gradient) + len(list(model.buffers()))

    def step(*flat):
        parameters, buffers, examples = flat[:cut[0]], flat[cut[0]:cut[1]], flat[cut[1]:]
        state = {**{name: parameters[i] for name, i in places[0].items()},
                 **{name: buffers[i] for name, i in places[1].items()}}
        out = functional_call(model, state, tuple(examples[:len(arguments)]))
        value = loss(out, *examples[len(arguments):])
        wanted = [p for p, takes in zip(parameters, takes_gradient) if takes]
        found = iter(torch.autograd.grad(value, wanted, allow_unused=True))
        gradients = [next(found) if takes else None for takes in takes_gradient]
        return [value.detach(), *gradients, *buffers]

    flat = [p.detach().requires_grad_(p.requires_grad) for p in model.parameters()]
    flat += [b.clone() for b in model.buffers()]  # tracing runs the step: the module's own statistics stay as they are
    return step, flat + [*arguments, *targets]


def _functionalized(step):
    try:
        from torch._subclasses.functional_tensor import dispatch_functionalize
        return dispatch_functionalize(step)
    except ImportError:
        from functorch.experimental import functionalize
        return functionalize(step)


def _one_thread():
    """Backward on this thread, where the tracer listens."""
    setting = getattr(torch.autograd, "set_multithreading_enabled", None)
    return setting(False) if setting else contextlib.nullcontext()


def _drop_dead(graph):
    for node in reversed(list(graph.nodes)):
        if node.op == "call_function" and not node.users and not writes(node) and not is_random(node):
            graph.erase_node(node)


def _changes_intermediates(graph):
    return any(w.op not in ("placeholder", "get_attr") for node in graph.nodes for w in writes(node))


def trace_step(model, loss, arguments, targets, mode="real"):
    """Traces loss(model(*arguments), *targets) and the gradients of all parameters that take one.

    mode: "real" executes the step once on the tensors given; "fake" only follows shapes."""
    arguments, targets = as_tuple(arguments), as_tuple(targets)
    step, flat = _flat_step(model, loss, arguments, targets)
    devices = sorted({t.device.index for t in flat if t.is_cuda})
    with torch.random.fork_rng(devices=devices), torch.enable_grad(), _one_thread():
        module = make_fx(step, tracing_mode=mode)(*flat)
        functional = False
        if _changes_intermediates(module.graph):
            try:
                again = make_fx(_functionalized(step), tracing_mode=mode)(*flat)
                functional = not _changes_intermediates(again.graph)
                module = again if functional else module
            except Exception as why:  # whatever this PyTorch's functionalization cannot do; the plain trace stands
                print(f"checkmate_torch: not functionalized ({type(why).__name__}: {str(why)[:200]})")
    _drop_dead(module.graph)
    module.recompile()
    traced = Traced(module, model, arguments, targets)
    traced.functionalized = functional
    return traced
