"""Drawings the embedded model never saw, and what a person would type for one."""

from __future__ import annotations

import io
import random
from typing import TYPE_CHECKING, Final

from multibo.evaluation.errors import ProtocolError

if TYPE_CHECKING:
    from multibo.pretrained.avatars.dataset import Drawing

_FIRST: Final = 1_000_000
"""Training used drawings below this one."""


def drawing_of(seed: int) -> Drawing:
    """Return the drawing a task's seed stands for.

    Args:
        seed: of the task, >= 0.

    Raises:
        ProtocolError: if the drawing library is not installed.
    """
    try:
        from multibo.pretrained.avatars.dataset import draw
    except ImportError as error:
        raise ProtocolError(
            f"{error.name} is missing: pip install 'multibo[evaluation]'"
        ) from error
    return draw(_FIRST + seed)


def drawing_png(seed: int) -> bytes:
    """Return the same drawing as a PNG.

    Args:
        seed: of the task, >= 0.

    Raises:
        ProtocolError: if the drawing library is not installed.
    """
    from PIL import Image

    written = io.BytesIO()
    Image.fromarray(drawing_of(seed).pixels).save(written, "PNG")
    return written.getvalue()


def half_said(seed: int) -> str:
    """Return the style of that drawing and a random half of its other attributes.

    Args:
        seed: of the task, >= 0.

    Raises:
        ProtocolError: if the drawing library is not installed.
    """
    style, *attributes = drawing_of(seed).caption.split(", ")
    kept = random.Random(seed).sample(range(len(attributes)), len(attributes) // 2)
    return ", ".join([style, *(attributes[index] for index in sorted(kept))])
