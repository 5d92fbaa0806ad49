"""From pixels to what leaves the worker: a PNG, its features, its provenance."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from PIL import Image, PngImagePlugin
from torch import Tensor
from torch.nn import functional

from multibo.jobs.spec import RenderSpec

_FEATURE_SIDE: Final = 8
"""Cells per side: 3 colors and 1 edge strength of 8 x 8 cells are 256 features."""
_EDGE_WEIGHT: Final = 4.0
"""Brings the spread of the edge strengths up to that of the colors."""
_EDGE_SIDE: Final = 64
"""Edges are those of the picture at this size: finer ones are texture."""


@dataclass(frozen=True, slots=True)
class RenderedImage:
    """One finished candidate."""

    png: bytes
    width_px: int
    height_px: int
    features: tuple[float, ...]
    """At most 256 numbers; their Euclidean distance follows what a glance sees."""
    note: str = ""
    """What the person should know, such as that the prompt was too long."""


def to_bytes(pixels: Tensor) -> Tensor:
    """Return pixels as whole numbers, rounded as the stock pipeline rounds them.

    Args:
        pixels: `3 x h x w` in `[0, 1]`.

    Returns:
        `h x w x 3`, uint8.
    """
    return (pixels.permute(1, 2, 0) * 255).round().to(torch.uint8)


def features(pixels: Tensor) -> tuple[float, ...]:
    """Return what a glance sees: colors and edge strengths of a coarse grid.

    They are those of the picture in 8 bits: the same before and after the PNG.

    Args:
        pixels: `3 x h x w` in `[0, 1]`.

    Returns:
        256 numbers: 192 mean colors, then 64 mean edge strengths.
    """
    pixels = (pixels * 255).round() / 255
    colors = functional.adaptive_avg_pool2d(pixels, _FEATURE_SIDE)
    gray = functional.adaptive_avg_pool2d(pixels.mean(dim=0, keepdim=True), _EDGE_SIDE)
    across = gray[:, :-1, 1:] - gray[:, :-1, :-1]
    down = gray[:, 1:, :-1] - gray[:, :-1, :-1]
    strength = torch.sqrt(across.square() + down.square())
    edges = _EDGE_WEIGHT * functional.adaptive_avg_pool2d(strength, _FEATURE_SIDE)
    values = torch.cat([colors.flatten(), edges.flatten()]).tolist()
    return tuple(round(value, 4) for value in values)


def provenance(spec: RenderSpec) -> dict[str, str]:
    """Return what a file says about its origin; never the prompt.

    Args:
        spec: the spec of the picture.
    """
    return {
        "Software": "multibo",
        "multibo:model": f"{spec.model}@{spec.revision}",
        "multibo:seed": str(spec.base_seed),
        "multibo:warp_space": spec.warp_space,
    }


def encode_png(pixels: Tensor, texts: Mapping[str, str]) -> bytes:
    """Return a PNG file.

    Args:
        pixels: `3 x h x w` in `[0, 1]`.
        texts: keywords and Latin-1 texts of its text chunks.
    """
    chunks = PngImagePlugin.PngInfo()
    for keyword, text in texts.items():
        chunks.add_text(keyword, text)
    file = io.BytesIO()
    Image.fromarray(to_bytes(pixels).numpy()).save(file, "PNG", pnginfo=chunks)
    return file.getvalue()


def decode_png(data: bytes) -> Tensor:
    """Return the pixels of an image file.

    Args:
        data: a file that Pillow reads.

    Returns:
        `3 x h x w` in `[0, 1]`.
    """
    with Image.open(io.BytesIO(data)) as image:
        array = np.asarray(image.convert("RGB"), dtype=np.float32) / 255
    return torch.from_numpy(array).permute(2, 0, 1)
