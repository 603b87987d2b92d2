# SPDX-License-Identifier: Apache-2.0
"""The measured networks, written plainly with torch alone: ResNet-50, DenseNet-121, U-Net, ViT-B/16, GPT-2, Llama.

Each network passes its blocks through `self.run(block, *inputs)`, so that `checkpoint_blocks(model)` can put
torch.utils.checkpoint around every one of them. `make(name)` gives a model, a loss and its inputs.
"""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint


def plainly(block, *inputs):
    return block(*inputs)


def checkpointed(block, *inputs):
    return checkpoint(block, *inputs, use_reentrant=False, preserve_rng_state=False)


class Blocks(nn.Module):
    run = staticmethod(plainly)


def every(n):
    """A way to run blocks that checkpoints every n-th of those it meets, the first included."""
    numbers = {}

    def run(block, *inputs):
        chosen = numbers.setdefault(block, len(numbers)) % n == 0
        return (checkpointed if chosen else plainly)(block, *inputs)

    return run


def checkpoint_blocks(model, on=True, n=1):
    """torch.utils.checkpoint around every n-th block of a model made here (or none)."""
    for part in model.modules():
        if isinstance(part, Blocks):
            part.run = every(n) if on else plainly
    return model


# --- convolutional networks -----------------------------------------------------------------------------------------


class Bottleneck(nn.Module):
    def __init__(self, channels_in, width, stride):
        super().__init__()
        out = 4 * width
        self.conv1, self.bn1 = nn.Conv2d(channels_in, width, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, out, 1, bias=False), nn.BatchNorm2d(out)
        self.down = None
        if stride != 1 or channels_in != out:
            self.down = nn.Sequential(nn.Conv2d(channels_in, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        return F.relu(self.bn3(self.conv3(y)) + (x if self.down is None else self.down(x)))


class ResNet(Blocks):
    def __init__(self, depths=(3, 4, 6, 3), width=64, classes=1000):
        super().__init__()
        self.conv, self.bn = nn.Conv2d(3, width, 7, 2, 3, bias=False), nn.BatchNorm2d(width)
        blocks, channels = [], width
        for stage, depth in enumerate(depths):
            for i in range(depth):
                blocks.append(Bottleneck(channels, width * 2**stage, 2 if stage > 0 and i == 0 else 1))
                channels = 4 * width * 2**stage
        self.blocks, self.fc = nn.ModuleList(blocks), nn.Linear(channels, classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn(self.conv(x))), 3, 2, 1)
        for block in self.blocks:
            x = self.run(block, x)
        return self.fc(x.mean((2, 3)))


class DenseLayer(nn.Module):
    def __init__(self, channels_in, growth):
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(channels_in), nn.Conv2d(channels_in, 4 * growth, 1, bias=False)
        self.bn2, self.conv2 = nn.BatchNorm2d(4 * growth), nn.Conv2d(4 * growth, growth, 3, 1, 1, bias=False)

    def forward(self, *features):
        x = self.conv1(F.relu(self.bn1(torch.cat(features, 1))))
        return self.conv2(F.relu(self.bn2(x)))


class DenseNet(Blocks):
    def __init__(self, depths=(6, 12, 24, 16), growth=32, classes=1000):
        super().__init__()
        channels = 2 * growth
        self.conv, self.bn = nn.Conv2d(3, channels, 7, 2, 3, bias=False), nn.BatchNorm2d(channels)
        self.stages, self.transitions = nn.ModuleList(), nn.ModuleList()
        for stage, depth in enumerate(depths):
            self.stages.append(nn.ModuleList([DenseLayer(channels + i * growth, growth) for i in range(depth)]))
            channels += depth * growth
            if stage + 1 < len(depths):
                self.transitions.append(nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU(),
                                                      nn.Conv2d(channels, channels // 2, 1, bias=False), nn.AvgPool2d(2)))
                channels //= 2
        self.last, self.fc = nn.BatchNorm2d(channels), nn.Linear(channels, classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn(self.conv(x))), 3, 2, 1)
        for stage, layers in enumerate(self.stages):
            features = [x]
            for layer in layers:
                features.append(self.run(layer, *features))
            x = torch.cat(features, 1)
            if stage < len(self.transitions):
                x = self.transitions[stage](x)
        return self.fc(F.relu(self.last(x)).mean((2, 3)))


class DoubleConv(nn.Sequential):
    def __init__(self, channels_in, out):
        super().__init__(nn.Conv2d(channels_in, out, 3, 1, 1), nn.ReLU(), nn.Conv2d(out, out, 3, 1, 1), nn.ReLU())


class UNet(Blocks):
    def __init__(self, width=64, levels=4, classes=2):
        super().__init__()
        sizes = [width * 2**i for i in range(levels + 1)]
        self.down = nn.ModuleList([DoubleConv(3, width)] + [DoubleConv(a, b) for a, b in zip(sizes, sizes[1:])])
        self.grow = nn.ModuleList([nn.ConvTranspose2d(b, a, 2, 2) for a, b in zip(sizes, sizes[1:])])
        self.up = nn.ModuleList([DoubleConv(2 * a, a) for a in sizes[:-1]])
        self.head = nn.Conv2d(width, classes, 1)

    def forward(self, x):
        kept = []
        for i, block in enumerate(self.down):
            x = self.run(block, x if i == 0 else F.max_pool2d(x, 2))
            kept.append(x)
        kept.pop()
        for i in reversed(range(len(self.up))):
            x = self.run(self.up[i], torch.cat([kept.pop(), self.grow[i](x)], 1))
        return self.head(x)


# --- transformers ---------------------------------------------------------------------------------------------------


def attend(q, k, v, causal):
    """Attention of (batch, heads, length, size) tensors."""
    return F.scaled_dot_product_attention(q, k, v, is_causal=causal)


class TransformerLayer(nn.Module):
    """Pre-norm attention and a perceptron, as in GPT-2 and ViT."""

    def __init__(self, width, heads, causal, dropout=0.0):
        super().__init__()
        self.heads, self.causal, self.dropout = heads, causal, dropout
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.grow, self.shrink = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        b, s, w = x.shape
        q, k, v = (t.view(b, s, self.heads, -1).transpose(1, 2) for t in self.qkv(self.norm1(x)).split(w, -1))
        y = attend(q, k, v, self.causal).transpose(1, 2).reshape(b, s, w)
        x = x + F.dropout(self.out(y), self.dropout, self.training)
        return x + F.dropout(self.shrink(F.gelu(self.grow(self.norm2(x)))), self.dropout, self.training)


class GPT(Blocks):
    def __init__(self, vocabulary=50257, length=1024, width=768, layers=12, heads=12, dropout=0.0, tied=False):
        super().__init__()
        self.tokens, self.places = nn.Embedding(vocabulary, width), nn.Embedding(length, width)
        self.blocks = nn.ModuleList([TransformerLayer(width, heads, True, dropout) for _ in range(layers)])
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, vocabulary, bias=False)
        if tied:  # one weight with two names, as in the published GPT-2
            self.head.weight = self.tokens.weight

    def forward(self, tokens):
        x = self.tokens(tokens) + self.places.weight[:tokens.shape[1]]
        for block in self.blocks:
            x = self.run(block, x)
        return self.head(self.norm(x))


class ViT(Blocks):
    def __init__(self, size=224, patch=16, width=768, layers=12, heads=12, classes=1000):
        super().__init__()
        self.patches = nn.Conv2d(3, width, patch, patch)
        self.first = nn.Parameter(torch.zeros(1, 1, width))
        self.places = nn.Parameter(torch.randn(1, (size // patch) ** 2 + 1, width) * 0.02)
        self.blocks = nn.ModuleList([TransformerLayer(width, heads, False) for _ in range(layers)])
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, classes)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.first.expand(x.shape[0], -1, -1), x], 1) + self.places
        for block in self.blocks:
            x = self.run(block, x)
        return self.head(self.norm(x)[:, 0])


class RMSNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return F.rms_norm(x, self.weight.shape, self.weight, 1e-5)


def rotate(x, cos, sin):
    half = x.shape[-1] // 2
    return x * cos + torch.cat([-x[..., half:], x[..., :half]], -1) * sin


class LlamaLayer(nn.Module):
    def __init__(self, width, heads, groups, hidden):
        super().__init__()
        self.heads, self.groups, self.size = heads, groups, width // heads
        self.norm1, self.norm2 = RMSNorm(width), RMSNorm(width)
        self.q, self.out = nn.Linear(width, width, bias=False), nn.Linear(width, width, bias=False)
        self.k = nn.Linear(width, groups * self.size, bias=False)
        self.v = nn.Linear(width, groups * self.size, bias=False)
        self.gate, self.up = nn.Linear(width, hidden, bias=False), nn.Linear(width, hidden, bias=False)
        self.down = nn.Linear(hidden, width, bias=False)

    def forward(self, x, cos, sin):
        b, s, w = x.shape
        y = self.norm1(x)
        q, k, v = (f(y).view(b, s, -1, self.size).transpose(1, 2) for f in (self.q, self.k, self.v))
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        times = self.heads // self.groups
        k, v = (t[:, :, None].expand(-1, -1, times, -1, -1).reshape(b, self.heads, s, self.size) for t in (k, v))
        x = x + self.out(attend(q, k, v, True).transpose(1, 2).reshape(b, s, w))
        y = self.norm2(x)
        return x + self.down(F.silu(self.gate(y)) * self.up(y))


class Llama(Blocks):
    def __init__(self, vocabulary=32000, length=2048, width=2048, layers=16, heads=32, groups=8, hidden=8192):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.blocks = nn.ModuleList([LlamaLayer(width, heads, groups, hidden) for _ in range(layers)])
        self.norm, self.head = RMSNorm(width), nn.Linear(width, vocabulary, bias=False)
        size = width // heads
        angles = torch.outer(torch.arange(length), 500000.0 ** (-torch.arange(0, size, 2) / size)).repeat(1, 2)
        self.register_buffer("cos", angles.cos())
        self.register_buffer("sin", angles.sin())

    def forward(self, tokens):
        x, length = self.tokens(tokens), tokens.shape[1]
        for block in self.blocks:
            x = self.run(block, x, self.cos[:length], self.sin[:length])
        return self.head(self.norm(x))


# --- the list -------------------------------------------------------------------------------------------------------


def token_loss(logits, targets):
    return F.cross_entropy(logits.float().view(-1, logits.shape[-1]), targets.view(-1))


def make(name, batch=None, device="cpu"):
    """(model, loss, arguments, targets) of a network by name, made where it is used: quick, and no copy on the host."""
    with torch.device(device):
        torch.manual_seed(0)
        model, loss, x, y = _make(name, batch)
    if device != "cpu" and name.startswith(("gpt", "llama")):
        model = model.bfloat16()
    return model.to(device).train(), loss, (x.to(device),), (y.to(device),)


def _make(name, batch):
    images = lambda b, s: (torch.randn(b, 3, s, s), torch.randint(0, 10, (b,)))

    def words(vocabulary, b, s):
        tokens = torch.randint(0, vocabulary, (b, s + 1))
        return tokens[:, :-1].contiguous(), tokens[:, 1:].contiguous()

    if name == "resnet50":
        return ResNet(), F.cross_entropy, *images(batch or 64, 224)
    if name == "densenet121":
        return DenseNet(), F.cross_entropy, *images(batch or 32, 224)
    if name == "unet":
        b, h, w = batch or 8, 416, 608
        return UNet(), F.cross_entropy, torch.randn(b, 3, h, w), torch.randint(0, 2, (b, h, w))
    if name == "vit_b_16":
        return ViT(), F.cross_entropy, *images(batch or 32, 224)
    if name in ("gpt2_small", "gpt2_tied", "gpt_dropout"):
        model = GPT(dropout=0.1 if name == "gpt_dropout" else 0.0, tied=name == "gpt2_tied")
        return model, token_loss, *words(50257, batch or 4, 1024)
    if name == "llama_1b":
        return Llama(), token_loss, *words(32000, batch or 1, 2048)
    raise ValueError(f"there is no network {name!r}")


NAMES = ("resnet50", "unet", "vit_b_16", "gpt2_small", "llama_1b", "densenet121")
