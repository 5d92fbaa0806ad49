"""Attention processors that apply the warp: one per kind of attention.

Where a warp only displaces, they wrap the stock processor instead of repeating it:
queries, keys and values are all projections of the same tokens, so reading the tokens
at displaced places once displaces all three, and whatever the stock processor computes
stays as it was. A modulation acts inside the attention: there the stock computation is
repeated, operation by operation.

diffusers hands a processor only the keywords that its signature names, and hands `warp`
to the cross-attention as well: hence the declared argument, and `PassThrough`.
"""

from __future__ import annotations

from typing import Any, Protocol

import torch.nn.functional as functional
from torch import Tensor, nn

from multibo.warp.errors import UnsupportedAttentionError
from multibo.warp.modulation import GROUPS, Modulation, mixed, tempered, weighted
from multibo.warp.transform import WarpPlan, resample


class AttentionProcessor(Protocol):
    """What diffusers calls inside an attention layer."""

    def __call__(
        self,
        attn: nn.Module,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None,
        temb: Tensor | None = None,
    ) -> Tensor:
        """Return the layer's output."""
        ...


class WarpedSelfAttention:
    """Self-attention over tokens read at displaced places, modulated if told so."""

    def __init__(self, stock: AttentionProcessor, *, group: str = "mid") -> None:
        """Wrap a processor.

        Args:
            stock: what the layer had.
            group: layer group: down, mid or up.
        """
        self.stock = stock
        self._group = GROUPS.index(group)

    def __call__(
        self,
        attn: nn.Module,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None,
        temb: Tensor | None = None,
        warp: WarpPlan | None = None,
    ) -> Tensor:
        """Return the layer's output.

        Args:
            attn: the layer.
            hidden_states: `b x n x c` tokens.
            encoder_hidden_states: None in self-attention.
            attention_mask: as in the stock processor.
            temb: as in the stock processor.
            warp: plans for `b` rows; None runs the stock processor alone.
        """
        if warp is not None:
            if warp.grids:
                plan = warp.grids[hidden_states.shape[1]]
                hidden_states = resample(hidden_states, plan)
            if warp.modulation is not None:
                return _modulated(attn, hidden_states, warp.modulation, self._group)
        return self.stock(
            attn, hidden_states, encoder_hidden_states, attention_mask, temb
        )


def assert_modulable(layer: str, attn: Any) -> None:
    """Refuse a layer that does more than the modulated attention repeats.

    Args:
        layer: its name.
        attn: an `Attention` of diffusers.

    Raises:
        UnsupportedAttentionError: naming what it does.
    """
    extras = {
        "a spatial norm": attn.spatial_norm is not None,
        "a group norm": attn.group_norm is not None,
        "a residual of its own": attn.residual_connection,
        "a rescaled output": attn.rescale_output_factor != 1.0,
    }
    for extra, found in extras.items():
        if found:
            raise UnsupportedAttentionError(layer, f"one with {extra}")


def _modulated(attn: Any, tokens: Tensor, rows: Modulation, group: int) -> Tensor:
    """Return what the stock processor returns, the attention modulated.

    Args:
        attn: an `Attention` that `assert_modulable` lets pass.
        tokens: `b x n x c`.
        rows: of the batch.
        group: index of the layer's group.
    """
    query, key, value = (
        projected.view(
            len(tokens), -1, attn.heads, projected.shape[-1] // attn.heads
        ).transpose(1, 2)
        for projected in (attn.to_q(tokens), attn.to_k(tokens), attn.to_v(tokens))
    )
    if attn.norm_q is not None:
        query = attn.norm_q(query)
    if attn.norm_k is not None:
        key = attn.norm_k(key)
    query = tempered(query, rows, group)
    output = functional.scaled_dot_product_attention(query, key, value)
    output = weighted(mixed(output, value, rows, group), rows)
    joined = output.transpose(1, 2).reshape(
        len(tokens), -1, attn.heads * value.shape[-1]
    )
    projected: Tensor = attn.to_out[0](joined.to(query.dtype))
    dropped: Tensor = attn.to_out[1](projected)
    return dropped


class PassThrough:
    """The stock processor of a layer that is not warped."""

    def __init__(self, stock: AttentionProcessor) -> None:
        self.stock = stock

    def __call__(
        self,
        attn: nn.Module,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None,
        temb: Tensor | None = None,
        warp: WarpPlan | None = None,  # noqa: ARG002 - diffusers hands it to all
    ) -> Tensor:
        """Return the layer's output.

        Args:
            attn: the layer.
            hidden_states: as in the stock processor.
            encoder_hidden_states: as in the stock processor.
            attention_mask: as in the stock processor.
            temb: as in the stock processor.
            warp: taken and dropped.
        """
        return self.stock(
            attn, hidden_states, encoder_hidden_states, attention_mask, temb
        )
