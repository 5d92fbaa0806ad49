"""All pictures of a simulated session, or of many, on one labeled sheet."""

from collections.abc import Sequence
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from multibo.evaluation.pictures import decode_picture, to_image
from multibo.evaluation.record import RoundRecord, SimulatedSession

_TILE_PX: Final = 128
_GAP_PX: Final = 10
_LABEL_PX: Final = 104
_CAPTION_PX: Final = 20
_MARGIN_PX: Final = 24
_HEAD_TILE_PX: Final = 192
_ROUNDS_PER_COLUMN: Final = 10
_GROUND, _INK, _SOFT, _CHOSEN = "#f6f6f4", "#1d2228", "#66707a", "#15803d"


def contact_sheet(session: SimulatedSession) -> Image.Image:
    """Return start, final and target above every round's slate, the choice framed.

    Args:
        session: at least one round.
    """
    record, pictures = session.record, session.pictures
    k = max(len(slate) for slate in pictures.slates)
    column_px = _LABEL_PX + k * (_TILE_PX + _GAP_PX)
    row_px = _TILE_PX + _CAPTION_PX + _GAP_PX
    n_rounds = len(pictures.slates)
    n_columns = -(-n_rounds // _ROUNDS_PER_COLUMN)
    n_rows = min(n_rounds, _ROUNDS_PER_COLUMN)
    head_px = _MARGIN_PX + 64 + _HEAD_TILE_PX + _CAPTION_PX + 2 * _GAP_PX
    width = 2 * _MARGIN_PX + n_columns * column_px + (n_columns - 1) * _MARGIN_PX
    sheet = Image.new("RGB", (width, head_px + n_rows * row_px + _MARGIN_PX), _GROUND)
    _draw_head(sheet, session)
    for place, (entry, slate) in enumerate(
        zip(record.rounds, pictures.slates, strict=True)
    ):
        column, row = divmod(place, _ROUNDS_PER_COLUMN)
        corner = (
            _MARGIN_PX + column * (column_px + _MARGIN_PX),
            head_px + row * row_px,
        )
        _draw_round(sheet, corner, entry, slate, record.user_metric)
    return sheet


def overview_sheet(sessions: Sequence[SimulatedSession]) -> Image.Image:
    """Return a row of start, final and target for every session.

    Args:
        sessions: at least one.
    """
    titles = ("start", "final", "target")
    row_px = _TILE_PX + _CAPTION_PX + _GAP_PX
    words_px = 330
    width = 2 * _MARGIN_PX + len(titles) * (_TILE_PX + _GAP_PX) + words_px
    head_px = _MARGIN_PX + _CAPTION_PX
    sheet = Image.new(
        "RGB", (width, head_px + len(sessions) * row_px + _MARGIN_PX), _GROUND
    )
    draw = ImageDraw.Draw(sheet)
    for place, title in enumerate(titles):
        left = _MARGIN_PX + place * (_TILE_PX + _GAP_PX)
        draw.text((left, _MARGIN_PX - 6), title, fill=_SOFT, font=_font(14))
    for row, session in enumerate(sessions):
        _draw_summary(sheet, head_px + row * row_px, session)
    return sheet


def _draw_summary(sheet: Image.Image, top: int, session: SimulatedSession) -> None:
    record, pictures = session.record, session.pictures
    draw = ImageDraw.Draw(sheet)
    for place, png in enumerate((pictures.start, pictures.final, pictures.target)):
        _paste(sheet, (_MARGIN_PX + place * (_TILE_PX + _GAP_PX), top), png, _TILE_PX)
    left = _MARGIN_PX + 3 * (_TILE_PX + _GAP_PX) + 6
    draw.text((left, top + 4), f"seed {record.seed}", fill=_INK, font=_font(16))
    prompt = _wrapped(record.prompt, 42)
    draw.multiline_text((left, top + 28), prompt, fill=_SOFT, font=_font(13))
    for place, name in enumerate(record.metrics):
        line = f"{name}  {record.final_gains[name]:+.0%}"
        color = _CHOSEN if record.final_gains[name] > 0 else _INK
        draw.text((left, top + 70 + 19 * place), line, fill=color, font=_font(14))


def _draw_head(sheet: Image.Image, session: SimulatedSession) -> None:
    record, pictures = session.record, session.pictures
    draw = ImageDraw.Draw(sheet)
    draw.text((_MARGIN_PX, _MARGIN_PX), record.prompt, fill=_INK, font=_font(20))
    gains = "   ".join(f"{n} {record.final_gains[n]:+.0%}" for n in record.metrics)
    words = f"seed {record.seed}   {record.target} target   final gain: {gains}"
    draw.text((_MARGIN_PX, _MARGIN_PX + 30), words, fill=_SOFT, font=_font(14))
    heads = {
        "start": pictures.start,
        "final": pictures.final,
        "target": pictures.target,
    }
    top = _MARGIN_PX + 64
    for place, (title, png) in enumerate(heads.items()):
        left = _MARGIN_PX + place * (_HEAD_TILE_PX + _GAP_PX)
        _paste(sheet, (left, top), png, _HEAD_TILE_PX)
        caption = (left, top + _HEAD_TILE_PX + 3)
        draw.text(caption, title, fill=_INK, font=_font(14))


def _draw_round(
    sheet: Image.Image,
    corner: tuple[int, int],
    entry: RoundRecord,
    slate: Sequence[bytes],
    metric: str,
) -> None:
    left, top = corner
    draw = ImageDraw.Draw(sheet)
    draw.text((left, top + 40), f"round {entry.round + 1}", fill=_INK, font=_font(16))
    seconds = f"{entry.timing.total_s:.1f} s"
    draw.text((left, top + 62), seconds, fill=_SOFT, font=_font(13))
    for slot, png in enumerate(slate):
        tile = (left + _LABEL_PX + slot * (_TILE_PX + _GAP_PX), top)
        chosen = slot == entry.chosen
        if chosen:
            frame = (tile[0] - 4, top - 4, tile[0] + _TILE_PX + 3, top + _TILE_PX + 3)
            draw.rectangle(frame, fill=_CHOSEN)
        _paste(sheet, tile, png, _TILE_PX)
        caption = f"{entry.roles[slot].lower()} {entry.gains[metric][slot]:+.0%}"
        draw.text(
            (tile[0], top + _TILE_PX + 4),
            caption,
            fill=_CHOSEN if chosen else _SOFT,
            font=_font(13),
        )


def _paste(
    sheet: Image.Image, corner: tuple[int, int], png: bytes, side_px: int
) -> None:
    picture = to_image(decode_picture(png))
    sheet.paste(picture.resize((side_px, side_px), Image.Resampling.LANCZOS), corner)


def _wrapped(text: str, n_characters: int) -> str:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > n_characters:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)


def _font(size_px: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    return ImageFont.load_default(size_px)
