"""The coordinates of every warp family: names, and words for their two ends.

Needs the standard library alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Axis:
    """One coordinate, with words for its two ends."""

    name: str
    low_label: str
    """What the picture's contents tend to do at -1."""
    high_label: str
    """What they tend to do at +1."""


def noise_axes(n_noise: int, parts: tuple[int, int] = (1, 1)) -> tuple[Axis, ...]:
    """Return the coordinates that turn the start noise toward other draws.

    Args:
        n_noise: how many, >= 0.
        parts: columns and rows of the picture's parts that they act in.
    """
    return tuple(_noise_axis(number, parts) for number in range(n_noise))


def _noise_axis(number: int, parts: tuple[int, int]) -> Axis:
    columns, rows = parts
    row, column = divmod(number % (columns * rows), columns)
    where = [
        _position(row, rows, ("top", "middle", "bottom")),
        _position(column, columns, ("left", "center", "right")),
    ]
    place = "".join(f"{word} " for word in where if word)
    name = f"noise-{number + 1}"
    return Axis(name, f"{place}away from another draw", f"{place}toward another draw")


def _position(index: int, n: int, words: tuple[str, str, str]) -> str:
    """Return the word for one of `n` positions; none where there is but one."""
    if n == 1:
        return ""
    if index in (0, n - 1):
        return words[0] if index == 0 else words[2]
    return words[1] if n == 3 else f"{words[1]} {index}"


# The sign of a coordinate: at +1 contents move right (x) or down (y) where the
# mode is positive. Modes are numbered by their half waves across and down.
_FLOW_16: Final = (
    Axis("x-1-1", "middle to the left", "middle to the right"),
    Axis("y-1-1", "middle up", "middle down"),
    Axis("x-2-1", "sides apart", "sides together"),
    Axis("y-2-1", "left up, right down", "left down, right up"),
    Axis("x-1-2", "top left, bottom right", "top right, bottom left"),
    Axis("y-1-2", "top and bottom apart", "top and bottom together"),
    Axis("x-2-2", "wide top, narrow bottom", "narrow top, wide bottom"),
    Axis("y-2-2", "tall left, short right", "short left, tall right"),
    Axis("x-3-1", "sides left, center right", "sides right, center left"),
    Axis("y-3-1", "sides up, center down", "sides down, center up"),
    Axis("x-1-3", "ends left, center right", "ends right, center left"),
    Axis("y-1-3", "ends up, center down", "ends down, center up"),
    Axis("rotate", "tilt left", "tilt right"),
    Axis("scale", "smaller", "larger"),
    Axis("stretch", "taller", "wider"),
    Axis("shear", "stretched along the rising diagonal", "along the falling one"),
)


def _part(*names: str) -> tuple[Axis, ...]:
    """Return some axes of `flow-16`, in its order."""
    return tuple(axis for axis in _FLOW_16 if axis.name in names)


# Greedily those that add most to what the others can do to the avatars' pictures: the
# log-determinant of the Gram matrix of each axis's blurred difference, +1 less -1.
_FLOW_8: Final = _part(
    "x-1-1", "y-1-1", "x-1-2", "x-2-2", "y-2-2", "x-3-1", "y-1-3", "scale"
)
_FLOW_12: Final = _part(
    *(axis.name for axis in _FLOW_8), "x-2-1", "y-2-1", "y-1-2", "stretch"
)
_MODULATION: Final = (
    Axis("temperature-down", "looking around, early", "looking closely, early"),
    Axis("temperature-mid", "looking around, midway", "looking closely, midway"),
    Axis("temperature-up", "looking around, late", "looking closely, late"),
    Axis("mixing-down", "parts alike, early", "parts distinct, early"),
    Axis("mixing-mid", "parts alike, midway", "parts distinct, midway"),
    Axis("mixing-up", "parts alike, late", "parts distinct, late"),
    Axis("heads-1", "last heads louder", "first heads louder"),
    Axis("heads-2", "middle heads louder", "outer heads louder"),
    Axis("heads-3", "heads in three bands", "the opposite bands"),
    Axis("heads-4", "heads in four bands", "the opposite bands"),
)
_PLACES: Final = tuple(
    f"{line} {column}"
    for line in ("top", "middle", "bottom")
    for column in ("left", "center", "right")
)
_AFFTPS_24: Final = (
    Axis("rotate", "tilt left", "tilt right"),
    Axis("shear", "top to the right", "top to the left"),
    Axis("width", "narrower", "wider"),
    Axis("height", "shorter", "taller"),
    Axis("across", "to the left", "to the right"),
    Axis("along", "up", "down"),
    *(
        Axis(f"{place.replace(' ', '-')}-{letter}", f"{place} {low}", f"{place} {high}")
        for place in _PLACES
        for letter, low, high in (
            ("x", "to the left", "to the right"),
            ("y", "up", "down"),
        )
    ),
)
AXES: Final = {
    "plain-0@1": (),
    "flow-8@1": _FLOW_8,
    "flow-12@1": _FLOW_12,
    "flow-16@1": _FLOW_16,
    "rope-16@1": _FLOW_16,
    "mw-26@1": _FLOW_16 + _MODULATION,
    "afftps-24@1": _AFFTPS_24,
}
"""Axes of each family by `family@revision`; `plain-0` is the model as it is."""
