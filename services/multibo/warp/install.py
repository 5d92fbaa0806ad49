"""Puts the warp into a model for the length of a `with` block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeAlias

from diffusers.models.attention_processor import (
    AttnProcessor2_0,
    JointAttnProcessor2_0,
)
from diffusers.models.transformers.transformer_flux import FluxAttnProcessor
from torch import nn

from multibo.warp.errors import UnsupportedAttentionError, WarpRemovedError
from multibo.warp.layers import group_of
from multibo.warp.parametrization import WarpFamily
from multibo.warp.processors import (
    PassThrough,
    WarpedSelfAttention,
    assert_modulable,
)
from multibo.warp.processors_flux import FluxPassThrough, WarpedFluxAttention

_CROSS_ATTENTION: Final = ".attn2."
_KINDS: Final = (AttnProcessor2_0, JointAttnProcessor2_0, FluxAttnProcessor)
"""The stock processors that ours stand in for."""

Processors: TypeAlias = dict[str, Any]


@contextmanager
def warped(denoiser: nn.Module, family: WarpFamily) -> Iterator[None]:
    """Let the attention of `denoiser` take the keyword `warp` within the block.

    The stock processors come back at its end, also after an exception.

    Args:
        denoiser: a UNet or transformer with the stock processors of diffusers.
        family: in which blocks the warp acts, and how.

    Raises:
        UnsupportedAttentionError: if a layer runs another processor, because of fused
            projections, slicing, adapters, or a second `warped` block; or if it cannot
            do what the family asks for.
        WarpRemovedError: at the end, if our processors are no longer in place.
    """
    model: Any = denoiser
    stock: Processors = dict(model.attn_processors)
    for layer, processor in stock.items():
        if type(processor) not in _KINDS:
            raise UnsupportedAttentionError(layer, type(processor).__name__)
    layers = list(stock)
    ours = {
        layer: _wrap(layer, processor, group_of(layer, layers), family)
        for layer, processor in stock.items()
    }
    _assert_able(model, stock, ours, family)
    try:
        model.set_attn_processor(dict(ours))  # it empties the dict it is given
        yield
        _assert_in_place(model, ours)
    finally:
        model.set_attn_processor(stock)


def _wrap(layer: str, stock: Any, group: str, family: WarpFamily) -> Any:
    acts = group in family.blocks
    if type(stock) is FluxAttnProcessor:
        return WarpedFluxAttention(stock) if acts else FluxPassThrough(stock)
    # The second attention of SD3 is one of the image with itself.
    crosses = type(stock) is AttnProcessor2_0 and _CROSS_ATTENTION in layer
    if acts and not crosses:
        return WarpedSelfAttention(stock, group=group)
    return PassThrough(stock)


def _assert_able(
    model: Any, stock: Processors, ours: Processors, family: WarpFamily
) -> None:
    """Refuse layers that cannot do what the family asks for."""
    for layer, processor in stock.items():
        kind = type(processor)
        if family.moves_positions and kind is not FluxAttnProcessor:
            raise UnsupportedAttentionError(layer, f"{kind.__name__} without positions")
        if not family.n_modulation:
            continue
        if kind is not AttnProcessor2_0:
            raise UnsupportedAttentionError(layer, f"{kind.__name__}, not modulated")
        if isinstance(ours[layer], WarpedSelfAttention):
            attention = model.get_submodule(layer.removesuffix(".processor"))
            assert_modulable(layer, attention)


def _assert_in_place(model: Any, ours: Processors) -> None:
    # Fused projections, slicing and adapters replace processors without a word.
    now = model.attn_processors
    for layer, processor in ours.items():
        if now.get(layer) is not processor:
            found = type(now.get(layer)).__name__
            raise WarpRemovedError(layer, found)
