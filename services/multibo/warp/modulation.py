"""Changes of the attention itself, beside what it reads: temperature, mixing, heads.

Everything here is a pure tensor function that works element by element, so that no row
can depend on its neighbors, and a coordinate of zero changes no bit.

- Temperature (per layer group g): q <- q exp(theta_g). Above 0 a token looks at fewer
  others, below 0 at more; the logits change by factors within [e^-a, e^a].
- Mixing (per layer group): above 0, o <- o + theta_g (v - o): each token keeps more of
  itself; below 0, o <- o + |theta_g| (mean v - o): all tokens grow alike. The change is
  at most a (|o| + |v|).
- Heads: head h of H counts w_h = exp(s_h - log mean exp s) times, where
  s_h = sum_j theta_j cos(pi j (h + 1/2) / H), j = 1..4: mean 1 over the heads.

Here theta stands for a coordinate times its amplitude a.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

GROUPS: Final = ("down", "mid", "up")
"""Layer groups, in the order of their coordinates."""
N_HEAD_AXES: Final = 4
N_COORDINATES: Final = 2 * len(GROUPS) + N_HEAD_AXES
MAX_AMPLITUDES: Final = (0.7,) * 3 + (0.35,) * 3 + (0.5,) * 4
"""What the bounds hold for: no logit beyond a factor of 2, no output exchanged by more
than a third."""


@dataclass(frozen=True, slots=True)
class Modulation:
    """What is done to the attention of each row of a batch."""

    temperature: Tensor
    """`b x 3` logarithms of the factor of the queries, by layer group."""
    mixing: Tensor
    """`b x 3` parts of the output that are exchanged, by layer group."""
    heads: Tensor
    """`b x 4` weights of the cosines over the heads."""


def modulation(rows: Tensor, device: torch.device | None = None) -> Modulation:
    """Return the modulation of a batch.

    Args:
        rows: `b x 10` coordinates times amplitudes.
        device: where it is needed; default the CPU.
    """
    placed, n = rows.to(device, torch.float32), len(GROUPS)
    return Modulation(placed[:, :n], placed[:, n : 2 * n], placed[:, 2 * n :])


def assert_amplitudes(amplitudes: Sequence[float]) -> None:
    """Refuse amplitudes that would leave the bounds.

    Args:
        amplitudes: of the ten coordinates.

    Raises:
        ValueError: if one is negative or beyond `MAX_AMPLITUDES`.
    """
    for given, largest in zip(amplitudes, MAX_AMPLITUDES, strict=True):
        if not 0 <= given <= largest:
            raise ValueError(f"a modulation's amplitude {given} is not in 0..{largest}")


def tempered(query: Tensor, rows: Modulation, group: int) -> Tensor:
    """Return the queries at each row's temperature.

    Args:
        query: `b x h x n x c`.
        rows: of the batch.
        group: index of the layer's group.
    """
    return query * _factors(torch.exp(rows.temperature[:, group]), query)


def mixed(output: Tensor, value: Tensor, rows: Modulation, group: int) -> Tensor:
    """Return the outputs mixed with each token's own value, or with the mean of all.

    Args:
        output: `b x h x n x c`, what attention gave.
        value: `b x h x n x c`.
        rows: of the batch.
        group: index of the layer's group.
    """
    own = _factors(rows.mixing[:, group].clamp(min=0), output)
    alike = _factors((-rows.mixing[:, group]).clamp(min=0), output)
    mean = value.mean(dim=2, keepdim=True)
    return output + own * (value - output) + alike * (mean - output)


def weighted(output: Tensor, rows: Modulation) -> Tensor:
    """Return the outputs with each head's weight.

    Args:
        output: `b x h x n x c`.
        rows: of the batch.
    """
    return output * head_weights(rows.heads, output.shape[1]).to(output.dtype)


def head_weights(heads: Tensor, n_heads: int) -> Tensor:
    """Return the weight of each head.

    Args:
        heads: `b x 4`, as in `Modulation`.
        n_heads: heads of the layer.

    Returns:
        `b x h x 1 x 1` weights > 0, of mean 1 over the heads.
    """
    place = (torch.arange(n_heads, device=heads.device) + 0.5) * (math.pi / n_heads)
    slope = torch.zeros(len(heads), n_heads, device=heads.device)
    for number in range(N_HEAD_AXES):  # a product of matrices may mix the rows' bits
        slope = slope + heads[:, number, None] * torch.cos((number + 1) * place)
    weight = torch.exp(slope)
    return (weight / weight.mean(dim=1, keepdim=True))[:, :, None, None]


def _factors(values: Tensor, like: Tensor) -> Tensor:
    return values.to(like.dtype)[:, None, None, None]
