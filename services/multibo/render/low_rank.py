"""Low-rank deltas: a small file that makes another model of a model's weights.

Of a layer with weights W the file holds two thin matrices; the changed layer has the
weights W + up x down (Hu et al., 2022). A convolution is changed at the center of its
kernel alone, which takes a ninth of the numbers and trains faster.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from multibo.render.errors import DeltaUnusableError


@dataclass(frozen=True, slots=True)
class LowRankDelta:
    """What is added to the weights of some layers."""

    factors: Mapping[str, tuple[Tensor, Tensor]]
    """Per layer the matrices up, `outputs x rank`, and down, `rank x inputs`."""
    digest: str
    """SHA-256 of the file, hexadecimal."""


def read_delta(path: Path) -> LowRankDelta:
    """Read a delta.

    Args:
        path: a safetensors file with `<layer>.up` and `<layer>.down` per layer.

    Raises:
        DeltaUnusableError: if the file is missing or holds no such pairs.
    """
    try:
        data = path.read_bytes()
        tensors = load(data)
        layers = {name.rpartition(".")[0] for name in tensors}
        factors = {
            layer: (tensors.pop(f"{layer}.up"), tensors.pop(f"{layer}.down"))
            for layer in sorted(layers)
        }
    except (OSError, SafetensorError, KeyError) as error:
        raise DeltaUnusableError(f"{path.name}: {error!r}") from error
    if tensors or not factors:
        raise DeltaUnusableError(f"{path.name}: not pairs of up and down")
    return LowRankDelta(factors, hashlib.sha256(data).hexdigest())


def write_delta(path: Path, factors: Mapping[str, tuple[Tensor, Tensor]]) -> None:
    """Write a delta in half precision, readable by everybody.

    Args:
        path: the file to write.
        factors: per layer the matrices up, `outputs x rank`, and down, `rank x inputs`.
    """
    tensors = {}
    for layer, (up, down) in factors.items():
        tensors[f"{layer}.up"] = up.detach().half().contiguous()
        tensors[f"{layer}.down"] = down.detach().half().contiguous()
    path.write_bytes(save(tensors))
    path.chmod(0o644)


def add_delta(model: nn.Module, delta: LowRankDelta) -> None:
    """Change the weights of a model in place, rounding each once.

    Args:
        model: has the layers that the delta names.
        delta: what to add.

    Raises:
        DeltaUnusableError: if a layer is missing or of another shape.
    """
    layers = {layer: _layer(model, layer) for layer in delta.factors}
    for layer, (up, down) in delta.factors.items():
        center = _center(layers[layer].weight)
        if center.shape != (len(up), down.shape[1]) or up.shape[1] != len(down):
            raise DeltaUnusableError(f"layer {layer} is of another shape")
        with torch.no_grad():
            change = up.float() @ down.float()
            center.copy_(center.float() + change.to(center.device))


def _layer(model: nn.Module, name: str) -> nn.Linear | nn.Conv2d:
    try:
        layer = model.get_submodule(name)
    except AttributeError as error:
        raise DeltaUnusableError(f"the model has no layer {name}") from error
    if not isinstance(layer, nn.Linear | nn.Conv2d):
        raise DeltaUnusableError(f"layer {name} is a {type(layer).__name__}")
    return layer


def _center(weight: Tensor) -> Tensor:
    """Return the `outputs x inputs` view that a delta is added to."""
    if weight.ndim == 2:
        return weight
    return weight[:, :, weight.shape[2] // 2, weight.shape[3] // 2]
