"""Small real PNGs for tests of the page: a face drawn from a seed."""

import io
import random

from PIL import Image, ImageDraw

SIZE_PX = 128
FINE = 4
HAIR = ["#5b3a1e", "#24211f", "#c98b3a", "#a33d2a", "#d9d4cc", "#4d5fae"]
SKIN = ["#f2cfae", "#d9a477", "#a86f45", "#6d4529"]
BACK = ["#bcd4ea", "#f0dcc0", "#cfe5cf", "#e9cfd8", "#d8d2ec"]


def face_png(seed: int) -> bytes:
    """Return a face; equal seeds give equal bytes."""
    draw_from = random.Random(seed)
    image = Image.new("RGB", (SIZE_PX * FINE, SIZE_PX * FINE), draw_from.choice(BACK))
    pen = ImageDraw.Draw(image)
    hair, skin = draw_from.choice(HAIR), draw_from.choice(SKIN)
    width = draw_from.randint(26, 34)
    length = draw_from.randint(60, 120)
    eyes = draw_from.randint(10, 15)
    smile = draw_from.randint(6, 16)
    pen.ellipse(box(54 - width, 18, 74 + width, 18 + length), fill=hair)
    pen.ellipse(box(30, 98, 98, 180), fill=draw_from.choice(HAIR))
    pen.ellipse(box(64 - width, 34, 64 + width, 104), fill=skin)
    pen.chord(box(64 - width, 30, 64 + width, 80), 180, 360, fill=hair)
    for x in (64 - eyes, 64 + eyes):
        pen.ellipse(box(x - 4, 62, x + 4, 71), fill="#241c18")
    pen.arc(box(64 - smile, 78, 64 + smile, 92), 10, 170, fill="#7c2f2b", width=12)
    data = io.BytesIO()
    image.resize((SIZE_PX, SIZE_PX), Image.Resampling.BOX).save(data, "PNG")
    return data.getvalue()


def box(*corners: int) -> tuple[int, ...]:
    return tuple(FINE * corner for corner in corners)
