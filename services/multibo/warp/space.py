"""The search space: a box `[-1, 1]^d` with the identity at its center.

A plain space is that of one warp family. A composite one joins the coordinates of a
warp family with noise coordinates, which turn the start noise on its sphere toward
other draws. Coordinates are stored as integers in units of 1/4096, so that what is
rendered is exactly what the preference model learns from. Needs numpy alone.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from multibo.warp.axes import AXES, Axis, noise_axes
from multibo.warp.errors import UnknownWarpFamilyError, WarpVectorError

QUANTUM: Final = 4096
"""Stored integers per unit: 12 bits are finer than a picture can tell apart. Angles
are stored in the same fraction of a radian."""
PLAIN: Final = "plain-0@1"
"""The warp family without coordinates: the warp part of a search over noise alone."""
_IN_PARTS: Final = re.compile(r"search-\d+-([1-9])x([1-9])@\d+")
_MAX_ANGLE: Final = QUANTUM * math.pi / 2


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
        """Return the stored form of a vector.

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


@dataclass(frozen=True, slots=True)
class SearchSpace(WarpSpace):
    """What a session searches: warp coordinates, then noise coordinates."""

    warp_space: str
    """Name of the warp family that takes the warp part."""
    n_noise: int = 0
    """Number of noise coordinates, the last ones."""
    noise_angle: float = 0.0
    """Angle that a noise coordinate of 1 stands for, in radians."""
    parts: tuple[int, int] = (1, 1)
    """Columns and rows of the picture's parts, in each of which some of the noise
    coordinates act: the first in the first, line by line, and round again."""

    def split(self, stored: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return what a stored vector does to the model and to the start noise.

        Beyond a right angle the noise would move back toward where it came from:
        what turns one part of the picture further is shortened, its direction kept.

        Args:
            stored: `d` integers in `[-4096, 4096]`.

        Returns:
            The quantized warp vector of `warp_space`, and `n_noise` angles in units
            of 1/4096 rad, their Euclidean norm at most a right angle in every part.

        Raises:
            WarpVectorError: if the length is wrong or a value is outside.
        """
        point = self.dequantize(stored)
        n_warp = self.dimension - self.n_noise
        angles = np.rint(point[n_warp:] * self.noise_angle * QUANTUM)
        n_parts = self.parts[0] * self.parts[1]
        for part in range(n_parts):
            length = float(np.linalg.norm(angles[part::n_parts]))
            if length > _MAX_ANGLE:
                # Cut, not rounded: the norm must not pass the right angle again.
                shorter = np.trunc(angles[part::n_parts] * (_MAX_ANGLE / length))
                angles[part::n_parts] = shorter
        warp = tuple(int(value) for value in stored[:n_warp])
        return warp, tuple(int(value) for value in angles)


def warp_space(family: str, revision: int) -> WarpSpace:
    """Return the space of a warp family.

    Args:
        family: name of the family, such as `flow-16`.
        revision: its revision; a change of formula is a new one.

    Raises:
        UnknownWarpFamilyError: if this version does not have it.
    """
    return _named(f"{family}@{revision}")


def search_space(
    warp: str, *, name: str = "", n_noise: int = 0, noise_angle: float = 0.0
) -> SearchSpace:
    """Return a search space: a warp family, or one joined with noise coordinates.

    Args:
        warp: `family@revision` of the warp part.
        name: of the space; that of the warp part by default. One such as
            `search-8-2x3@1` says that noise coordinates act in parts of the picture,
            two columns and three rows of them.
        n_noise: number of noise coordinates.
        noise_angle: angle that a noise coordinate of 1 stands for, in radians.

    Raises:
        UnknownWarpFamilyError: if this version does not have the family.
    """
    grid = _IN_PARTS.fullmatch(name)
    parts = (int(grid[1]), int(grid[2])) if grid else (1, 1)
    return SearchSpace(
        name=name or warp,
        axes=(*_named(warp).axes, *noise_axes(n_noise, parts)),
        warp_space=warp,
        n_noise=n_noise,
        noise_angle=noise_angle,
        parts=parts,
    )


def _named(name: str) -> WarpSpace:
    try:
        return WarpSpace(name, AXES[name])
    except KeyError:
        raise UnknownWarpFamilyError(name, known=tuple(AXES)) from None
