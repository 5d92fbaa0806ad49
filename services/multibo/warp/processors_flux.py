"""FLUX attention under a warp: keys and values of the image read at displaced places.

The layers order their tokens [text, image]; a single block hands both in one tensor and
does not say where the image begins, so the plan knows its number of tokens. Queries
stay where they are: what the picture reads moves, not who reads it. The tokens are read
before the norm of the keys and before the rotary positions, or, in a family that moves
positions, keys keep their content and are rotated to displaced places instead.

The computation is that of the stock processor, operation by operation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import torch
from diffusers.models.attention_dispatch import dispatch_attention_fn
from diffusers.models.embeddings import apply_rotary_emb
from torch import Tensor

from multibo.warp.transform import GridPlan, resample


@dataclass(frozen=True, slots=True)
class FluxPlan:
    """What the layers of one batch need."""

    n_tokens: int
    """Tokens of the image; the text's come before them."""
    grid: GridPlan | None = None
    """Where keys and values are read; None if they keep their places."""
    rotation: tuple[Tensor, Tensor] | None = None
    """`b x n x c` cosines and sines of all keys; None if they stay."""


class FluxProcessor(Protocol):
    """What diffusers calls inside a FLUX attention layer."""

    def __call__(
        self,
        attn: Any,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None,
        image_rotary_emb: tuple[Tensor, Tensor] | None = None,
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Return the layer's output, the image's first."""
        ...


class FluxPassThrough:
    """The stock processor of a layer that is not warped."""

    _attention_backend = None
    _parallel_config = None

    def __init__(self, stock: FluxProcessor) -> None:
        self.stock = stock

    def __call__(
        self,
        attn: Any,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None,
        image_rotary_emb: tuple[Tensor, Tensor] | None = None,
        warp: FluxPlan | None = None,  # noqa: ARG002 - diffusers hands it to all
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Return the layer's output, as the stock processor; the warp is dropped."""
        return self.stock(
            attn, hidden_states, encoder_hidden_states, attention_mask, image_rotary_emb
        )


class WarpedFluxAttention:
    """Joint attention whose image keys and values are displaced."""

    _attention_backend = None
    _parallel_config = None

    def __init__(self, stock: FluxProcessor) -> None:
        self.stock = stock

    def __call__(
        self,
        attn: Any,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None,
        image_rotary_emb: tuple[Tensor, Tensor] | None = None,
        warp: FluxPlan | None = None,
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Return the layer's output.

        Args:
            attn: the layer.
            hidden_states: `b x n x c`: the image's tokens, or all of a single block.
            encoder_hidden_states: `b x t x c` text tokens of a double block.
            attention_mask: as in the stock processor.
            image_rotary_emb: `(t + n) x c` cosines and sines.
            warp: plans for `b` rows; None runs the stock processor alone.
        """
        if warp is None or image_rotary_emb is None:
            return self.stock(
                attn,
                hidden_states,
                encoder_hidden_states,
                attention_mask,
                image_rotary_emb,
            )
        query, key, value = _image_heads(
            attn, hidden_states, _read(hidden_states, warp)
        )
        if encoder_hidden_states is not None:
            said = _text_heads(attn, encoder_hidden_states)
            query, key, value = (
                torch.cat(pair, dim=1)
                for pair in zip(said, (query, key, value), strict=True)
            )
        query = apply_rotary_emb(query, image_rotary_emb, sequence_dim=1)
        if warp.rotation is None:
            key = apply_rotary_emb(key, image_rotary_emb, sequence_dim=1)
        else:
            key = rotated(key, *warp.rotation)
        output = dispatch_attention_fn(
            query, key, value, attn_mask=attention_mask, backend=self._attention_backend
        )
        output = output.flatten(2, 3).to(query.dtype)
        if encoder_hidden_states is None:
            joint: Tensor = output
            return joint
        return _projected(attn, output, encoder_hidden_states.shape[1])


def rotated(key: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Return keys rotated to the places of their own row.

    Args:
        key: `b x n x h x c`.
        cosine: `b x n x c`.
        sine: `b x n x c`.
    """
    first, second = key.reshape(*key.shape[:-1], -1, 2).unbind(-1)
    turned = torch.stack([-second, first], dim=-1).flatten(3)
    whole = key.float() * cosine[:, :, None] + turned.float() * sine[:, :, None]
    return whole.to(key.dtype)


def displaced_places(plan: GridPlan, n_rows: int, width: int) -> Tensor:
    """Return where each token of a batch is read, in tokens.

    Args:
        plan: for `b` rows of one grid.
        n_rows: `b`.
        width: tokens per line of the grid.

    Returns:
        `b x n x 2` lines and columns, float32; whole numbers under the identity.
    """
    index = plan.index.view(n_rows, -1, 4)
    n_tokens = index.shape[1]
    first = torch.arange(n_rows, device=index.device)[:, None, None] * n_tokens
    taps = index - first
    corners = torch.stack([taps // width, taps % width], dim=-1)
    weight = plan.weight.view(n_rows, n_tokens, 4, 1)
    return (weight * corners).sum(dim=2)


def _read(tokens: Tensor, warp: FluxPlan) -> Tensor:
    """Return the tokens that keys and values are made of."""
    if warp.grid is None:
        return tokens
    n_text = tokens.shape[1] - warp.n_tokens
    if not n_text:
        return resample(tokens, warp.grid)
    image = tokens[:, n_text:].contiguous()
    return torch.cat([tokens[:, :n_text], resample(image, warp.grid)], dim=1)


def _image_heads(attn: Any, tokens: Tensor, read: Tensor) -> list[Tensor]:
    """Return `b x n x h x c` queries of the tokens, keys and values of those read."""
    query, key, value = (
        projected.unflatten(-1, (-1, attn.head_dim))
        for projected in (attn.to_q(tokens), attn.to_k(read), attn.to_v(read))
    )
    return [attn.norm_q(query), attn.norm_k(key), value]


def _text_heads(attn: Any, states: Tensor) -> list[Tensor]:
    """Return `b x t x h x c` queries, keys and values of the text."""
    query, key, value = (
        projection(states).unflatten(-1, (-1, attn.head_dim))
        for projection in (attn.add_q_proj, attn.add_k_proj, attn.add_v_proj)
    )
    return [attn.norm_added_q(query), attn.norm_added_k(key), value]


def _projected(attn: Any, output: Tensor, n_text: int) -> tuple[Tensor, Tensor]:
    """Return the outputs of image and text, each through its projection."""
    n_image = output.shape[1] - n_text
    text, image = output.split_with_sizes([n_text, n_image], dim=1)
    image = attn.to_out[1](attn.to_out[0](image.contiguous()))
    return image, attn.to_add_out(text.contiguous())
