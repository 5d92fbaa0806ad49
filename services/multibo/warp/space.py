"""The warp space: a box `[-1, 1]^d` with the identity at its center.

Coordinates are stored as integers in units of 1/4096, so that what is rendered is
exactly what the preference model learns from. Needs numpy alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from multibo.warp.errors import UnknownWarpFamilyError, WarpVectorError

QUANTUM: Final = 4096
"""Stored integers per unit: 12 bits are finer than a picture can tell apart."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One coordinate, with words for its two ends."""

    name: str
    low_label: str
    """What the picture's contents tend to do at -1."""
    high_label: str
    """What they tend to do at +1."""


@dataclass(frozen=True, slots=True)
class WarpSpace:
    """The vectors of one warp family at one revision."""

    name: str
    """`family@revision`."""
    axes: tuple[Axis, ...]

    @property
    def dimension(self) -> int:
        """Number of coordinates."""
        return len(self.axes)

    @property
    def identity(self) -> tuple[int, ...]:
        """The quantized vector that leaves the model as it is."""
        return (0,) * self.dimension

    def quantize(self, values: Sequence[float]) -> tuple[int, ...]:
        """Return the stored form of a warp vector.

        Args:
            values: `d` coordinates in `[-1, 1]`.

        Raises:
            WarpVectorError: if the length is wrong, a value is NaN or outside.
        """
        point = np.asarray(values, dtype=np.float64)
        self._check_length(point)
        if not bool(np.all(np.abs(point) <= 1)):  # NaN fails this, too
            raise WarpVectorError(self.name, "a coordinate is outside [-1, 1]")
        return tuple(int(value) for value in np.rint(point * QUANTUM))

    def dequantize(self, stored: Sequence[int]) -> npt.NDArray[np.float64]:
        """Return the coordinates of a stored vector.

        Args:
            stored: `d` integers in `[-4096, 4096]`.

        Returns:
            `d` coordinates in `[-1, 1]`.

        Raises:
            WarpVectorError: if the length is wrong or a value is outside.
        """
        point = np.asarray(stored, dtype=np.float64)
        self._check_length(point)
        if not bool(np.all(np.abs(point) <= QUANTUM)):
            raise WarpVectorError(self.name, f"an integer is outside +-{QUANTUM}")
        return point / QUANTUM

    def _check_length(self, point: npt.NDArray[np.float64]) -> None:
        if point.shape != (self.dimension,):
            raise WarpVectorError(
                self.name,
                f"expected {self.dimension} coordinates, got shape {point.shape}",
            )


def warp_space(family: str, revision: int) -> WarpSpace:
    """Return the space of a warp family.

    Args:
        family: name of the family, such as `flow-16`.
        revision: its revision; a change of formula is a new one.

    Raises:
        UnknownWarpFamilyError: if this version does not have it.
    """
    name = f"{family}@{revision}"
    try:
        return WarpSpace(name, _AXES[name])
    except KeyError:
        raise UnknownWarpFamilyError(name, known=tuple(_AXES)) from None


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
_AXES: Final = {"flow-16@1": _FLOW_16}
