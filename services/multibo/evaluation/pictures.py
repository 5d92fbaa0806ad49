"""Pictures as metrics see them: `3 x height x width` tensors, float32 in [0, 1]."""

import io
from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from multibo.evaluation.errors import PictureError

_BYTE_MAX: Final = 255.0


def decode_picture(data: bytes) -> Tensor:
    """Return the picture held by an image file.

    Args:
        data: bytes of a PNG, JPEG or WebP file.

    Returns:
        `3 x height x width`, float32 in [0, 1]; transparency is dropped.
    """
    with Image.open(io.BytesIO(data)) as image:
        pixels = np.asarray(image.convert("RGB"), dtype=np.float32)
    return torch.from_numpy(pixels / _BYTE_MAX).permute(2, 0, 1).contiguous()


def to_image(picture: Tensor) -> Image.Image:
    """Return a picture as an 8-bit Pillow image.

    Args:
        picture: `3 x height x width` in [0, 1]; other values are clipped.
    """
    pixels = picture.clamp(0, 1).mul(_BYTE_MAX).round().permute(1, 2, 0)
    return Image.fromarray(pixels.to(torch.uint8).numpy())


def stack_pictures(pictures: Sequence[Tensor]) -> Tensor:
    """Return pictures of one size as a single `n x 3 x height x width` tensor.

    Args:
        pictures: at least one picture; all of the same size.

    Raises:
        PictureError: if there is none, or the sizes differ.
    """
    if not pictures:
        raise PictureError("there is no picture to look at")
    sizes = {tuple(picture.shape) for picture in pictures}
    if len(sizes) > 1:
        raise PictureError(f"pictures of different sizes: {sorted(sizes)}")
    return torch.stack(list(pictures))


def resized(pictures: Tensor, size_px: int) -> Tensor:
    """Return pictures scaled to squares of `size_px`, untouched if they are so.

    Args:
        pictures: `n x 3 x height x width`.
        size_px: the side wanted.
    """
    if pictures.shape[-2:] == (size_px, size_px):
        return pictures
    return functional.interpolate(
        pictures, size=(size_px, size_px), mode="bilinear", antialias=True
    )
