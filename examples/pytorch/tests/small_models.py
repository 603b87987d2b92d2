# SPDX-License-Identifier: Apache-2.0
"""Models that people have, in small, with random weights: (model, loss, batch) by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

Case = tuple[nn.Module, Callable[..., Any], dict[str, Any]]
SIZES = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}


def _tokens(vocabulary: int, *shape: int) -> torch.Tensor:
    return torch.randint(0, vocabulary, shape)


def _own_loss(model: nn.Module, **batch: Any) -> Any:
    """As in Hugging Face's Trainer: the model computes the loss from the labels."""
    return model(**batch).loss


def _language(model: nn.Module, vocabulary: int = 64) -> Case:
    tokens = _tokens(vocabulary, 2, 12)
    return model, _own_loss, {"input_ids": tokens, "labels": tokens}


def gpt2() -> Case:
    from transformers import GPT2Config, GPT2LMHeadModel
    none = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}
    return _language(GPT2LMHeadModel(GPT2Config(vocab_size=64, n_positions=32, n_embd=32, n_layer=2, n_head=4, **none)))


def gpt2_dropout() -> Case:
    from transformers import GPT2Config, GPT2LMHeadModel
    return _language(GPT2LMHeadModel(GPT2Config(vocab_size=64, n_positions=32, n_embd=32, n_layer=2, n_head=4)))


def bert() -> Case:
    from transformers import BertConfig, BertForSequenceClassification
    model = BertForSequenceClassification(BertConfig(vocab_size=64, max_position_embeddings=32, hidden_dropout_prob=0.0,
                                                     attention_probs_dropout_prob=0.0, **SIZES))
    mask = torch.ones(2, 12, dtype=torch.long)
    mask[1, 8:] = 0
    return model, _own_loss, {"input_ids": _tokens(64, 2, 12), "attention_mask": mask, "labels": torch.tensor([0, 1])}


def llama() -> Case:
    from transformers import LlamaConfig, LlamaForCausalLM
    return _language(LlamaForCausalLM(LlamaConfig(vocab_size=64, num_key_value_heads=2, max_position_embeddings=32, **SIZES)))


def qwen2() -> Case:
    from transformers import Qwen2Config, Qwen2ForCausalLM
    return _language(Qwen2ForCausalLM(Qwen2Config(vocab_size=64, num_key_value_heads=2, max_position_embeddings=32,
                                                  tie_word_embeddings=True, **SIZES)))


def t5() -> Case:
    from transformers import T5Config, T5ForConditionalGeneration
    model = T5ForConditionalGeneration(T5Config(vocab_size=64, d_model=32, d_kv=8, d_ff=48, num_layers=2, num_heads=4,
                                                dropout_rate=0.0, decoder_start_token_id=0,
                                                use_cache=False))
    return model, _own_loss, {"input_ids": _tokens(64, 2, 12), "labels": _tokens(64, 2, 8)}


def mixtral() -> Case:
    from transformers import MixtralConfig, MixtralForCausalLM
    return _language(MixtralForCausalLM(MixtralConfig(vocab_size=64, num_key_value_heads=2, num_local_experts=4,
                                                      num_experts_per_tok=2, max_position_embeddings=32, **SIZES)))


def vit() -> Case:
    from transformers import ViTConfig, ViTForImageClassification
    model = ViTForImageClassification(ViTConfig(image_size=32, patch_size=8, num_labels=5, hidden_dropout_prob=0.0,
                                                attention_probs_dropout_prob=0.0, **SIZES))
    return model, _own_loss, {"pixel_values": torch.randn(2, 3, 32, 32), "labels": torch.tensor([1, 3])}


def whisper() -> Case:
    from transformers import WhisperConfig, WhisperForConditionalGeneration
    model = WhisperForConditionalGeneration(WhisperConfig(
        vocab_size=64, num_mel_bins=8, d_model=32, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4,
        decoder_attention_heads=4, encoder_ffn_dim=48, decoder_ffn_dim=48, max_source_positions=16, max_target_positions=16,
        pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=1, dropout=0.0))
    return model, _own_loss, {"input_features": torch.randn(2, 8, 32), "labels": _tokens(64, 2, 8)}


def _classes(model: nn.Module, size: int = 64, batch: int = 2) -> Case:
    loss = lambda model, x, y: F.cross_entropy(model(x), y)  # noqa: E731
    return model, loss, {"x": torch.randn(batch, 3, size, size), "y": torch.randint(0, 10, (batch,))}


def timm_resnet() -> Case:
    import timm
    return _classes(timm.create_model("resnet10t", num_classes=10))


def timm_vit() -> Case:
    import timm
    return _classes(timm.create_model("vit_tiny_patch16_224", num_classes=10, img_size=32, depth=2, embed_dim=48, num_heads=3), 32, 16)


def timm_convnext() -> Case:
    import timm
    return _classes(timm.create_model("convnext_atto", num_classes=10, depths=(1, 1, 2, 1), dims=(8, 16, 32, 64)))


def timm_swin() -> Case:
    import timm
    return _classes(timm.create_model("swin_tiny_patch4_window7_224", num_classes=10, img_size=56, embed_dim=24,
                                      depths=(2, 2), num_heads=(2, 4), drop_path_rate=0.0), 56)


def resnet18() -> Case:
    import torchvision
    return _classes(torchvision.models.resnet18(num_classes=10))


def mobilenet() -> Case:
    import torchvision
    return _classes(torchvision.models.mobilenet_v3_small(num_classes=10, dropout=0.0))


def segmentation() -> Case:
    import torchvision
    model = torchvision.models.segmentation.lraspp_mobilenet_v3_large(num_classes=4, weights_backbone=None)
    loss = lambda model, x, y: F.cross_entropy(model(x)["out"], y)  # noqa: E731
    return model, loss, {"x": torch.randn(2, 3, 64, 64), "y": torch.randint(0, 4, (2, 64, 64))}


def resnet18_autocast() -> Case:
    import torchvision

    def loss(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        with torch.autocast(x.device.type, dtype=torch.bfloat16):
            return F.cross_entropy(model(x), y)

    model, _, batch = _classes(torchvision.models.resnet18(num_classes=10))
    return model, loss, batch


CASES: dict[str, Callable[[], Case]] = {
    f.__name__: f for f in (gpt2, gpt2_dropout, bert, llama, qwen2, t5, mixtral, vit, whisper, timm_resnet, timm_vit,
                            timm_convnext, timm_swin, resnet18, mobilenet, segmentation, resnet18_autocast)}


def make(name: str) -> Case:
    """A case by its name, in training mode, from the same random numbers every time."""
    torch.manual_seed(0)
    model, loss, batch = CASES[name]()
    if hasattr(model, "config") and hasattr(model.config, "use_cache"):
        model.config.use_cache = False  # a cache of keys and values is for generating, not for training
    return model.train(), loss, batch
