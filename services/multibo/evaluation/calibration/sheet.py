"""What each axis does, on one sheet: a line of pictures from -1 to 1."""

from collections.abc import Sequence
from typing import Final

import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from multibo.evaluation.pictures import to_image
from multibo.warp.axes import Axis

LEVELS: Final = (-1.0, -0.5, 0.0, 0.5, 1.0)
_TILE_PX: Final = 96
_GAP_PX: Final = 4
_WORDS_PX: Final = 250
_HEAD_PX: Final = 24
_GROUND, _INK, _SOFT = "#f6f6f4", "#1d2228", "#66707a"


def line_vectors(dimension: int) -> list[tuple[float, ...]]:
    """Return every axis at the levels other than 0, then the identity.

    Args:
        dimension: number of axes.
    """
    moved = [
        tuple(level * (place == axis) for place in range(dimension))
        for axis in range(dimension)
        for level in LEVELS
        if level
    ]
    return [*moved, (0.0,) * dimension]


def axis_sheet(axes: Sequence[Axis], pictures: Tensor) -> Image.Image:
    """Return a sheet with a line per axis.

    Args:
        axes: the axes.
        pictures: `(4 d + 1) x 3 x height x width`, as `line_vectors` orders them.
    """
    step = _TILE_PX + _GAP_PX
    size = (_WORDS_PX + len(LEVELS) * step, _HEAD_PX + len(axes) * step)
    sheet = Image.new("RGB", size, _GROUND)
    draw = ImageDraw.Draw(sheet)
    for column, level in enumerate(LEVELS):
        left = _WORDS_PX + column * step
        draw.text((left + 4, 4), f"{level:+g}", fill=_SOFT, font=_font(14))
    for line, axis in enumerate(axes):
        top = _HEAD_PX + line * step
        _words(draw, top, axis)
        four = pictures[4 * line : 4 * line + 4]
        for column, picture in enumerate([*four[:2], pictures[-1], *four[2:]]):
            tile = to_image(torch.as_tensor(picture)).resize((_TILE_PX, _TILE_PX))
            sheet.paste(tile, (_WORDS_PX + column * step, top))
    return sheet


def _words(draw: ImageDraw.ImageDraw, top: int, axis: Axis) -> None:
    draw.text((8, top + 16), axis.name, fill=_INK, font=_font(16))
    ends = (f"- {axis.low_label}", f"+ {axis.high_label}")
    for line, words in enumerate(ends):
        draw.text((8, top + 40 + 18 * line), words, fill=_SOFT, font=_font(12))


def _font(size_px: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    return ImageFont.load_default(size_px)
