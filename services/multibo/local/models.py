"""`multibo models add`: puts a model on disk into the catalog of this machine."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from multibo import pretrained
from multibo.local import model_files
from multibo.local.errors import ModelUnusableError, WeightsNotHereError
from multibo.local.model_files import Found

CATALOG: Final = "catalog.toml"
WARP_SPACE: Final = "flow-16@1"
_AMPLITUDE: Final = 0.1
"""Largest displacement of every axis, in image widths, before anybody calibrated."""
_WINDOW: Final = (0.0, 0.3)
"""The layout of a picture forms in the first third of the steps."""
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")


@dataclass(frozen=True, slots=True)
class NewModel:
    """What the person said about a model; what is None the files or the kind tell."""

    name: str
    folder: Path | None = None
    hub: str = ""
    revision: str = ""
    dtype: str = "auto"
    device: str = "auto"
    offload: str = "none"
    steps: int | None = None
    guidance: float | None = None
    size: tuple[int, int] | None = None
    """Width and height in pixels."""
    negative: str = ""


def catalog_of(state_dir: Path, environment: Mapping[str, str]) -> Path | None:
    """Return the catalog of this machine; None if there is only the embedded one.

    Args:
        state_dir: of the stack.
        environment: its `MULTIBO_CATALOG` goes first.
    """
    named = environment.get("MULTIBO_CATALOG", "")
    own = Path(named) if named else state_dir / CATALOG
    return own if named or own.is_file() else None


def add(new: NewModel, catalog: Path, environment: Mapping[str, str]) -> Found:
    """Write a catalog entry for a model whose weights are here.

    Args:
        new: what to add.
        catalog: the file to extend; made if it is not there, with the embedded models.
        environment: says where the hub's cache is.

    Returns:
        What the model's files say.

    Raises:
        WeightsNotHereError: if the weights of a hub id were not fetched.
        ModelUnusableError: if the files are of no kind that can be warped, or the
            catalog has such a name.
    """
    if not _NAME.fullmatch(new.name):
        raise ModelUnusableError(Path(new.name), "a name is of a-z, 0-9 and -")
    folder = new.folder or hub_folder(new.hub, new.revision, environment)
    found = model_files.inspect(folder.expanduser().absolute())
    for side_px in new.size or ():
        if side_px < 1 or side_px % found.scale_px:
            raise ModelUnusableError(
                folder, f"sides are multiples of {found.scale_px} px"
            )
    text = _header()
    if catalog.is_file():
        text = catalog.read_text(encoding="utf-8")
        if new.name in tomllib.loads(text).get("models", {}):
            raise ModelUnusableError(catalog, f"it has a model {new.name}")
    catalog.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = catalog.with_suffix(".draft")
    draft.write_text(f"{text.rstrip()}\n\n{entry(new, found)}", encoding="utf-8")
    draft.replace(catalog)
    return found


def hub_folder(hub: str, revision: str, environment: Mapping[str, str]) -> Path:
    """Return where the hub's cache keeps a model; nothing is fetched.

    Args:
        hub: `owner/name`.
        revision: commit, branch or tag; the main branch by default.
        environment: HF_HUB_CACHE, else HF_HOME, says where the cache is.

    Raises:
        WeightsNotHereError: if it is not there, with the command that fetches it.
    """
    home = Path(environment.get("HF_HOME") or "~/.cache/huggingface").expanduser()
    cache = Path(environment.get("HF_HUB_CACHE") or home / "hub")
    model = cache / f"models--{hub.replace('/', '--')}"
    reference = model / "refs" / (revision or "main")
    commit = revision
    if reference.is_file():
        commit = reference.read_text(encoding="utf-8").strip()
    folder = model / "snapshots" / commit
    if not commit or not (folder / model_files.INDEX).is_file():
        raise WeightsNotHereError(hub, revision)
    return folder


def entry(new: NewModel, found: Found) -> str:
    """Return the catalog entry of a model, in TOML.

    Args:
        new: what the person said.
        found: what the files say.
    """
    kind = found.defaults
    width_px, height_px = new.size or (found.side_px, found.side_px)
    values: dict[str, Any] = {
        "title": new.name,
        "revision": "1",
        "path": str(found.folder),
        "architecture": kind.architecture,
        "width_px": width_px,
        "height_px": height_px,
        "steps": kind.steps if new.steps is None else new.steps,
        "guidance": kind.guidance if new.guidance is None else new.guidance,
        "negative_prompt": new.negative,
        "max_tokens": found.max_tokens,
        "default_warp_space": WARP_SPACE,
        "dtype": new.dtype,
        "device": new.device,
        "offload": new.offload,
        "golden": False,
        **({"hub": new.hub, "hub_revision": new.revision} if new.hub else {}),
    }
    # A space per kind of calibration; all axes alike until somebody measures.
    space = {
        "window": list(_WINDOW),
        "blocks": ["down", "mid", "up"],
        "amplitudes": [_AMPLITUDE] * 16,
    }
    tables = {
        f"models.{new.name}": values,
        f'models.{new.name}.warp_spaces."{WARP_SPACE}"': space,
    }
    return "\n".join(_table(name, table) for name, table in tables.items())


def _header() -> str:
    embedded = json.dumps(str(pretrained.catalog_path()))
    return (
        "# The models of this machine; the embedded ones come first.\n"
        f"include = [{embedded}]\n"
    )


def _table(name: str, values: Mapping[str, Any]) -> str:
    # Strings, numbers, truth values and lists of them look alike in JSON and TOML.
    lines = [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    return "\n".join([f"[{name}]", *lines, ""])
