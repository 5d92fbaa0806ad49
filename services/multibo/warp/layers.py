"""Which part of a model a layer belongs to: down, mid or up.

A UNet names its blocks so. A transformer has one row of blocks: its first, middle and
last third stand for them, in the order in which they compute.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

GROUPS: Final = ("down", "mid", "up")
_UNET: Final = {"down_blocks.": "down", "mid_block.": "mid", "up_blocks.": "up"}
_BLOCK: Final = re.compile(r"((?:single_)?transformer_blocks)\.(\d+)\.")


def group_of(layer: str, layers: Sequence[str]) -> str:
    """Return the part of the model that a layer belongs to.

    Args:
        layer: its name, such as `up_blocks.1.attentions.0`.
        layers: names of all attention layers of the model, in any order.
    """
    for prefix, group in _UNET.items():
        if layer.startswith(prefix):
            return group
    blocks = _in_order(tuple(layers))
    return GROUPS[len(GROUPS) * blocks.index(_place(layer)) // len(blocks)]


@lru_cache(maxsize=8)
def _in_order(layers: tuple[str, ...]) -> list[tuple[str, int]]:
    # FLUX computes its double blocks before its single ones.
    places = {_place(layer) for layer in layers}
    return sorted(places, key=lambda place: (place[0].startswith("single"), place[1]))


def _place(layer: str) -> tuple[str, int]:
    found = _BLOCK.match(layer)
    if found is None:
        raise ValueError(f"{layer} belongs to no block")
    return found.group(1), int(found.group(2))
