"""The spaces that sessions of a model may search, as its catalog entry tells."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from multibo.jobs.errors import CatalogInvalidError
from multibo.warp.errors import UnknownWarpFamilyError
from multibo.warp.space import PLAIN, SearchSpace, search_space

BLOCKS: Final = frozenset({"down", "mid", "up"})
_COMPOSITE: Final = re.compile(r"search-(\d+)-(\d+)(?:x(\d+))?@\d+")


@dataclass(frozen=True, slots=True)
class WarpSpaceSpec:
    """A warp family as calibrated for one model."""

    name: str
    """`family@revision`."""
    family: str
    revision: int
    window: tuple[float, float]
    """First and last part of the denoising steps it acts in, within `[0, 1]`."""
    blocks: tuple[str, ...]
    """Where it acts: a subset of down, mid, up."""
    amplitudes: tuple[float, ...]
    """What a coordinate of 1 stands for, one per axis, in the unit of the family."""
    modulation_window: tuple[float, float] | None = None
    """The window of what modulates the attention; that of the rest by default."""
    halves: str = "both"
    """Which predictions of classifier-free guidance are warped: both, or that for the
    prompt alone (`prompt`)."""

    @property
    def dimension(self) -> int:
        """Number of coordinates."""
        return len(self.amplitudes)


@dataclass(frozen=True, slots=True)
class SearchSpaceSpec:
    """What a session of a model may search: a warp space, or one joined with noise."""

    name: str
    """That of the warp space, or `search-<warp axes>-<noise axes>@revision`, where
    noise axes in parts of the picture are written `<columns>x<rows>`."""
    warp: WarpSpaceSpec
    """Its warp part."""
    n_noise: int = 0
    """Number of noise coordinates."""
    noise_angle: float = 0.0
    """Angle that a noise coordinate of 1 stands for, in radians, at most pi / 2."""

    @property
    def dimension(self) -> int:
        """Number of coordinates."""
        return self.warp.dimension + self.n_noise

    @property
    def space(self) -> SearchSpace:
        """The box with its axes."""
        return search_space(
            self.warp.name,
            name=self.name,
            n_noise=self.n_noise,
            noise_angle=self.noise_angle,
        )


def warp_from_table(name: str, table: Mapping[str, Any]) -> WarpSpaceSpec:
    """Return a warp space as a catalog table describes it.

    Args:
        name: `family@revision`.
        table: window, blocks and amplitudes.

    Raises:
        CatalogInvalidError: if there is no such family, or the table contradicts it.
        KeyError: if a value is missing.
    """
    family, _, revision = name.rpartition("@")
    blocks = tuple(table["blocks"])
    if not family or not revision.isdecimal():
        raise CatalogInvalidError(f"{name}: a warp space is family@revision")
    if not set(blocks) <= BLOCKS or not blocks:
        raise CatalogInvalidError(f"{name}: blocks are of down, mid, up")
    own = table.get("modulation_window")
    spec = WarpSpaceSpec(
        name=name,
        family=family,
        revision=int(revision),
        window=_window(name, table["window"]),
        blocks=blocks,
        amplitudes=tuple(float(value) for value in table["amplitudes"]),
        modulation_window=None if own is None else _window(name, own),
        halves=table.get("halves", "both"),
    )
    if spec.halves not in ("both", "prompt"):
        raise CatalogInvalidError(f"{name}: halves is both or prompt")
    try:
        n_axes = search_space(name).dimension
    except UnknownWarpFamilyError as error:
        raise CatalogInvalidError(str(error)) from error
    if spec.dimension != n_axes:
        raise CatalogInvalidError(f"{name}: {n_axes} axes, {spec.dimension} amplitudes")
    return spec


def _window(name: str, given: Sequence[float]) -> tuple[float, float]:
    first, last = given
    if not 0 <= first < last <= 1:
        raise CatalogInvalidError(f"{name}: a window is 0 <= first < last <= 1")
    return float(first), float(last)


def plain_warp() -> dict[str, WarpSpaceSpec]:
    """Return, by its name, the warp part of a search over noise alone."""
    family, _, revision = PLAIN.rpartition("@")
    blocks = ("down", "mid", "up")
    spec = WarpSpaceSpec(PLAIN, family, int(revision), (0.0, 1.0), blocks, ())
    return {PLAIN: spec}


def composite_from_table(
    name: str, table: Mapping[str, Any], warps: Mapping[str, WarpSpaceSpec]
) -> SearchSpaceSpec:
    """Return a composite search space as a catalog table describes it.

    Args:
        name: `search-<warp axes>-<noise axes>@revision`; `2x3` noise axes act in parts
            of the picture, two columns and three rows.
        table: n_noise, noise_angle, and the name of the warp part if there is one.
        warps: the warp spaces of the model, `plain_warp` among them where needed.

    Raises:
        CatalogInvalidError: if the table contradicts the name or the model.
        KeyError: if a value is missing.
    """
    warp = warps.get(table.get("warp", PLAIN))
    if warp is None:
        raise CatalogInvalidError(f"{name}: its warp space is not listed")
    spec = SearchSpaceSpec(
        name=name,
        warp=warp,
        n_noise=table["n_noise"],
        noise_angle=float(table["noise_angle"]),
    )
    numbers = _numbers(name)
    if numbers != (warp.dimension, spec.n_noise):
        raise CatalogInvalidError(
            f"{name}: search-<warp axes>-<noise axes>@revision, the latter a number or "
            "<columns>x<rows>, and it has "
            f"{warp.dimension} and {spec.n_noise}"
        )
    if spec.n_noise < 1 or not 0 < spec.noise_angle <= math.pi / 2:
        raise CatalogInvalidError(
            f"{name}: n_noise is at least 1, noise_angle in (0, pi / 2]"
        )
    return spec


def _numbers(name: str) -> tuple[int, int] | None:
    """Return the warp and noise axes that a composite space's name tells."""
    found = _COMPOSITE.fullmatch(name)
    if not found:
        return None
    n_warp, n_noise, rows = (int(part or 1) for part in found.groups())
    return n_warp, n_noise * rows
