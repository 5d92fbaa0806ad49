"""Layers with a trainable low-rank change beside their frozen weights."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn

_UNCHANGED = frozenset({"conv_in", "conv_out"})
"""First and last layer of a UNet: few weights, and all of the picture."""


class ChangedLayer(nn.Module):
    """A linear layer or convolution W, which computes W x + up (down x).

    The change starts at zero. Of a convolution it acts at the center of the kernel.
    """

    def __init__(self, stock: nn.Linear | nn.Conv2d, rank: int) -> None:
        """Put a change beside a layer.

        Args:
            stock: stays as it is.
            rank: width of the bottleneck.
        """
        super().__init__()
        self.stock = stock
        n_outputs, n_inputs = stock.weight.shape[:2]
        self.down: nn.Module
        self.up: nn.Module
        if isinstance(stock, nn.Linear):
            self.down = nn.Linear(n_inputs, rank, bias=False)
            self.up = nn.Linear(rank, n_outputs, bias=False)
        else:
            self.down = nn.Conv2d(n_inputs, rank, 1, bias=False)
            self.up = nn.Conv2d(rank, n_outputs, 1, bias=False)
        nn.init.normal_(self.down.weight, std=1 / math.sqrt(n_inputs))
        nn.init.zeros_(self.up.weight)

    def forward(self, values: Tensor) -> Tensor:
        """Return the changed layer's output.

        Args:
            values: what the stock layer takes.
        """
        changed: Tensor = self.stock(values) + self.up(self.down(values))
        return changed


def attach(model: nn.Module, rank: int) -> dict[str, ChangedLayer]:
    """Put a change beside every layer that takes one; return them by name.

    Convolutions with a stride keep their weights: the center of a kernel does not see
    every pixel there.

    Args:
        model: changed in place; its weights are frozen.
        rank: width of the bottlenecks.
    """
    model.requires_grad_(requires_grad=False)
    changed = {
        name: ChangedLayer(layer, rank)
        for name, layer in model.named_modules()
        if name not in _UNCHANGED and _takes_change(layer)
    }
    for name, layer in changed.items():
        parent, _, own = name.rpartition(".")
        setattr(model.get_submodule(parent), own, layer)
    return changed


class Average:
    """The moving average of trained changes: what is kept."""

    def __init__(self, layers: Mapping[str, ChangedLayer]) -> None:
        self._layers = layers
        self._kept = [weight.detach().clone() for weight in trained(layers.values())]

    def update(self, memory: float) -> None:
        """Move toward the layers as they are.

        Args:
            memory: share of the average that stays, in [0, 1).
        """
        now = [weight.detach() for weight in trained(self._layers.values())]
        torch._foreach_lerp_(self._kept, now, 1 - memory)

    def factors(self) -> dict[str, tuple[Tensor, Tensor]]:
        """Return up and down per layer, as `low_rank.write_delta` takes them."""
        matrices = iter(self._kept)
        pairs = ((next(matrices), next(matrices)) for _ in self._layers)
        return {
            name: (up.flatten(1), down.flatten(1))
            for name, (down, up) in zip(self._layers, pairs, strict=True)
        }


def trained(layers: Iterable[ChangedLayer]) -> list[nn.Parameter]:
    """Return the trainable weights, down then up per layer.

    Args:
        layers: of one model.
    """
    return [
        weight
        for layer in layers
        for part in (layer.down, layer.up)
        for weight in part.parameters()
    ]


def _takes_change(layer: nn.Module) -> bool:
    if isinstance(layer, nn.Conv2d):
        return layer.stride == (1, 1)
    return isinstance(layer, nn.Linear)
