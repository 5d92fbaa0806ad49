"""Procedural avatars with captions: what the embedded model was trained on.

Drawings come from DiceBear style definitions whose license is CC0 1.0 or CC BY 4.0
(`MODEL_CARD.md` names the artists). A seed determines drawing and caption.
"""

import io
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final

import numpy as np
import numpy.typing as npt
import resvg_py
from dicebear import Avatar, Style
from PIL import Image

from multibo.pretrained.avatars.captions import caption_attributes

SIZE_PX: Final = 128
STYLES: Final[Mapping[str, str]] = {
    "open-peeps": "ink sketch",
    "voxel-art": "voxel",
    "toon-head": "toon",
    "micah": "line art",
    "big-smile": "big smile",
    "personas": "flat persona",
    "adventurer": "comic",
    "dylan": "bold cartoon",
}
"""DiceBear's name of each style, and the word a prompt has for it."""
BACKGROUNDS: Final[Mapping[str, str]] = {
    "white": "#ffffff",
    "sky blue": "#b6e3f4",
    "blue": "#619eff",
    "lavender": "#c0aede",
    "pink": "#ffd5dc",
    "peach": "#ffdfbf",
    "yellow": "#ffe066",
    "mint": "#b8f2d0",
    "green": "#69db7c",
    "gray": "#ced4da",
    "dark": "#343a40",
    "red": "#ff6b6b",
    "orange": "#ffa94d",
    "teal": "#38d9a9",
    "purple": "#9775fa",
}
_TRAINED_ON: Final = (100, 80_100)
"""Seeds of the drawings that the model was made of."""
# The other two are drawn to their edges: a turned frame would show.
_TURNABLE: Final = frozenset(STYLES) - {"voxel-art", "dylan"}


@dataclass(frozen=True, slots=True)
class Drawing:
    """One training pair."""

    pixels: npt.NDArray[np.uint8]
    """`height x width x 3`."""
    caption: str
    style: str
    """DiceBear's name of the style."""


def draw(seed: int, size_px: int = SIZE_PX) -> Drawing:
    """Return the drawing and caption of a seed.

    Args:
        seed: training used those from 100 on; evaluation uses 1,000,000 and above.
        size_px: the side of the square picture.
    """
    avatar, name, background = _avatar(seed, size_px)
    return Drawing(
        pixels=_rasterized(avatar.to_string(), BACKGROUNDS[background], size_px),
        caption=_caption(avatar, name, background),
        style=name,
    )


def training_prompts(n_prompts: int, seed: int) -> list[str]:
    """Return partial captions of training drawings, without drawing them.

    Args:
        n_prompts: how many.
        seed: decides which drawings, and what is said of each.
    """
    source = random.Random(seed)
    prompts = []
    for _ in range(n_prompts):
        avatar, name, background = _avatar(source.randrange(*_TRAINED_ON), SIZE_PX)
        prompts.append(partial_caption(_caption(avatar, name, background), source))
    return prompts


def partial_caption(caption: str, source: random.Random) -> str:
    """Return a prompt that says only some of a caption: style first, then a subset.

    Args:
        caption: a full caption.
        source: decides what is said; one time in twenty not even the style is.
    """
    style, *attributes = caption.split(", ")
    keep = source.random() ** 0.5
    said = [attribute for attribute in attributes if source.random() < keep]
    return ", ".join([style] * (source.random() < 0.95) + said)


def _avatar(seed: int, size_px: int) -> tuple[Avatar, str, str]:
    """Return the avatar of a seed, its style and the name of its background."""
    source = random.Random(seed)
    name = source.choice(list(STYLES))
    background = source.choice(list(BACKGROUNDS))
    options = _options(seed, name, background, size_px, source)
    return Avatar(_style(name), options), name, background


def _caption(avatar: Avatar, name: str, background: str) -> str:
    attributes = caption_attributes(name, avatar.to_json()["options"])
    first, last = f"{STYLES[name]} portrait", f"{background} background"
    return ", ".join([first, *attributes, last])


def _options(
    seed: int, name: str, background: str, size_px: int, source: random.Random
) -> dict[str, object]:
    options: dict[str, object] = {
        "seed": str(seed),
        "size": size_px,
        "backgroundColor": [BACKGROUNDS[background]],
        "scale": round(source.uniform(0.85, 1.1), 3),
        "translateX": round(source.uniform(-6, 6), 2),
        "translateY": round(source.uniform(-4, 6), 2),
        "flip": source.choice(["none", "horizontal"]),
    }
    if name in _TURNABLE:
        options["rotate"] = round(source.gauss(0, 4), 2)
    if name == "voxel-art":
        options["animationVariant"] = ["none"]
    return options


def _rasterized(svg: str, background: str, size_px: int) -> npt.NDArray[np.uint8]:
    png = resvg_py.svg_to_bytes(svg_string=svg, width=size_px, height=size_px)
    with Image.open(io.BytesIO(bytes(png))) as drawn:
        canvas = Image.new("RGBA", drawn.size, background)
        canvas.alpha_composite(drawn.convert("RGBA"))
    return np.asarray(canvas.convert("RGB"))


@lru_cache(maxsize=len(STYLES))
def _style(name: str) -> Style:
    definition = files("dicebear_styles").joinpath(f"{name}.json").read_text("utf-8")
    return Style(json.loads(definition))
