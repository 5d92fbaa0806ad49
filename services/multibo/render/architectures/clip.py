"""CLIP text encoders, as the stock pipelines call them."""

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


def last_states(text_encoder: Any, tokens: Tensor) -> Tensor:
    """Return the states of the last layer.

    Args:
        text_encoder: a CLIPTextModel.
        tokens: `1 x t`.

    Returns:
        `t x c`.
    """
    with torch.inference_mode():
        states: Tensor = text_encoder(tokens.to(text_encoder.device)).last_hidden_state
    return states[0].to(text_encoder.dtype)
