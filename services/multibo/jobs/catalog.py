"""The models a deployment offers, read from one TOML file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from multibo.jobs.errors import (
    CatalogInvalidError,
    UnknownModelError,
    UnknownWarpSpaceError,
)

BLOCKS: Final = frozenset({"down", "mid", "up"})


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
    """One per axis: the displacement of a coordinate of 1, in image widths."""

    @property
    def dimension(self) -> int:
        """Number of coordinates."""
        return len(self.amplitudes)


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A diffusion model with the settings its sessions start from."""

    name: str
    title: str
    revision: str
    path: Path
    architecture: str
    width_px: int
    height_px: int
    steps: int
    guidance: float
    negative_prompt: str
    max_tokens: int
    default_warp_space: str
    warp_spaces: dict[str, WarpSpaceSpec]
    examples: tuple[str, ...]
    """Prompts that show what the model can do."""

    def warp_space(self, name: str) -> WarpSpaceSpec:
        """Return the warp space called `name`; empty means the default.

        Args:
            name: `family@revision` or "".

        Raises:
            UnknownWarpSpaceError: if the model does not offer it.
        """
        try:
            return self.warp_spaces[name or self.default_warp_space]
        except KeyError:
            raise UnknownWarpSpaceError(
                name, model=self.name, known=tuple(self.warp_spaces)
            ) from None


@dataclass(frozen=True, slots=True)
class Catalog:
    """All models of a deployment, in the order of the file; the first is default."""

    models: dict[str, ModelSpec]

    @property
    def default(self) -> ModelSpec:
        """The first model of the file."""
        return next(iter(self.models.values()))

    def model(self, name: str) -> ModelSpec:
        """Return the model called `name`; empty means the default.

        Args:
            name: a catalog name or "".

        Raises:
            UnknownModelError: if the catalog has no such model.
        """
        if not name:
            return self.default
        try:
            return self.models[name]
        except KeyError:
            raise UnknownModelError(name, known=tuple(self.models)) from None

    @classmethod
    def load(cls, path: Path) -> Catalog:
        """Read a catalog file; model folders are relative to it.

        Args:
            path: a TOML file with a table `models.<name>` per model.

        Raises:
            CatalogInvalidError: if the file is missing, broken or names no model.
        """
        try:
            document = tomllib.loads(path.read_text(encoding="utf-8"))
            models = {
                name: _model(name, table, path.parent)
                for name, table in document["models"].items()
            }
        except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
            raise CatalogInvalidError(f"{path}: {error!r}") from error
        if not models:
            raise CatalogInvalidError(f"{path}: no models")
        return cls(models)


def _model(name: str, table: dict[str, Any], folder: Path) -> ModelSpec:
    spaces = {
        space: _warp_space(space, values)
        for space, values in table["warp_spaces"].items()
    }
    if table["default_warp_space"] not in spaces:
        raise CatalogInvalidError(f"{name}: the default warp space is not listed")
    return ModelSpec(
        name=name,
        title=table["title"],
        revision=str(table["revision"]),
        path=(folder / table["path"]).resolve(),
        architecture=table["architecture"],
        width_px=table["width_px"],
        height_px=table["height_px"],
        steps=table["steps"],
        guidance=float(table["guidance"]),
        negative_prompt=table.get("negative_prompt", ""),
        max_tokens=table["max_tokens"],
        default_warp_space=table["default_warp_space"],
        warp_spaces=spaces,
        examples=tuple(table.get("examples", ())),
    )


def _warp_space(name: str, table: dict[str, Any]) -> WarpSpaceSpec:
    family, _, revision = name.rpartition("@")
    first, last = table["window"]
    blocks = tuple(table["blocks"])
    if not family or not revision.isdecimal():
        raise CatalogInvalidError(f"{name}: a warp space is family@revision")
    if not 0 <= first < last <= 1 or not set(blocks) <= BLOCKS or not blocks:
        raise CatalogInvalidError(f"{name}: window or blocks out of range")
    return WarpSpaceSpec(
        name=name,
        family=family,
        revision=int(revision),
        window=(float(first), float(last)),
        blocks=blocks,
        amplitudes=tuple(float(value) for value in table["amplitudes"]),
    )
