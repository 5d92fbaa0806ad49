"""From the options of a DiceBear drawing to the words that describe it.

Captions are comma-separated attributes, the style first: `comic portrait, brown long
hair, light skin, blue background`. Colors get the nearest name of a short list.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

Rgb = tuple[int, int, int]
Options = Mapping[str, object]
"""The options DiceBear reports for a drawing: variants as text, colors as lists."""

CLOTHES_COLORS: Final[Mapping[str, Rgb]] = {
    "black": (15, 15, 15),
    "white": (250, 250, 250),
    "gray": (128, 128, 128),
    "red": (215, 45, 45),
    "orange": (240, 140, 40),
    "yellow": (250, 220, 60),
    "green": (60, 170, 80),
    "mint": (170, 235, 200),
    "teal": (40, 150, 140),
    "blue": (60, 90, 220),
    "light blue": (140, 200, 245),
    "navy": (30, 40, 90),
    "purple": (130, 80, 200),
    "pink": (245, 130, 190),
    "peach": (250, 200, 170),
    "brown": (110, 70, 40),
    "dark brown": (60, 40, 25),
    "blonde": (225, 190, 110),
    "tan": (205, 150, 105),
    "auburn": (150, 70, 40),
}
SKIN_COLORS: Final[Mapping[str, Rgb]] = {
    "very dark": (60, 40, 30),
    "dark": (95, 60, 45),
    "brown": (140, 90, 60),
    "tan": (195, 140, 95),
    "light": (240, 200, 165),
    "pale": (252, 228, 205),
    "yellow": (250, 215, 90),
}
# Names that say nothing to somebody who does not know the style's source.
_PLAIN_WORDS: Final[Mapping[str, str]] = {
    "no hair": "bald",
    "mr clean": "bald",
    "mr t": "mohawk",
    "balndess": "bald",
    "side comed": "side combed",
    "danny phantom": "swept",
    "doug funny": "sparse",
    "fonze": "slick",
    "t shirt": "t-shirt",
}
_FACE: Final = (
    ("expressionVariant", "expression"),
    ("moodVariant", "mood"),
    ("mouthVariant", "mouth"),
    ("eyesVariant", "eyes"),
)
_BEARDS: Final = (("beardVariant", "beard"), ("facialHairVariant", "facial hair"))


def caption_attributes(style: str, options: Options) -> list[str]:
    """Return the attributes of a drawing, without its style and background.

    Args:
        style: DiceBear's name of the style, such as `micah`.
        options: what DiceBear reports for the drawing.
    """
    found = [
        *_hair(style, options),
        *_skin(style, options),
        *_face(options),
        *_beard(options),
        *_accessories(options),
        *_clothes(options),
    ]
    return [re.sub(r"\s+", " ", attribute).strip() for attribute in found]


def variant_words(variant: str) -> str:
    """Return the plain words of a variant's name, `longHair02` -> `long hair`.

    Args:
        variant: a name in camel case, perhaps numbered.
    """
    text = re.sub(r"\d+", "", variant)
    text = re.sub(r"([A-Z]+)", r" \1", text).lower()
    text = text.replace("variant", "").strip()
    return _PLAIN_WORDS.get(text, text)


def color_name(code: str, names: Mapping[str, Rgb]) -> str:
    """Return the name of the nearest color.

    Args:
        code: `#rrggbb`; an alpha channel behind it is ignored.
        names: the colors to choose from.
    """
    digits = code.removeprefix("#")
    color = tuple(int(digits[start : start + 2], 16) for start in (0, 2, 4))
    return min(
        names,
        key=lambda name: sum(
            (given - known) ** 2
            for given, known in zip(color, names[name], strict=True)
        ),
    )


def _hair(style: str, options: Options) -> Iterator[str]:
    # Open Peeps draws the hair as part of the head; elsewhere a head is a head.
    head = ("headVariant",) if style == "open-peeps" else ()
    variant = _first_text(options, ("topVariant", "hairVariant", *head))
    color = _color(options, "hairColor")
    if color is None and style == "open-peeps":
        color = _color(options, "headContrastColor")
    if variant is not None:
        words = variant_words(variant)
        named = f"{color_name(color, CLOTHES_COLORS)} " if color else ""
        hair = f"{named}{words} hair".replace("hair hair", "hair")
        yield "bald" if words.startswith("bald") else hair
    if (rear := _text(options, "rearHairVariant")) is not None:
        yield f"{variant_words(rear)} rear hair"


def _skin(style: str, options: Options) -> Iterator[str]:
    color = _color(options, "skinColor")
    if color is None and style == "micah":
        color = _color(options, "baseColor")
    if color is not None:
        yield f"{color_name(color, SKIN_COLORS)} skin"


def _face(options: Options) -> Iterator[str]:
    for key, noun in _FACE:
        variant = _text(options, key)
        words = variant_words(variant) if variant is not None else ""
        if words:
            yield f"{words} {noun}"


def _beard(options: Options) -> Iterator[str]:
    for key, noun in _BEARDS:
        variant = _text(options, key)
        if variant is not None:
            yield f"{variant_words(variant).replace('default', '').strip()} {noun}"


def _accessories(options: Options) -> Iterator[str]:
    if (glasses := _text(options, "glassesVariant")) is not None:
        yield f"{variant_words(glasses)} glasses"
    if (accessory := _text(options, "accessoriesVariant")) is not None:
        yield variant_words(accessory)
    if "earringsVariant" in options:
        yield "earrings"


def _clothes(options: Options) -> Iterator[str]:
    variant = _first_text(options, ("clothesVariant", "outfitVariant"))
    colors = (
        _color(options, key) for key in ("clothesColor", "clothingColor", "shirtColor")
    )
    color = next((found for found in colors if found is not None), None)
    if variant is not None or color is not None:
        named = f"{color_name(color, CLOTHES_COLORS)} " if color else ""
        yield named + (variant_words(variant) if variant else "clothes")


def _text(options: Options, key: str) -> str | None:
    value = options.get(key)
    return value if isinstance(value, str) else None


def _first_text(options: Options, keys: Sequence[str]) -> str | None:
    values = (_text(options, key) for key in keys)
    return next((value for value in values if value is not None), None)


def _color(options: Options, key: str) -> str | None:
    value = options.get(key)
    if isinstance(value, list) and value:
        return str(value[0])
    return None
