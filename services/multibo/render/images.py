"""From pixels to what leaves the worker: a file, its thumbnail, its features.

Up to 256 px a PNG; above, a WebP at quality 90, a tenth of the bytes. Both say where
they come from, without the prompt.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import quoteattr

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


THUMBNAIL_SIDE_PX: Final = 128
"""Longer side of a thumbnail; a smaller image is its own."""
_PNG_SIDE_PX: Final = 256
"""Longer side up to which a PNG is small enough to be sent in every round."""
_WEBP_QUALITY: Final = 90


@dataclass(frozen=True, slots=True)
class ImageFile:
    """Bytes of an image, and what they are."""

    data: bytes
    media_type: str
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True)
class RenderedImage:
    """One finished candidate."""

    file: ImageFile
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

    They are those of the picture in 8 bits: the same before and after a PNG.

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


def finished(spec: RenderSpec, pixels: Tensor, note: str) -> RenderedImage:
    """Return what a row has come to.

    Args:
        spec: of the row.
        pixels: `3 x h x w` in `[0, 1]`.
        note: what the person should know; mostly nothing.
    """
    file = encode(pixels, provenance(spec))
    # Of the file, not of the tensor: an image found stored has the same.
    return RenderedImage(file, features(decode(file.data)), note)


def encode(pixels: Tensor, texts: Mapping[str, str]) -> ImageFile:
    """Return the file of a picture: a PNG up to 256 px, else a WebP.

    Args:
        pixels: `3 x h x w` in `[0, 1]`.
        texts: keywords and texts that the file carries, Latin-1.
    """
    image = Image.fromarray(to_bytes(pixels).numpy())
    small = max(image.size) <= _PNG_SIDE_PX
    return _png(image, texts) if small else _webp(image, texts)


def _png(image: Image.Image, texts: Mapping[str, str]) -> ImageFile:
    chunks = PngImagePlugin.PngInfo()
    for keyword, text in texts.items():
        chunks.add_text(keyword, text)
    file = io.BytesIO()
    image.save(file, "PNG", pnginfo=chunks)
    return ImageFile(file.getvalue(), "image/png", *image.size)


def _webp(image: Image.Image, texts: Mapping[str, str]) -> ImageFile:
    file = io.BytesIO()
    image.save(file, "WEBP", quality=_WEBP_QUALITY, xmp=_xmp(texts))
    return ImageFile(file.getvalue(), "image/webp", *image.size)


def _xmp(texts: Mapping[str, str]) -> bytes:
    # WebP has no text chunks: one XMP property per text, in a namespace of ours.
    properties = " ".join(
        f"multibo:{keyword.removeprefix('multibo:')}={quoteattr(text)}"
        for keyword, text in texts.items()
    )
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description xmlns:multibo="urn:multibo:provenance" {properties}/>'
        "</rdf:RDF></x:xmpmeta>"
    ).encode()


def described(data: bytes) -> ImageFile:
    """Return an image file with what its header says.

    Args:
        data: a file that Pillow reads.
    """
    with Image.open(io.BytesIO(data)) as image:
        return ImageFile(data, Image.MIME[str(image.format)], *image.size)


def thumbnail(data: bytes) -> ImageFile | None:
    """Return an image at most 128 px long, of the same kind; None for a small one.

    Args:
        data: a file that Pillow reads.
    """
    with Image.open(io.BytesIO(data)) as image:
        if max(image.size) <= THUMBNAIL_SIDE_PX:
            return None
        encoded = _png if image.format == "PNG" else _webp
        small = image.convert("RGB")
    small.thumbnail((THUMBNAIL_SIDE_PX, THUMBNAIL_SIDE_PX), Image.Resampling.LANCZOS)
    return encoded(small, {"Software": "multibo"})


def decode(data: bytes) -> Tensor:
    """Return the pixels of an image file.

    Args:
        data: a file that Pillow reads.

    Returns:
        `3 x h x w` in `[0, 1]`.
    """
    with Image.open(io.BytesIO(data)) as image:
        array = np.asarray(image.convert("RGB"), dtype=np.float32) / 255
    return torch.from_numpy(array).permute(2, 0, 1)
