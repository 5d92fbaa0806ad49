"""Contact sheets: start, what was kept on the way, and target, a line per search."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from multibo.evaluation.pictures import to_image

_TILE_PX: Final = 96
_GAP_PX: Final = 4
_LABEL_PX: Final = 150
_HEAD_PX: Final = 20
_GROUND, _INK = "#f6f6f4", "#1d2228"
_QUALITY: Final = 82

Line = tuple[str, Sequence[Tensor]]
"""What is written in front, and the pictures."""


def draw_sheet(titles: Sequence[str], lines: Sequence[Line]) -> Image.Image:
    """Return pictures in lines, with words in front of each and above the columns.

    Args:
        titles: one per column.
        lines: each of as many pictures as there are titles.
    """
    width = _LABEL_PX + len(titles) * (_TILE_PX + _GAP_PX)
    height = _HEAD_PX + len(lines) * (_TILE_PX + _GAP_PX)
    sheet = Image.new("RGB", (width, height), _GROUND)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(11)
    for column, title in enumerate(titles):
        left = _LABEL_PX + column * (_TILE_PX + _GAP_PX)
        draw.text((left, 3), title, fill=_INK, font=font)
    for row, (words, pictures) in enumerate(lines):
        top = _HEAD_PX + row * (_TILE_PX + _GAP_PX)
        draw.multiline_text((6, top + 8), words, fill=_INK, font=font)
        for column, picture in enumerate(pictures):
            tile = to_image(picture).resize((_TILE_PX, _TILE_PX))
            sheet.paste(tile, (_LABEL_PX + column * (_TILE_PX + _GAP_PX), top))
    return sheet


def save_sheets(sheets: Mapping[str, Image.Image], folder: Path) -> None:
    """Write sheets as small WebP files.

    Args:
        sheets: by file name, without ending.
        folder: made if it is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, sheet in sheets.items():
        sheet.save(folder / f"{name}.webp", quality=_QUALITY, method=6)
