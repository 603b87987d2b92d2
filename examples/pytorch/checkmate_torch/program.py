# SPDX-License-Identifier: Apache-2.0
"""A traced step as a checkmate graph: operators with the storages that they allocate, views folded into them.

Executing an operator allocates storages; a tensor that shares the storage of another one is a view of it, costs nothing
and is made again where it is read. So a node of the graph is an operator that allocates (or writes), its values are the
new storages, and reading a view is reading the storage below it. This module executes the traced graph once, in order,
to see which storages there are: nothing is assumed from the operators' names.

Rules that keep results unchanged:
* an operator that writes to its arguments, draws random numbers or talks to other processes runs once;
* so does whatever reads a storage before its last change in place;
* batch norm in training changes its running statistics unseen by its schema: a repetition gets none.
"""

import operator

import torch
from torch.utils._pytree import tree_flatten, tree_unflatten

from .tracing import is_random, writes

COLLECTIVE_NAMESPACES = ("c10d", "_c10d_functional", "c10d_functional")
STATISTICS = ("running_mean", "running_var")
ALLOCATION_UNIT = 512  # CUDA's caching allocator hands out multiples of this


def storage_of(tensor):
    return tensor.untyped_storage() if hasattr(tensor, "untyped_storage") else tensor.storage()


def map_nodes(what, function):
    """A nested argument with every graph node in it replaced."""
    return torch.fx.node.map_arg(what, function)


class Unit:
    """One node of the checkmate graph: an operator that allocates or writes."""

    def __init__(self, index, node):
        self.index, self.node = index, node
        self.sizes = []  # bytes of each new storage
        self.slot_of_leaf = []  # for each leaf of the result: the storage's number, or None (no tensor of its own)
        self.spec = None
        self.reads, self.keep = set(), set()
        self.run_once = self.random = False
        self.cost, self.workspace = 0.0, 0

    @property
    def operator(self):
        return str(self.node.target)

    def repeat_arguments(self, args, kwargs):
        """Arguments for a repetition: batch norm's running statistics left out."""
        names = [a.name for a in getattr(self.node.target, "_schema").arguments]
        if "batch_norm" not in self.operator or "backward" in self.operator:
            return args, kwargs
        args = tuple(None if i < len(names) and names[i] in STATISTICS else a for i, a in enumerate(args))
        return args, {k: None if k in STATISTICS else v for k, v in kwargs.items()}


class Program:
    """Units of a traced step and what is needed to execute them in any order that a schedule asks for."""

    def __init__(self, traced, device, random="run_once"):
        self.traced, self.device = traced, torch.device(device)
        self.graph = traced.module.graph
        self.random_rule = random
        self.units = []
        self.unit_of = {}  # graph node -> unit
        self.constant = {}  # graph node -> value that is no tensor, or a constant of the module
        self.needs = {}  # graph node -> storages (unit, k) that must be there to make its value
        self.order_matters = False  # operators change what others read, or draw numbers one after the other
        self.placeholders = [n for n in self.graph.nodes if n.op == "placeholder"]
        self._outputs = tree_flatten([n for n in self.graph.nodes if n.op == "output"][0].args[0])[0]
        self._fold(traced.inputs())
        self._mark_written()
        self._mark_kept()

    # --- what the traced graph allocates -------------------------------------------------------------------------

    def _size(self, storage):
        """Bytes that count: on a GPU, what its allocator hands out, and nothing for tensors on the host."""
        if storage.device.type != self.device.type:
            return 0
        size = storage.nbytes()
        return -(-size // ALLOCATION_UNIT) * ALLOCATION_UNIT if self.device.type == "cuda" else size

    def _fold(self, inputs):
        """Executes the graph once, dropping each value after its last use, and notes every storage."""
        first, last = len(self.traced.parameters), len(self.traced.parameters) + len(self.traced.buffers)
        inputs[first:last] = [t.clone() for t in inputs[first:last]]  # statistics would be updated once too often
        examples = dict(zip(self.placeholders, inputs))
        users = {n: len(n.users) for n in self.graph.nodes}
        env, alive = {}, {}  # alive: storage -> [(unit, k) or None for pinned, number of values that hold it]
        with torch.no_grad():
            for node in self.graph.nodes:
                if node.op == "output":
                    break
                value = self._first_value(node, examples, env)
                self._note(node, value, alive)
                env[node] = value
                for source in [*node.all_input_nodes, node]:
                    users[source] -= source is not node
                    if users[source] == 0 and source in env and source.op == "call_function":
                        self._drop(env.pop(source), alive)

    def _first_value(self, node, examples, env):
        if node.op == "placeholder":
            return examples[node]
        if node.op == "get_attr":
            value = self.traced.module
            for part in node.target.split("."):
                value = getattr(value, part)
            return value
        args, kwargs = map_nodes(node.args, env.__getitem__), map_nodes(node.kwargs, env.__getitem__)
        return node.target(*args, **kwargs)

    def _note(self, node, value, alive):
        leaves, spec = tree_flatten(value)
        tensors = [t for t in leaves if isinstance(t, torch.Tensor)]
        inherited = set().union(*[self.needs[n] for n in node.all_input_nodes], set())
        pinned = node.op != "call_function"
        written = writes(node)
        fresh = [t for t in tensors if storage_of(t)._cdata not in alive]
        if pinned or (not tensors and not written):
            self.needs[node] = set()
            if node.op != "placeholder":
                self.constant[node] = value
        elif fresh or written:
            self._add_unit(node, leaves, spec, inherited, alive, bool(fresh))
        elif node.target is operator.getitem and node.args[0] in self.unit_of:
            self.needs[node] = {alive[storage_of(t)._cdata][0] for t in tensors} - {None}
        else:
            self.needs[node] = inherited
        for t in tensors:
            alive.setdefault(storage_of(t)._cdata, [None, 0])[1] += 1

    def _add_unit(self, node, leaves, spec, inherited, alive, fresh):
        unit = Unit(len(self.units), node)
        unit.spec, unit.reads = spec, inherited
        for leaf in leaves:
            if not isinstance(leaf, torch.Tensor):
                unit.slot_of_leaf.append(None)
                continue
            storage = storage_of(leaf)
            if storage._cdata not in alive:
                alive[storage._cdata] = [(unit.index, len(unit.sizes)), 0]
                unit.sizes.append(self._size(storage))
            owner = alive[storage._cdata][0]
            mine = owner is not None and owner[0] == unit.index
            if fresh and not mine:
                raise NotImplementedError(f"{node.target} returns both new storages and a view of an argument")
            unit.slot_of_leaf.append(owner[1] if mine else None)
        unit.random = is_random(node)
        collective = getattr(node.target, "namespace", "") in COLLECTIVE_NAMESPACES
        unit.run_once = bool(writes(node)) or collective or (unit.random and self.random_rule == "run_once")
        self.units.append(unit)
        self.unit_of[node] = unit
        self.needs[node] = ({(unit.index, k) for k in range(len(unit.sizes))} if fresh else
                            set(self.needs[writes(node)[0]]))

    @staticmethod
    def _drop(value, alive):
        for t in tree_flatten(value)[0]:
            if isinstance(t, torch.Tensor):
                entry = alive[storage_of(t)._cdata]
                entry[1] -= 1
                if entry[1] == 0:
                    del alive[storage_of(t)._cdata]

    def _mark_written(self):
        """What touches a storage up to its last change in place may not run again."""
        last_write, touches = {}, {}
        for unit in self.units:
            for target in writes(unit.node):
                for key in self.needs[target] or {self._base(target)}:
                    last_write[key] = unit.index
        for unit in self.units:
            touched = unit.reads | {(unit.index, k) for k in range(len(unit.sizes))}
            touched |= {self._base(n) for n in unit.node.all_input_nodes if not self.needs[n]}
            if any(last_write.get(key, -1) >= unit.index for key in touched):
                unit.run_once = True
            for key in touched:
                touches[key] = touches.get(key, 0) + 1
        written = any(touches[key] > 1 for key in last_write)
        self.order_matters = written or sum(u.random for u in self.units) > 1

    def _base(self, node):
        """The placeholder or constant below a chain of views."""
        while node.op == "call_function" and node.all_input_nodes:
            node = node.all_input_nodes[0]
        return node

    def _mark_kept(self):
        for node in self._outputs:
            if isinstance(node, torch.fx.Node):
                for v, k in self.needs[node]:
                    self.units[v].keep.add(k)

    # --- the graph for the planner ------------------------------------------------------------------------------

    def to_json(self, name, fixed_memory):
        """The checkmate-graph object; costs and workspaces as profiled."""
        loss = min((v for v, _ in self.needs.get(self._outputs[0], [])), default=len(self.units))
        nodes = []
        for u in self.units:
            nodes.append({"id": u.index, "name": u.node.name, "op": u.operator, "cost": round(u.cost, 4),
                          "memory": sum(u.sizes), "workspace": u.workspace, "outputs": list(u.sizes),
                          "reads": sorted(map(list, u.reads)), "backward": u.index > loss, "keep": sorted(u.keep),
                          "run_once": u.run_once})
        edges = sorted({(v, u.index) for u in self.units for v, _ in u.reads})
        return {"format": "checkmate-graph", "version": 1, "name": name,
                "source": f"PyTorch {torch.__version__}, one traced training step",
                "units": {"cost": "us", "memory": "bytes"}, "fixed_memory": int(fixed_memory),
                "nodes": nodes, "edges": [list(e) for e in edges]}

    # --- executing it -------------------------------------------------------------------------------------------

    def run(self, inputs):
        """A run of the program on flat inputs, at its start; drive it with schedule.execute."""
        return Run(self, inputs)


class Run:
    """The state of one execution: which storages are held. An engine for `schedule.execute`."""

    def __init__(self, program, inputs):
        self.program = program
        self.given = dict(zip(program.placeholders, inputs))
        self.leaves = [None] * len(program.units)
        self.random_states = {}

    def value(self, node):
        """The value of a graph node; views are made here, where they are read."""
        program = self.program
        if node in self.given:
            return self.given[node]
        if node in program.constant:
            return program.constant[node]
        unit = program.unit_of.get(node)
        if unit is None:
            args, kwargs = map_nodes(node.args, self.value), map_nodes(node.kwargs, self.value)
            return node.target(*args, **kwargs)
        if not unit.sizes:  # wrote to its argument and returned it
            return self.value(writes(node)[0])
        return tree_unflatten(self.leaves[unit.index], unit.spec)

    def compute(self, index, again=False):
        unit = self.program.units[index]
        node = unit.node
        args, kwargs = map_nodes(node.args, self.value), map_nodes(node.kwargs, self.value)
        if again:
            args, kwargs = unit.repeat_arguments(args, kwargs)
        if unit.random and self.program.random_rule == "replay":
            out = self._with_state(unit, again, args, kwargs)
        else:
            out = node.target(*args, **kwargs)
        if not unit.sizes:
            return
        leaves = tree_flatten(out)[0]
        held = self.leaves[index] or [None] * len(leaves)
        for i, slot in enumerate(unit.slot_of_leaf):
            if slot is None:
                held[i] = leaves[i] if not isinstance(leaves[i], torch.Tensor) else None
            elif held[i] is None:  # an output that is still held keeps its place
                held[i] = leaves[i]
        self.leaves[index] = held

    def _with_state(self, unit, again, args, kwargs):
        """A random operator's repetition starts from the generator's state of its first execution."""
        on_gpu = self.program.device.type == "cuda"
        get, put = ((torch.cuda.get_rng_state, torch.cuda.set_rng_state) if on_gpu else
                    (torch.get_rng_state, torch.set_rng_state))
        if not again:
            self.random_states[unit.index] = get()
            return unit.node.target(*args, **kwargs)
        now = get()
        put(self.random_states[unit.index])
        out = unit.node.target(*args, **kwargs)
        put(now)
        return out

    def free(self, index, output):
        leaves = self.leaves[index]
        for i, slot in enumerate(self.program.units[index].slot_of_leaf):
            if slot == output:
                leaves[i] = None

    def results(self):
        """Loss, gradients, buffers, as the traced module returns them."""
        return [self.value(n) if isinstance(n, torch.fx.Node) else n for n in self.program._outputs]
