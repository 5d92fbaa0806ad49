"""Attention processors that apply the warp: one per kind of attention.

They wrap the stock processor instead of repeating it: queries, keys and values are all
projections of the same tokens, so reading the tokens at displaced places once displaces
all three, and whatever the stock processor computes stays as it was.

diffusers hands a processor only the keywords that its signature names, and hands `warp`
to the cross-attention as well: hence the declared argument, and `PassThrough`.
"""

from __future__ import annotations

from typing import Protocol

from torch import Tensor, nn

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
    """Self-attention over tokens read at displaced places."""

    def __init__(self, stock: AttentionProcessor) -> None:
        self.stock = stock

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
            plan = warp.grids[hidden_states.shape[1]]
            hidden_states = resample(hidden_states, plan)
        return self.stock(
            attn, hidden_states, encoder_hidden_states, attention_mask, temb
        )


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
