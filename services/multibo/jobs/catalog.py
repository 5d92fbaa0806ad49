"""The models a deployment offers, read from one TOML file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from multibo.jobs.errors import (
    CatalogInvalidError,
    UnknownModelError,
    UnknownWarpSpaceError,
)
from multibo.jobs.loading import LoadingSpec, loading_from_table
from multibo.jobs.spaces import (
    SearchSpaceSpec,
    WarpSpaceSpec,
    composite_from_table,
    plain_warp,
    warp_from_table,
)

__all__ = ["Catalog", "ModelSpec", "SearchSpaceSpec", "WarpSpaceSpec"]


@dataclass(frozen=True, slots=True)
class GuidanceDelta:
    """A change of the weights that stands for guidance; one prediction does for two."""

    path: Path
    """The file with the change."""
    guidance: float
    """The one guidance it stands for, with the empty negative prompt."""


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
    """What a session searches that names no space; it may be a composite one."""
    warp_spaces: dict[str, WarpSpaceSpec]
    """What the renderer can do to the model."""
    examples: tuple[str, ...]
    """Prompts that show what the model can do."""
    composites: dict[str, SearchSpaceSpec] = field(default_factory=dict)
    """Warp spaces joined with noise coordinates."""
    casting_rounds: int = 0
    """Judged rounds at most in which a session shows seeds before it warps one."""
    guidance_delta: GuidanceDelta | None = None
    """None if every guided row needs two predictions per step."""
    loading: LoadingSpec = field(default_factory=LoadingSpec)
    """How the weights are loaded."""

    @property
    def search_spaces(self) -> dict[str, SearchSpaceSpec]:
        """All that a session may search: the warp spaces, then the composite ones."""
        plain = {
            name: SearchSpaceSpec(name, warp)
            for name, warp in self.warp_spaces.items()
            if warp.dimension
        }
        return plain | self.composites

    def search_space(self, name: str) -> SearchSpaceSpec:
        """Return the search space called `name`; empty means the default.

        Args:
            name: of a warp space or of a composite one, or "".

        Raises:
            UnknownWarpSpaceError: if the model does not offer it.
        """
        spaces = self.search_spaces
        try:
            return spaces[name or self.default_warp_space]
        except KeyError:
            raise UnknownWarpSpaceError(
                name, model=self.name, known=tuple(spaces)
            ) from None

    def warp_space(self, name: str) -> WarpSpaceSpec:
        """Return the warp space called `name`; empty means that of the default.

        Args:
            name: `family@revision` or "".

        Raises:
            UnknownWarpSpaceError: if the model does not offer it.
        """
        if not name:
            return self.search_space("").warp
        try:
            return self.warp_spaces[name]
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
            path: a TOML file with a table `models.<name>` per model. The models of the
                files listed under `include` come first.

        Raises:
            CatalogInvalidError: if the file is missing, broken or names no model.
        """
        try:
            document = tomllib.loads(path.read_text(encoding="utf-8"))
            models = {
                name: model
                for included in document.get("include", ())
                for name, model in cls.load(path.parent / included).models.items()
            }
            for name, table in document["models"].items():
                models[name] = _model(name, table, path.parent)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CatalogInvalidError(f"{path}: {error!r}") from error
        if not models:
            raise CatalogInvalidError(f"{path}: no models")
        return cls(models)


def _model(name: str, table: dict[str, Any], folder: Path) -> ModelSpec:
    warps = {
        space: warp_from_table(space, values)
        for space, values in table["warp_spaces"].items()
    }
    tables: dict[str, dict[str, Any]] = table.get("search_spaces", {})
    if any("warp" not in values for values in tables.values()):
        warps |= plain_warp()
    composites = {
        space: composite_from_table(space, values, warps)
        for space, values in tables.items()
    }
    model = ModelSpec(
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
        warp_spaces=warps,
        examples=tuple(table.get("examples", ())),
        composites=composites,
        casting_rounds=table.get("casting_rounds", 0),
        guidance_delta=_guidance_delta(name, table, folder),
        loading=loading_from_table(name, table),
    )
    if model.default_warp_space not in model.search_spaces:
        raise CatalogInvalidError(f"{name}: the default warp space is not listed")
    if not isinstance(model.casting_rounds, int) or model.casting_rounds < 0:
        raise CatalogInvalidError(f"{name}: casting_rounds is a number >= 0")
    return model


def _guidance_delta(
    name: str, table: dict[str, Any], folder: Path
) -> GuidanceDelta | None:
    if "guidance_delta" not in table:
        return None
    guidance = float(table["guidance_delta_scale"])
    if not guidance > 1:
        raise CatalogInvalidError(f"{name}: guidance_delta_scale is a number > 1")
    return GuidanceDelta((folder / table["guidance_delta"]).resolve(), guidance)
