"""Puts the warp into a UNet for the length of a `with` block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, TypeAlias

from diffusers import UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor2_0

from multibo.warp.errors import UnsupportedAttentionError, WarpRemovedError
from multibo.warp.parametrization import WarpFamily
from multibo.warp.processors import (
    AttentionProcessor,
    PassThrough,
    WarpedSelfAttention,
)

_PREFIXES: Final = {"down": "down_blocks.", "mid": "mid_block.", "up": "up_blocks."}
_SELF_ATTENTION: Final = ".attn1.processor"

Processors: TypeAlias = dict[str, AttentionProcessor]


@contextmanager
def warped(unet: UNet2DConditionModel, family: WarpFamily) -> Iterator[None]:
    """Let `unet` take `cross_attention_kwargs={"warp": plan}` within the block.

    The stock processors come back at its end, also after an exception.

    Args:
        unet: a model with the stock processors of diffusers.
        family: in which blocks the warp acts.

    Raises:
        UnsupportedAttentionError: if a layer runs another processor, because of fused
            projections, slicing, adapters, or a second `warped` block.
        WarpRemovedError: at the end, if our processors are no longer in place.
    """
    stock: Processors = dict(unet.attn_processors)
    for layer, processor in stock.items():
        if type(processor) is not AttnProcessor2_0:
            raise UnsupportedAttentionError(layer, type(processor).__name__)
    ours = {
        layer: _wrap(layer, processor, family.blocks)
        for layer, processor in stock.items()
    }
    try:
        unet.set_attn_processor(dict(ours))  # it empties the dict it is given
        yield
        _assert_in_place(unet, ours)
    finally:
        unet.set_attn_processor(stock)


def _wrap(
    layer: str, stock: AttentionProcessor, blocks: tuple[str, ...]
) -> AttentionProcessor:
    acts = any(layer.startswith(_PREFIXES[block]) for block in blocks)
    if acts and layer.endswith(_SELF_ATTENTION):
        return WarpedSelfAttention(stock)
    return PassThrough(stock)


def _assert_in_place(unet: UNet2DConditionModel, ours: Processors) -> None:
    # Fused projections, slicing and adapters replace processors without a word.
    now = unet.attn_processors
    for layer, processor in ours.items():
        if now.get(layer) is not processor:
            found = type(now.get(layer)).__name__
            raise WarpRemovedError(layer, found)
