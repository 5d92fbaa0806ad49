"""Text encoders, as the stock pipelines call them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def tokenized(tokenizer: Any, text: str, max_tokens: int) -> tuple[Any, int]:
    """Return the padded tokens of a text, and how many the whole text has.

    Args:
        tokenizer: a tokenizer of transformers.
        text: any text.
        max_tokens: length to pad and cut to.

    Returns:
        The tokenizer's output, `1 x t` tensors; tokens of the uncut text.
    """
    whole = tokenizer(text, verbose=False).input_ids
    padded = tokenizer(
        text,
        padding="max_length",
        truncation=True,
        max_length=max_tokens,
        return_tensors="pt",
    )
    return padded, len(whole)


@torch.inference_mode()
def clip_states(text_encoder: Any, tokens: Any) -> Tensor:
    """Return the states of the last layer of a CLIPTextModel.

    Args:
        text_encoder: a CLIPTextModel.
        tokens: of one text, from `tokenized`.

    Returns:
        `t x c`.
    """
    mask = None
    if getattr(text_encoder.config, "use_attention_mask", False):
        mask = tokens.attention_mask.to(text_encoder.device)
    ids = tokens.input_ids.to(text_encoder.device)
    states: Tensor = text_encoder(ids, attention_mask=mask)[0]
    return states[0].to(text_encoder.dtype)


@torch.inference_mode()
def clip_inner(text_encoder: Any, tokens: Any) -> tuple[Tensor, Tensor]:
    """Return the states before the last layer, and the first output of a CLIP model.

    Args:
        text_encoder: a CLIPTextModel, or one with projection.
        tokens: of one text, from `tokenized`.

    Returns:
        `t x c` states; the pooled `c` vector of a model with projection.
    """
    ids = tokens.input_ids.to(text_encoder.device)
    output = text_encoder(ids, output_hidden_states=True)
    states, first = output.hidden_states[-2][0], output[0][0]
    return states.to(text_encoder.dtype), first.to(text_encoder.dtype)


@torch.inference_mode()
def clip_pooled(text_encoder: Any, tokens: Any) -> Tensor:
    """Return the pooled vector of a CLIPTextModel.

    Args:
        text_encoder: a CLIPTextModel.
        tokens: of one text, from `tokenized`.

    Returns:
        `c` numbers.
    """
    ids = tokens.input_ids.to(text_encoder.device)
    pooled: Tensor = text_encoder(ids, output_hidden_states=False).pooler_output
    return pooled[0].to(text_encoder.dtype)


@torch.inference_mode()
def t5_states(text_encoder: Any, tokens: Any, *, masked: bool = False) -> Tensor:
    """Return the states of a T5 encoder.

    Args:
        text_encoder: a T5EncoderModel.
        tokens: of one text, from `tokenized`.
        masked: whether padding is hidden from it.

    Returns:
        `t x c`.
    """
    ids = tokens.input_ids.to(text_encoder.device)
    mask = tokens.attention_mask.to(text_encoder.device) if masked else None
    states: Tensor = text_encoder(ids, attention_mask=mask)[0]
    return states[0].to(text_encoder.dtype)
