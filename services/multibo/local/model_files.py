"""What the files of a diffusers pipeline say about it, read without loading it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from multibo.local.errors import ModelUnusableError

INDEX: Final = "model_index.json"


@dataclass(frozen=True, slots=True)
class Defaults:
    """Settings that a kind of model is commonly run with."""

    architecture: str
    steps: int
    guidance: float
    max_tokens: int = 0
    """Tokens of a prompt; 0 asks the tokenizer."""
    cells: int = 1
    """Latents per token side that the picture's side has to be a multiple of."""


KINDS: Final = {
    "StableDiffusionPipeline": Defaults("sd-unet", 30, 7.5),
    "StableDiffusionXLPipeline": Defaults("sdxl", 30, 5.0),
    "StableDiffusion3Pipeline": Defaults("sd3", 28, 7.0, max_tokens=256, cells=2),
    "FluxPipeline": Defaults("flux", 28, 3.5, max_tokens=512, cells=2),
    "PixArtAlphaPipeline": Defaults("pixart", 20, 4.5, max_tokens=120, cells=2),
    "PixArtSigmaPipeline": Defaults("pixart", 20, 4.5, max_tokens=300, cells=2),
}
"""By the class that a pipeline's index names."""


@dataclass(frozen=True, slots=True)
class Found:
    """A pipeline on disk."""

    folder: Path
    defaults: Defaults
    side_px: int
    """Side of the pictures it was trained on."""
    scale_px: int
    """Sides are multiples of this."""
    max_tokens: int


def inspect(folder: Path) -> Found:
    """Read what a folder holds.

    Args:
        folder: of a pipeline that diffusers wrote.

    Raises:
        ModelUnusableError: if it holds none that can be warped, or a part is missing.
    """
    kind = _json(folder / INDEX).get("_class_name", "")
    if kind not in KINDS:
        raise ModelUnusableError(
            folder, f"{kind or 'this'} is none of {', '.join(sorted(KINDS))}"
        )
    defaults = KINDS[kind]
    vae = _json(folder / "vae" / "config.json")
    factor = 2 ** (len(vae.get("block_out_channels", ())) - 1)
    return Found(
        folder=folder,
        defaults=defaults,
        side_px=_side(folder, defaults, factor),
        scale_px=factor * defaults.cells,
        max_tokens=defaults.max_tokens or _tokens(folder),
    )


def _side(folder: Path, defaults: Defaults, factor: int) -> int:
    if defaults.architecture == "flux":
        return 1024  # its configuration does not say
    part = "unet" if (folder / "unet").is_dir() else "transformer"
    size = _json(folder / part / "config.json").get("sample_size")
    if not isinstance(size, int):
        raise ModelUnusableError(folder, f"{part}/config.json has no sample_size")
    return size * factor


def _tokens(folder: Path) -> int:
    configuration = _json(folder / "tokenizer" / "tokenizer_config.json")
    tokens = configuration.get("model_max_length")
    if not isinstance(tokens, int):
        raise ModelUnusableError(folder, "the tokenizer names no model_max_length")
    return tokens


def _json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelUnusableError(path.parent, f"no {path.name} there") from error
    except ValueError as error:
        raise ModelUnusableError(path, "it is no JSON") from error
    if not isinstance(document, dict):
        raise ModelUnusableError(path, "it is no JSON object")
    return document
