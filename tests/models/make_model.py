# SPDX-License-Identifier: Apache-2.0
#
# make_model.py KIND FILE BATCH: writes an ONNX model with python3-onnx, as exporters do, and prints what the program must
# find in it, counted here on the way: the operators of the forward pass that are no views and no constants, and the
# fixed bytes of a training step at that batch (input, single numbers, parameters and their gradients).
#
#   residual     convolutions with batch normalisation and skip connections, a classifier; the batch is open
#   transformer  attention and feed-forward layers, layer normalisation spelled out; batch and length are open
#   unknown      an operator of a domain that nobody knows, between convolutions
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Model:
    """A graph under construction, and the running count of what is in it."""

    def __init__(self):
        self.nodes, self.weights = [], []
        self.operators, self.parameters, self.constants = 0, 0, 0

    def weight(self, *shape):
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.zeros(shape, np.float32), name))
        self.parameters += 4 * int(np.prod(shape))
        return name

    def number(self, value):
        """A single number: a constant, but no parameter."""
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.float32(value), name))
        self.constants += 4
        return name

    def sizes(self, *values):
        """Integers that an operator reads as a shape: they are folded away with it."""
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.array(values, np.int64), name))
        return name

    def op(self, kind, *inputs, view=False, **attributes):
        name = f"{kind.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        self.operators += 0 if view else 1
        return name

    def write(self, image, shape, result):
        """`shape` without the batch; -1 is a length that is left open, and 128 in the test."""
        graph = helper.make_graph(
            self.nodes, "model",
            [helper.make_tensor_value_info(image, TensorProto.FLOAT,
                                           ["batch", *("length" if d < 0 else d for d in shape)])],
            [helper.make_tensor_value_info(result, TensorProto.FLOAT, None)], self.weights)
        opsets = [helper.make_opsetid("", 13), helper.make_opsetid("org.nobody", 1)]
        onnx.save(helper.make_model(graph, opset_imports=opsets, producer_name="python3-onnx"), sys.argv[2])
        given = 4 * int(sys.argv[3]) * int(np.prod([128 if d < 0 else d for d in shape]))
        print(f"{self.operators};{given + self.constants + 2 * self.parameters}", end="")


def residual():
    m = Model()

    def convolution(x, inputs, outputs):
        x = m.op("Conv", x, m.weight(outputs, inputs, 3, 3), pads=[1, 1, 1, 1])
        return m.op("BatchNormalization", x, *[m.weight(outputs) for _ in range(4)])

    x = m.op("Relu", convolution("image", 3, 16))
    for _ in range(4):
        y = m.op("Relu", convolution(x, 16, 16))
        x = m.op("Relu", m.op("Add", convolution(y, 16, 16), x))
    x = m.op("Flatten", m.op("GlobalAveragePool", x), view=True)
    m.write("image", [3, 32, 32], m.op("Gemm", x, m.weight(16, 10), m.weight(10)))


def transformer():
    m, width, heads = Model(), 64, 4

    def normalised(x):
        centred = m.op("Sub", x, m.op("ReduceMean", x, axes=[-1]))
        variance = m.op("ReduceMean", m.op("Pow", centred, m.number(2)), axes=[-1])
        spread = m.op("Sqrt", m.op("Add", variance, m.number(1e-5)))
        return m.op("Add", m.op("Mul", m.op("Div", centred, spread), m.weight(width)), m.weight(width))

    def linear(x, inputs, outputs):
        return m.op("Add", m.op("MatMul", x, m.weight(inputs, outputs)), m.weight(outputs))

    def split(x, order):
        x = m.op("Reshape", x, m.sizes(0, 0, heads, width // heads), view=True)
        return m.op("Transpose", x, perm=order)

    def layer(tokens):
        x = normalised(tokens)
        q, k, v = (split(linear(x, width, width), order) for order in ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3]))
        scores = m.op("Softmax", m.op("Div", m.op("MatMul", q, k), m.number(4)), axis=-1)
        y = m.op("Transpose", m.op("MatMul", scores, v), perm=[0, 2, 1, 3])
        y = m.op("Reshape", y, m.sizes(0, 0, width), view=True)
        x = m.op("Add", linear(y, width, width), tokens)
        y = linear(normalised(x), width, 4 * width)
        gelu = m.op("Mul", y, m.op("Add", m.op("Erf", m.op("Div", y, m.number(2 ** 0.5))), m.number(1)))
        return m.op("Add", linear(gelu, 4 * width, width), x)

    x = "tokens"
    for _ in range(4):
        x = layer(x)
    m.write("tokens", [-1, width], x)


def unknown():
    m = Model()
    x = m.op("Conv", "image", m.weight(8, 3, 1, 1))
    x = m.op("Wibble", x, domain="org.nobody")
    for _ in range(12):
        x = m.op("Relu", m.op("Conv", x, m.weight(8, 8, 1, 1)))
    m.write("image", [3, 32, 32], x)


{"residual": residual, "transformer": transformer, "unknown": unknown}[sys.argv[1]]()
