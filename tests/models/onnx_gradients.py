# SPDX-License-Identifier: Apache-2.0
#
# onnx_gradients.py PROGRAM FOLDER: checks what the backward nodes of ONNX operators read, operator by operator, against
# numerical differentiation. Nothing here is shared with the library: operators are evaluated by the few lines below, and
# PROGRAM (onnx_reads) only says what the library would hold for the gradient of each input.
#
# Per operator and input, with R what is read:
#   enough      the numerical gradient stays the same when every input outside R is replaced; where R has outputs, a
#               formula that is given the tensors of R and nothing else must equal the numerical gradient
#   no more     for each tensor of R there are two states that agree in the rest of R and differ in the gradient
#               (tensors that are held on purpose are listed with the case)
#   none        inputs without a gradient have the numerical gradient zero
# Every operator that PROGRAM lists must have a case.
import itertools
import math
import os
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

RNG = np.random.default_rng(7)
CASES = []


class Case:
    """An operator with given attributes. `sample()` makes inputs (None: left out); `forward` evaluates the operator.
    `formula` has, by input, a function of (reads, output gradients, shapes of the inputs). `held` names what is held on
    purpose, `states` gives further inputs among which to look for the need of a read, `drawn` counts arrays at the end
    of a sample that are no inputs but what a random operator draws. `omitted` outputs are left out of the model, and
    inputs of which what is drawn is no function are `undefined`."""

    def __init__(self, op, sample, forward, formula=None, held=(), states=(), drawn=0, omitted=(), undefined=(), opset=17,
                 view=False,
                 **attributes):
        self.op, self.sample, self.forward = op, sample, lambda *x: as_tuple(forward(*x))
        self.formula, self.held, self.states = formula or {}, set(held), list(states)
        self.drawn, self.omitted, self.undefined = drawn, omitted, undefined
        self.opset, self.view, self.attributes = opset, view, attributes
        CASES.append(self)


def as_tuple(y):
    return tuple(np.asarray(a) for a in (y if isinstance(y, tuple) else (y,)))


def case(ops, *arguments, **named):
    for op in ops.split():
        Case(op, *arguments, **named)


# What inputs are made of.
def real(*shape):
    return RNG.normal(size=shape)


def positive(*shape):
    return RNG.uniform(0.5, 2, size=shape)


def inside(*shape):
    return RNG.uniform(-0.9, 0.9, size=shape)


def whole(low, high, *shape):
    return RNG.integers(low, high, size=shape)


def reals(*shapes):
    return lambda: [real(*shape) for shape in shapes]


def constant(values, kind=np.int64):
    return np.array(values, kind)


def some_of(*choices):
    return choices[RNG.integers(len(choices))]


# Numerical differentiation.
def is_real(x):
    return x is not None and np.asarray(x).dtype.kind == "f"


class State:
    """Inputs of a case, what comes out, and the gradients of a fixed weighted sum of that."""

    def __init__(self, case, inputs, weights):
        self.case, self.inputs, self.weights = case, [None if x is None else np.asarray(x) for x in inputs], weights
        self.outputs = case.forward(*self.inputs)
        self.cache = {}

    def value(self, name):
        which = self.inputs if name[0] == "x" else self.outputs
        place = int(name[1:])
        return which[place] if place < len(which) else None

    def total(self, inputs):
        y = self.case.forward(*inputs)
        return sum(float(np.sum(w * a)) for w, a in zip(self.weights, y) if is_real(a))

    def gradient(self, slot):
        if slot not in self.cache:
            x, step = self.inputs[slot].astype(float), 1e-5
            out = np.zeros(x.shape)
            for at in np.ndindex(*x.shape):
                ends = []
                for sign in (1, -1):
                    moved = x.copy()
                    moved[at] += sign * step
                    ends.append(self.total(self.inputs[:slot] + [moved] + self.inputs[slot + 1:]))
                out[at] = (ends[0] - ends[1]) / (2 * step)
            self.cache[slot] = out
        return self.cache[slot]


def same(a, b):
    if a is None or b is None:
        return a is b
    return np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=1e-5, atol=1e-6)


class Reads(dict):
    """The tensors that a formula may see."""

    def __missing__(self, name):
        raise LookupError(f"the formula needs {name}, which is not read")


# The operators. Elements one by one:
def elementwise(op, make, f, formula=None, **named):
    Case(op, lambda: [make(3, 4)], f, {0: formula} if formula else None, **named)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


erf = np.vectorize(math.erf)

elementwise("Relu", real, lambda x: np.maximum(x, 0), lambda r, d, s: d[0] * (r["y0"] > 0))
for slope in (0.1, 0.0):
    elementwise("LeakyRelu", real, lambda x, a=slope: np.where(x < 0, a * x, x),
                lambda r, d, s, a=slope: d[0] * np.where(r["y0"] > 0, 1, a), alpha=slope)
elementwise("LeakyRelu", real, lambda x: np.where(x < 0, -0.5 * x, x), alpha=-0.5)
for height in (1.5, 0.0):
    elementwise("ThresholdedRelu", real, lambda x, a=height: np.where(x > a, x, 0),
                lambda r, d, s: d[0] * (r["y0"] != 0), alpha=height)
elementwise("ThresholdedRelu", real, lambda x: np.where(x > -0.5, x, 0), alpha=-0.5)
elementwise("Sqrt", positive, np.sqrt, lambda r, d, s: d[0] / (2 * r["y0"]))
elementwise("Reciprocal", positive, lambda x: 1 / x, lambda r, d, s: -d[0] * r["y0"]**2)
elementwise("Sigmoid", real, sigmoid, lambda r, d, s: d[0] * r["y0"] * (1 - r["y0"]))
elementwise("HardSigmoid", lambda *n: 4 * real(*n), lambda x: np.clip(0.2 * x + 0.5, 0, 1),
            lambda r, d, s: d[0] * 0.2 * ((r["y0"] > 0) & (r["y0"] < 1)))
elementwise("Tanh", real, np.tanh, lambda r, d, s: d[0] * (1 - r["y0"]**2))
elementwise("Exp", real, np.exp, lambda r, d, s: d[0] * r["y0"])
elementwise("Elu", real, lambda x: np.where(x < 0, np.expm1(x), x),
            lambda r, d, s: d[0] * np.where(r["y0"] < 0, r["y0"] + 1, 1))
elementwise("Elu", real, lambda x: np.where(x < 0, -2 * np.expm1(x), x), alpha=-2.0)
for scale in (1.5, -1.5):
    elementwise("Selu", real, lambda x, g=scale: g * np.where(x < 0, 2 * np.expm1(x), x),
                lambda r, d, s, g=scale: d[0] * np.where(g * r["y0"] < 0, r["y0"] + 2 * g, g), alpha=2.0, gamma=scale)
elementwise("Selu", real, lambda x: np.where(x < 0, -2 * np.expm1(x), x), alpha=-2.0, gamma=1.0)
for width in (2.0, -2.0):
    elementwise("Celu", real, lambda x, a=width: np.maximum(x, 0) + np.minimum(0, a * np.expm1(x / a)),
                lambda r, d, s, a=width: d[0] * np.where(r["y0"] < 0, r["y0"] / a + 1, 1), alpha=width)
elementwise("Neg", real, lambda x: -x)
elementwise("Abs", real, np.abs)
elementwise("Shrink", real, lambda x: np.where(x < -0.5, x + 0.1, np.where(x > 0.5, x - 0.1, 0)), lambd=0.5, bias=0.1)
elementwise("Log", positive, np.log)
elementwise("Erf", real, erf)
elementwise("Gelu", real, lambda x: 0.5 * x * (1 + erf(x / math.sqrt(2))))
elementwise("HardSwish", lambda *n: 3 * real(*n), lambda x: x * np.clip(x / 6 + 0.5, 0, 1))
elementwise("Softplus", real, lambda x: np.log1p(np.exp(x)))
elementwise("Softsign", real, lambda x: x / (1 + np.abs(x)))
elementwise("Mish", real, lambda x: x * np.tanh(np.log1p(np.exp(x))))
elementwise("Swish", real, lambda x: x * sigmoid(x))
for name, f, make in [("Sin", np.sin, real), ("Cos", np.cos, real), ("Tan", np.tan, inside), ("Asin", np.arcsin, inside),
                      ("Acos", np.arccos, inside), ("Atan", np.arctan, real), ("Sinh", np.sinh, real),
                      ("Cosh", np.cosh, real), ("Asinh", np.arcsinh, real), ("Atanh", np.arctanh, inside),
                      ("Acosh", lambda x: np.arccosh(1 + x), positive)]:
    elementwise(name, make, f)
for name, f in [("Sign", np.sign), ("Floor", np.floor), ("Ceil", np.ceil), ("Round", np.round)]:
    elementwise(name, real, f)
elementwise("EyeLike", real, lambda x: np.eye(*x.shape))
elementwise("Hardmax", real, lambda x: (x == x.max(-1, keepdims=True)).astype(float))
for name, exponentials in [("Softmax", True), ("LogSoftmax", False)]:
    def soft(x, e=exponentials):
        y = x - np.log(np.exp(x).sum(-1, keepdims=True))
        return np.exp(y) if e else y

    def of_soft(r, d, s, e=exponentials):
        if e:
            return r["y0"] * (d[0] - (d[0] * r["y0"]).sum(-1, keepdims=True))
        return d[0] - np.exp(r["y0"]) * d[0].sum(-1, keepdims=True)

    elementwise(name, real, soft, of_soft, axis=-1)
elementwise("Det", lambda *n: real(2, 3, 3), np.linalg.det)
elementwise("Cast", real, lambda x: x, to=TensorProto.FLOAT)
case("CastLike", reals((3, 4), (2, )), lambda x, like: x)
elementwise("Identity", real, lambda x: x, view=True)
elementwise("Flatten", lambda *n: real(2, 3, 2), lambda x: x.reshape(2, 6), view=True)

# Two or more, one shape broadcast:
case("Add", reals((3, 4), (4, )), np.add)
case("Sub", reals((3, 4), (3, 1)), np.subtract)
case("Mul", reals((3, 4), (4, )), np.multiply)
case("Div", lambda: [real(3, 4), positive(4)], np.divide)
case("Div", lambda: [real(), positive(3, 4)], np.divide)
case("Pow", lambda: [positive(3, 4), positive(4)], np.power)
case("Mod", lambda: [3 * real(3, 4), positive(4)], np.fmod, fmod=1)
case("Sum", reals((3, 4), (4, ), (3, 1)), lambda *x: sum(x))
case("Mean", reals((3, 4), (4, ), (3, 1)), lambda *x: sum(x) / len(x))
case("Max", reals((3, 4), (4, ), (3, 4)), lambda a, b, c: np.maximum(np.maximum(a, b), c))
case("Min", reals((3, 4), (4, )), np.minimum)
case("Where", lambda: [whole(0, 2, 3, 4).astype(bool), real(3, 4), real(4)], np.where)
case("PRelu", lambda: [real(3, 4), positive(4)], lambda x, slope: np.where(x < 0, slope * x, x))


def clip(x, low=None, high=None):
    y = x if low is None else np.maximum(x, low)
    return y if high is None else np.minimum(y, high)


def reaches(r, name, beyond):
    return np.array(False) if r[name] is None else beyond(r["y0"], r[name])


def of_clip(r, d, s):
    inside = ~(reaches(r, "x1", np.less_equal) | reaches(r, "x2", np.greater_equal))
    return d[0] * inside


def of_clip_low(r, d, s):
    return np.sum(d[0] * (reaches(r, "x1", np.less_equal) & ~reaches(r, "x2", np.greater_equal)))


def of_clip_high(r, d, s):
    return np.sum(d[0] * reaches(r, "x2", np.greater_equal))


def around(x, low, high):
    return [constant([x], float), constant(low, float), constant(high, float)]


# Where the output equals a limit, only the limit tells that the input was beyond it.
LIMITS = [around(-2, -1, 1), around(-1 + 1e-4, -3, 1), around(-1 + 1e-4, -3, -1 + 1e-4), around(-1 + 1e-4, -1 + 1e-4, 1),
          around(2, -1, 1), around(1 - 1e-4, -1, 3), around(1 - 1e-4, 1 - 1e-4, 3), around(3, 1 - 1e-4, 1 - 1e-4)]
case("Clip", lambda: [real(5), -positive(), positive()], clip, {0: of_clip, 1: of_clip_low, 2: of_clip_high}, states=LIMITS)
case("Clip", lambda: [real(5), None, positive()], clip, {0: of_clip, 2: of_clip_high})

# Products:
case("MatMul", reals((2, 3, 4), (4, 2)), np.matmul)
case("Gemm", reals((3, 2), (3, 4), (4, )), lambda a, b, c: 2 * a.T @ b + 3 * c, transA=1, alpha=2.0, beta=3.0)
case("Einsum", reals((2, 3), (3, 4), (4, )), lambda a, b, c: np.einsum("ij,jk,k->i", a, b, c), equation="ij,jk,k->i")
case("Einsum", reals((2, 3)), lambda a: a.T, equation="ij->ji")


def conv(x, w, b=None, stride=2, pad=1, groups=2):
    x = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    n, m, kernel = x.shape[0], w.shape[0], w.shape[2]
    size = (x.shape[2] - kernel) // stride + 1
    y = np.zeros((n, m, size, size))
    for o, i, j in np.ndindex(m, size, size):
        first = o // (m // groups) * w.shape[1]
        part = x[:, first:first + w.shape[1], i * stride:i * stride + kernel, j * stride:j * stride + kernel]
        y[:, o, i, j] = (part * w[o]).sum((1, 2, 3)) + (0 if b is None else b[o])
    return y


def conv_transpose(x, w, b=None):
    n, c, size, kernel = x.shape[0], x.shape[1], x.shape[2], w.shape[2]
    y = np.zeros((n, w.shape[1], 2 * (size - 1) + kernel, 2 * (size - 1) + kernel))
    for i, j in np.ndindex(size, size):
        y[:, :, 2 * i:2 * i + kernel, 2 * j:2 * j + kernel] += np.einsum("nc,cokl->nokl", x[:, :, i, j], w)
    return y if b is None else y + b[None, :, None, None]


case("Conv", reals((1, 2, 4, 4), (2, 1, 3, 3), (2, )), conv, strides=[2, 2], pads=[1, 1, 1, 1], group=2)
case("Conv", lambda: [real(1, 2, 4, 4), real(2, 1, 3, 3), None], conv, strides=[2, 2], pads=[1, 1, 1, 1], group=2)
case("ConvTranspose", reals((1, 2, 2, 2), (2, 2, 2, 2), (2, )), conv_transpose, strides=[2, 2])


def rnn(x, w, r, b, lengths, h):
    h, y = h[0], []
    for step in x:
        h = np.tanh(step @ w[0].T + h @ r[0].T + b[0, :2] + b[0, 2:])
        y.append(h[None])
    return np.array(y), h[None]


def gru(x, w, r, b, lengths, h):
    h, y = h[0], []
    for step in x:
        a, c = step @ w[0].T + b[0, :6], h @ r[0].T + b[0, 6:]
        z, gate = sigmoid(a[:, :2] + c[:, :2]), sigmoid(a[:, 2:4] + c[:, 2:4])
        new = np.tanh(a[:, 4:] + (gate * h) @ r[0, 4:].T + b[0, 10:])
        h = (1 - z) * new + z * h
        y.append(h[None])
    return np.array(y), h[None]


def lstm(x, w, r, b, lengths, h, c, p):
    h, c, p, y = h[0], c[0], p[0], []
    for step in x:
        a = step @ w[0].T + h @ r[0].T + b[0, :8] + b[0, 8:]
        i, f = sigmoid(a[:, :2] + p[:2] * c), sigmoid(a[:, 4:6] + p[4:] * c)
        c = f * c + i * np.tanh(a[:, 6:])
        h = sigmoid(a[:, 2:4] + p[2:4] * c) * np.tanh(c)
        y.append(h[None])
    return np.array(y), h[None], c[None]


RECURRENT = ["y0", "y1", "y2", "x4"]  # kernels start from the states that they have made; lengths are all the same here
case("RNN", lambda: [real(2, 1, 3), real(1, 2, 3), real(1, 2, 2), real(1, 4), constant([2], np.int32), real(1, 1, 2)],
     rnn, held=RECURRENT, hidden_size=2)
case("GRU", lambda: [real(2, 1, 3), real(1, 6, 3), real(1, 6, 2), real(1, 12), constant([2], np.int32), real(1, 1, 2)],
     gru, held=RECURRENT, hidden_size=2)
case("LSTM", lambda: [real(2, 1, 3), real(1, 8, 3), real(1, 8, 2), real(1, 16), constant([2], np.int32), real(1, 1, 2),
                      real(1, 1, 2), real(1, 6)], lstm, held=RECURRENT, hidden_size=2)


# Normalisation:
def column(x, like):
    return x.reshape((-1, ) + (1, ) * (like.ndim - 2))


def standard(x, axes, epsilon=1e-5):
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + epsilon)


def batch_norm(x, scale, b, mean, variance):
    x, scale, b, mean, variance = x, *(column(v, x) for v in (scale, b, mean, variance))
    return (x - mean) / np.sqrt(variance + 1e-5) * scale + b


def batch_norm_in_training(x, scale, b, mean, variance):
    m, v = x.mean((0, 2)), x.var((0, 2))
    return (standard(x, (0, 2)) * column(scale, x) + column(b, x), m, v)


def given_batch():
    return [real(2, 3, 2), real(3), real(3), real(3), positive(3)]


case("BatchNormalization", given_batch, batch_norm)
Case("BatchNormalization", given_batch, lambda *x: batch_norm_in_training(*x)[0],
     held=["x3", "x4"])  # as of opset 14 without the attribute, frameworks train on the batch
case("InstanceNormalization", reals((2, 3, 4), (3, ), (3, )),
     lambda x, scale, b: standard(x, (2, )) * column(scale, x) + column(b, x))
case("GroupNormalization", reals((2, 4, 3), (4, ), (4, )), lambda x, scale, b: standard(x.reshape(2, 2, 6), (2, )).reshape(
    2, 4, 3) * column(scale, x) + column(b, x), opset=21, num_groups=2)


def layer_norm(x, scale, b=None):
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    y = standard(x, (-1, )) * scale + (0 if b is None else b)
    return y, mean, 1 / np.sqrt(variance + 1e-5)


case("LayerNormalization", reals((3, 4), (4, ), (4, )), layer_norm)
case("LayerNormalization", reals((3, 4), (4, ), (4, )), lambda *x: layer_norm(*x)[0])
case("RMSNormalization SimplifiedLayerNormalization", reals((3, 4), (4, )),
     lambda x, scale: x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-5) * scale, opset=23)
elementwise("LpNormalization", real, lambda x: x / np.sqrt((x**2).sum(-1, keepdims=True)), axis=-1, p=2)
elementwise("LpNormalization", real, lambda x: x / np.abs(x).sum(-1, keepdims=True), axis=-1, p=1)
elementwise("MeanVarianceNormalization", lambda *n: real(2, 2, 2, 2), lambda x: standard(x, (0, 2, 3), 1e-9))


def lrn(x):
    total = np.zeros_like(x)
    for c in range(x.shape[1]):
        total[:, c] = (x[:, max(0, c - 1):c + 2]**2).sum(1)
    return x / (1 + 0.5 / 3 * total)**0.75


elementwise("LRN", lambda *n: real(1, 4, 2, 2), lrn, size=3, alpha=0.5)


# Windows:
def windows(x):
    n, c, h, w = x.shape
    return x.reshape(n, c, h // 2, 2, w // 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(n, c, h // 2, w // 2, 4)


def max_pool(x):
    best = windows(x).argmax(-1)
    places = windows(np.arange(x.size).reshape(x.shape))
    return windows(x).max(-1), np.take_along_axis(places, best[..., None], -1)[..., 0]


def unpool(values, places, shape):
    y = np.zeros(int(np.prod(shape)))
    np.add.at(y, np.asarray(places).ravel(), np.asarray(values).ravel())
    return y.reshape(shape)


POOL = {"kernel_shape": [2, 2], "strides": [2, 2]}
image = lambda *n: real(1, 2, 4, 4)
elementwise("MaxPool", image, max_pool, lambda r, d, s: unpool(d[0], r["y1"], s[0]), **POOL)
elementwise("MaxPool", image, lambda x: max_pool(x)[0], **POOL)
elementwise("AveragePool", image, lambda x: windows(x).mean(-1), **POOL)
elementwise("LpPool", image, lambda x: np.sqrt((windows(x)**2).sum(-1)), p=2, **POOL)
elementwise("GlobalAveragePool", image, lambda x: x.mean((2, 3), keepdims=True))
elementwise("GlobalMaxPool", image, lambda x: x.max((2, 3), keepdims=True))
elementwise("GlobalLpPool", image, lambda x: np.sqrt((x**2).sum((2, 3), keepdims=True)))
case("MaxUnpool", lambda: [real(1, 1, 2, 2), RNG.permutation(16)[:4].reshape(1, 1, 2, 2)],
     lambda x, places: unpool(x, places, (1, 1, 4, 4)), **POOL)


def max_roi_pool(x, rois):
    y = []
    for roi in rois:
        n, x1, y1, x2, y2 = np.round(roi).astype(int)
        y.append([[[plane[y1:y2 + 1, x1:x2 + 1].max()]] for plane in x[n]])
    return np.array(y)


case("MaxRoiPool", lambda: [real(2, 1, 4, 4), np.array([[whole(0, 2), *(whole(0, 2, 2) + 0.2), *(whole(2, 4, 2) + 0.2)]],
                                                       float)], max_roi_pool, pooled_shape=[1, 1])


def bilinear(plane, y, x):
    """0 beyond the plane."""
    total, top, left = 0, math.floor(y), math.floor(x)
    for i, j in itertools.product((top, top + 1), (left, left + 1)):
        if 0 <= i < plane.shape[0] and 0 <= j < plane.shape[1]:
            total += (1 - abs(y - i)) * (1 - abs(x - j)) * plane[i, j]
    return total


def roi_align(combine):
    def forward(x, rois, batch):
        y = []
        for (x1, y1, x2, y2), n in zip(rois - 0.5, batch):
            points = [(y1 + (y2 - y1) * i, x1 + (x2 - x1) * j) for i, j in itertools.product((0.25, 0.75), repeat=2)]
            y.append([[[combine([bilinear(plane, *p) for p in points])]] for plane in x[n]])
        return np.array(y)
    return forward


for mode, combine in [("avg", np.mean), ("max", np.max)]:
    case("RoiAlign", lambda: [real(2, 1, 4, 4), np.array([[*RNG.uniform(0.6, 1.4, 2), *RNG.uniform(2.1, 3.4, 2)]]),
                              whole(0, 2, 1)], roi_align(combine), mode=mode, output_height=1, output_width=1,
         sampling_ratio=2, coordinate_transformation_mode="half_pixel")


def grid_sample(x, grid):
    y = np.zeros((x.shape[0], x.shape[1], *grid.shape[1:3]))
    for n, c, i, j in np.ndindex(*y.shape):
        at = (grid[n, i, j] + 1) / 2 * (np.array(x.shape[:1:-1]) - 1)
        y[n, c, i, j] = bilinear(x[n, c], at[1], at[0])
    return y


case("GridSample", lambda: [real(1, 2, 3, 3), inside(1, 2, 2, 2)], grid_sample, align_corners=1)


def at_places(x, places):
    """Linear interpolation along a vector."""
    return np.array([bilinear(x[None], 0, np.clip(p, 0, len(x) - 1)) for p in places])


def resize(x, roi, scales, sizes=None):
    if sizes is None:
        return at_places(x, (np.arange(6) + 0.5) / scales[0] - 0.5)
    return at_places(x, roi[0] * 3 + np.arange(6) * (roi[1] - roi[0]) * 3 / 5)


case("Resize", lambda: [real(4), None, RNG.uniform(1.51, 1.74, 1)], resize, mode="linear")
case("Resize", lambda: [real(4), np.concatenate([RNG.uniform(0.1, 0.3, 1), RNG.uniform(0.7, 0.9, 1)]), None, constant([6])],
     resize, held=["x2", "x3"],  # scales move what roi cuts out; sizes, which only the shape tells here, name them
     mode="linear", coordinate_transformation_mode="tf_crop_and_resize")
case("Upsample", lambda: [real(4), RNG.uniform(1.51, 1.74, 1)],
     lambda x, scales: x[np.floor(np.arange(6) / scales[0]).astype(int)], opset=9)
case("Upsample", lambda: [real(4), RNG.uniform(1.51, 1.74, 1)],
     lambda x, scales: at_places(x, np.arange(6) / scales[0]), opset=9, mode="linear")


# Sums along axes:
SYMMETRIC = constant([[1, 2, 3], [2, 5, 4], [3, 4, 6]], float)


def reduction(op, f, make=real, formula=None):
    elementwise(op, make, lambda x: f(x, -1), formula, axes=[-1], keepdims=0)
    # Later versions read the axes.
    Case(op, lambda: [make(3, 3), some_of(constant([0]), constant([1]))], lambda x, axes: f(x, int(axes[0])),
         formula and {0: formula}, states=[[SYMMETRIC, constant([axis])] for axis in (0, 1)], opset=18, keepdims=0)


def of_log_sum(r, d, s):
    axis = int(r["x1"][0]) if r.get("x1") is not None else -1
    return np.broadcast_to(np.expand_dims(d[0] * np.exp(-r["y0"]), axis), s[0])


reduction("ReduceSum", lambda x, a: x.sum(a))
reduction("ReduceMean", lambda x, a: x.mean(a))
reduction("ReduceMax", lambda x, a: x.max(a))
reduction("ReduceMin", lambda x, a: x.min(a))
reduction("ReduceProd", lambda x, a: x.prod(a))
reduction("ReduceL1", lambda x, a: np.abs(x).sum(a))
reduction("ReduceL2", lambda x, a: np.sqrt((x**2).sum(a)))
reduction("ReduceLogSum", lambda x, a: np.log(x.sum(a)), positive, of_log_sum)
reduction("ReduceLogSumExp", lambda x, a: np.log(np.exp(x).sum(a)))
reduction("ReduceSumSquare", lambda x, a: (x**2).sum(a))
case("CumSum", lambda: [real(3, 4), constant(whole(0, 2))], lambda x, axis: x.cumsum(int(axis)))


def nll(scores, labels, weights=None):
    weights = np.ones(scores.shape[1]) if weights is None else weights
    rows = np.arange(len(labels))
    return -(scores[rows, labels] * weights[labels]).sum() / weights[labels].sum()


def labelled(*more):
    return lambda: [real(3, 4), whole(0, 4, 3)] + [make() for make in more]


for more in [(), (lambda: positive(4), )]:
    case("NegativeLogLikelihoodLoss", labelled(*more), nll)
    case("SoftmaxCrossEntropyLoss", labelled(*more),
         lambda x, *rest: (nll(np.log(np.exp(x) / np.exp(x).sum(1, keepdims=True)), *rest), ))

# Elements moved about:
case("Transpose", reals((3, 4)), lambda x: x.T)
case("Expand", lambda: [real(3, 1), constant([3, 4])], lambda x, shape: np.broadcast_to(x, shape))
case("Tile", lambda: [real(3, 2), constant([1, 2])], np.tile)
case("Reshape", lambda: [real(3, 4), constant([2, 6])], np.reshape)
case("Squeeze", lambda: [real(3, 1, 4), constant([1])], lambda x, axes: x.squeeze(int(axes[0])))
case("Unsqueeze", lambda: [real(3, 4), constant([1])], lambda x, axes: np.expand_dims(x, int(axes[0])))
case("DepthToSpace", reals((1, 4, 2, 2)), lambda x: x.reshape(1, 2, 2, 1, 2, 2).transpose(0, 3, 4, 1, 5, 2).reshape(
    1, 1, 4, 4), blocksize=2)
case("SpaceToDepth", reals((1, 1, 4, 4)), lambda x: x.reshape(1, 1, 2, 2, 2, 2).transpose(0, 3, 5, 1, 2, 4).reshape(
    1, 4, 2, 2), blocksize=2)
case("Concat", reals((3, 4), (2, 4), (1, 4)), lambda *x: np.concatenate(x), axis=0)
case("Split", lambda: [real(6), constant([2, 4])], lambda x, split: tuple(np.split(x, [int(split[0])])),
     held=["x1"])  # the shapes of the parts tell as much, if all of them have a gradient
case("Gather", lambda: [real(4, 2), whole(0, 4, 3)], lambda x, i: x[i], axis=0)
case("GatherElements", lambda: [real(3, 4), whole(0, 4, 3, 2)], lambda x, i: np.take_along_axis(x, i, 1), axis=1)
case("GatherND", lambda: [real(3, 4), whole(0, 3, 2, 2)], lambda x, i: x[i[:, 0], i[:, 1]])
case("Compress", lambda: [real(4, 2), RNG.permutation([True, True, False, False])], lambda x, keep: x[keep], axis=0)
case("Trilu", lambda: [real(4, 4), constant(whole(-2, 3))], lambda x, k: np.triu(x, int(k)))
case("ReverseSequence", lambda: [real(4, 3), whole(1, 5, 3)], lambda x, lengths: np.stack(
    [np.concatenate([x[:n, b][::-1], x[n:, b]]) for b, n in enumerate(lengths)], 1))


def sliced(x, starts, ends, axes, steps):
    """Turned where that keeps the shape, as it does a square."""
    y = np.take(x, int(starts[0]) + np.arange(2) * int(steps[0]), int(axes[0]))
    return y if axes[0] == 0 else y.T


case("Slice", lambda: [real(5, 5), whole(0, 2, 1), constant([5]), whole(0, 2, 1), whole(1, 3, 1)], sliced,
     held=["x2"])  # the shape tells it


def padded(mode):
    def forward(x, pads, value, axes):
        widths = [(0, 0), (0, 0)]
        for n, axis in enumerate(axes):
            widths[axis] = (int(pads[n]), int(pads[n + len(axes)]))
        return np.pad(x, widths, mode, **({} if value is None else {"constant_values": float(value)}))
    return forward


# Whatever is drawn, one row and one column more.
pads = lambda: some_of(constant([1, 0, 0, 1]), constant([0, 1, 1, 0]))
axes = lambda: some_of(constant([0, 1]), constant([1, 0]))
case("Pad", lambda: [real(3, 3), pads(), real(), axes()], padded("constant"), opset=18)
case("Pad", lambda: [real(3, 3), pads(), None, axes()], padded("reflect"), opset=18, mode="reflect")


def scatter(combine):
    def forward(x, indices, updates):
        y = x.copy()
        for at in np.ndindex(*indices.shape):
            to = (int(indices[at]), at[1])
            y[to] = combine(y[to], updates[at])
        return y
    return forward


def scatter_nd(combine):
    def forward(x, indices, updates):
        y = x.copy()
        for n, to in enumerate(indices):
            y[tuple(to)] = combine(y[tuple(to)], updates[n])
        return y
    return forward


# No place twice: the order of writing is not defined.
rows = lambda: np.stack([RNG.permutation(4)[:2] for _ in range(3)], 1)
cells = lambda: np.stack([RNG.permutation(4)[:3], whole(0, 3, 3)], 1)
last = lambda a, b: b
case("Scatter", lambda: [real(4, 3), rows(), real(2, 3)], scatter(last), opset=10)
for mode, combine in [(None, last), ("none", last), ("add", np.add), ("mul", np.multiply), ("max", np.maximum),
                      ("min", np.minimum)]:
    named = {} if mode is None else {"reduction": mode}
    opset = 18 if mode in ("max", "min") else 17
    # Products and extremes may meet in one place; every factor then matters to the others.
    twice = (lambda: whole(0, 2, 2, 3)) if mode in ("mul", "max", "min") else rows
    case("ScatterElements", lambda twice=twice: [real(4, 3), twice(), real(2, 3)], scatter(combine), opset=opset, **named)
    again = (lambda: whole(0, 2, 3, 2)) if mode in ("mul", "max", "min") else cells
    case("ScatterND", lambda again=again: [real(4, 3), again(), real(3)], scatter_nd(combine), opset=opset, **named)


def top_k(x, k):
    order = np.argsort(-x, -1)[:, :2]
    return np.take_along_axis(x, order, -1), order


def of_top_k(r, d, s):
    out = np.zeros(s[0])
    np.put_along_axis(out, r["y1"], d[0], -1)
    return out


case("TopK", lambda: [real(3, 4), constant([2])], top_k, {0: of_top_k})
case("TopK", lambda: [real(3, 4), constant([2])], top_k, held=["x1"], omitted=[1])  # the shape tells it


# Random ones:
def dropout(x, ratio, training, mask):
    return (x * mask / (1 - ratio) if training else x), np.asarray(mask if training else np.ones_like(mask))


def of_dropout(r, d, s):
    return d[0] * r["y1"] / (1 - r["x1"]) if r["x2"] else d[0]


for omitted in ([], [1]):
    Case("Dropout", lambda: [real(3, 4), RNG.uniform(0.2, 0.8), constant(True, bool), whole(0, 2, 3, 4).astype(bool)],
         dropout, {0: of_dropout}, drawn=1, omitted=omitted, undefined=[1],
         # Not training, nothing is scaled.
         states=[[real(3, 4), 0.5, constant(training, bool), np.ones((3, 4), bool)] for training in (True, False)])
case("RandomNormalLike RandomUniformLike", reals((3, 4), (3, 4)), lambda x, drawn: drawn, drawn=1)
case("Bernoulli", lambda: [RNG.uniform(size=(3, 4)), RNG.uniform(size=(3, 4))],
     lambda x, drawn: (drawn < x).astype(float), drawn=1)

# Others:
case("Range", lambda: [real(), constant(50.0, float), positive()], lambda start, limit, delta: start + np.arange(4) * delta)
case("OneHot", lambda: [whole(0, 4, 3), constant(4), real(2)],
     lambda i, depth, values: np.where(np.arange(4) == i[:, None], values[1], values[0]))
case("DequantizeLinear", lambda: [whole(-9, 9, 3, 4).astype(np.int8), positive(4), whole(-3, 3, 4).astype(np.int8)],
     lambda x, scale, zero: (x - zero.astype(float)) * scale, axis=1)


# The models: every input of the operator is computed; that of `slot` has a gradient, the others have none.
KINDS = {"f": TensorProto.FLOAT, "b": TensorProto.BOOL}


def model_of(case, inputs, outputs, slot):
    nodes, given, weights, names = [], [], [], []
    for place, x in enumerate(inputs):
        names.append("" if x is None else f"x{place}")
        if x is None:
            continue
        kind = KINDS.get(x.dtype.kind) or helper.mapping.NP_TYPE_TO_TENSOR_TYPE[x.dtype]
        shape = list(x.shape) + ([2] if place == slot else [])
        given.append(helper.make_tensor_value_info(f"in{place}", kind, shape))
        if place == slot:
            weights.append(numpy_helper.from_array(np.ones(2, np.float32), "w"))
            nodes.append(helper.make_node("MatMul", [f"in{place}", "w"], [f"x{place}"], name=f"x{place}"))
        else:
            turned = "Not" if x.dtype.kind == "b" else "Neg"
            nodes.append(helper.make_node(turned, [f"in{place}"], [f"x{place}"], name=f"x{place}"))
    made = ["" if k in case.omitted else f"y{k}" for k in range(len(outputs))]
    nodes.append(helper.make_node(case.op, names, made, name="op", **case.attributes))
    results = [helper.make_tensor_value_info(f"y{k}", TensorProto.FLOAT, None) for k, y in enumerate(outputs)
               if k not in case.omitted and is_real(y)]
    graph = helper.make_graph(nodes, "case", given, results, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", case.opset)])


def library_reads(program, folder, wanted):
    """What the library's backward nodes of the operator read, by case and slot; None where there is none."""
    files = {}
    for number, (case, slot) in enumerate(wanted):
        file = os.path.join(folder, f"case{number}_{case.op}_{slot}.onnx")
        inputs = [None if x is None else np.asarray(x) for x in case.sample()]
        onnx.save(model_of(case, inputs[:len(inputs) - case.drawn], case.forward(*inputs), slot), file)
        files[file] = (case, slot)
    said = subprocess.run([program, *files], capture_output=True, text=True)
    if said.returncode != 0:
        sys.exit(f"{said.stdout.splitlines()[-1:]}: {said.stderr}")
    reads = dict.fromkeys(files.values())
    for line in said.stdout.splitlines():
        first, *rest = line.split()
        if first == "model":
            current = files[rest[0]]
        elif first == "grad_op":
            reads[current] = {name.split(":")[0] if name[0] == "x" else "y" + name.split(":")[1] for name in rest}
    for file in files:
        os.remove(file)
    return reads


FAILURES = []


def expect(what, case, slot, said):
    if not what:
        FAILURES.append(f"{case.op} {case.attributes}, gradient of input {slot}: {said}")


def is_enough(case, base, slot, reads):
    """Whether the gradient is a function of `reads`."""
    unread = [i for i in range(len(base.inputs)) if f"x{i}" not in reads and base.inputs[i] is not None]
    others = []
    for _ in range(10):
        fresh = case.sample()
        others.append(State(case, [fresh[i] if i in unread else x for i, x in enumerate(base.inputs)], base.weights))
    if all(same(base.gradient(slot), other.gradient(slot)) for other in others):
        return True
    if slot not in case.formula:
        return False
    shapes = [np.shape(x) for x in base.inputs]
    for state in [base, *others]:
        seen = Reads({name: state.value(name) for name in reads})
        seen.update({f"x{i}": None for i, x in enumerate(state.inputs) if x is None})
        try:
            found = case.formula[slot](seen, state.weights, shapes)
        except LookupError as unread:
            expect(False, case, slot, unread.args[0])
            return False
        if not same(found, state.gradient(slot)):
            return False
    return True


def needed(case, base, slot, reads):
    """Those of `reads` without which the others, but for those held on purpose, do not tell the gradient."""
    states = [base]
    for i in range(len(base.inputs)):
        for _ in range(6):
            fresh = case.sample()
            states.append(State(case, base.inputs[:i] + [fresh[i]] + base.inputs[i + 1:], base.weights))
    further = [State(case, inputs, None) for inputs in case.states]
    for state in further:
        state.weights = [np.ones(np.shape(y)) for y in state.outputs]
    found = set()
    for name in reads:
        for a, b in itertools.chain(itertools.combinations(states, 2), itertools.combinations(further, 2)):
            if all(same(a.value(other), b.value(other)) for other in reads - {name} - case.held) and not same(
                    a.gradient(slot), b.gradient(slot)):
                found.add(name)
                break
    return found


def has_no_numbers(op):
    """By ONNX's own list: nothing comes in or out of it that has a gradient."""
    schema = onnx.defs.get_schema(op)
    real_types = {"tensor(float)", "tensor(double)", "tensor(float16)"}
    return not schema.inputs or not any(real_types & set(y.types) for y in schema.outputs) or not any(
        real_types & set(x.types) for x in schema.inputs)


def main(program, folder):
    os.makedirs(folder, exist_ok=True)
    table = [line.split() for line in subprocess.run([program, "--table"], capture_output=True, text=True,
                                                     check=True).stdout.splitlines()]
    covered = {case.op for case in CASES}
    for op, *none in table:
        if op not in covered and not (none and has_no_numbers(op)):
            FAILURES.append(f"{op} has no case")
    for op in covered - {op for op, *_ in table}:
        FAILURES.append(f"{op} is not in the table")

    bases = {}
    for case in CASES:
        inputs = case.sample()
        outputs = case.forward(*(None if x is None else np.asarray(x) for x in inputs))
        bases[case] = State(case, inputs, [RNG.normal(size=np.shape(y)) for y in outputs])
    wanted = [(case, slot) for case, base in bases.items() for slot, x in enumerate(base.inputs[:len(base.inputs) - case.drawn])
              if is_real(x) and slot not in case.undefined]
    reads = library_reads(program, folder, wanted)
    union, missed = {}, {}
    for case, slot in wanted:
        base, read = bases[case], set() if case.view else reads[case, slot]
        if read is None:
            expect(same(base.gradient(slot), np.zeros(base.inputs[slot].shape)), case, slot, "there is one")
            continue
        expect(is_enough(case, base, slot, read), case, slot, f"not known from {sorted(read)}")
        without = read - needed(case, base, slot, read) - case.held
        # What one set of attributes does not need, another one of the same reads may.
        union.setdefault((case.op, slot), []).append((case, read, without))
    for (op, slot), tried in union.items():
        for case, read, without in tried:
            for name in without:
                wanted_elsewhere = any(name in other and name not in left for _, other, left in tried)
                expect(wanted_elsewhere, case, slot, f"{name} is read, but not needed")
    if FAILURES:
        sys.exit("\n".join(FAILURES))
    print(f"{len(covered)} operators, {len(CASES)} cases, {len(wanted)} gradients of inputs")


if __name__ == "__main__":
    main(*sys.argv[1:])
