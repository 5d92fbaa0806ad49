"""Small pictures for tests of metrics, users and sheets."""

import io

import torch
from PIL import Image
from torch import Tensor

from multibo.evaluation.pictures import to_image


def a_picture(seed: int = 0, size_px: int = 128) -> Tensor:
    """Return a smooth random picture."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(1, 3, 8, 8, generator=generator)
    return torch.nn.functional.interpolate(
        coarse, size=(size_px, size_px), mode="bilinear"
    )[0]


def a_png(picture: Tensor) -> bytes:
    """Return a picture as a PNG file."""
    buffer = io.BytesIO()
    to_image(picture).save(buffer, format="PNG")
    return buffer.getvalue()


def a_jpeg(picture: Tensor) -> bytes:
    """Return a picture as a JPEG file."""
    buffer = io.BytesIO()
    image: Image.Image = to_image(picture)
    image.save(buffer, format="JPEG")
    return buffer.getvalue()
