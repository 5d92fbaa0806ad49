"""The readiness render: a worker draws one known picture before it claims a job."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from torch import Tensor

from multibo.jobs.catalog import ModelSpec
from multibo.jobs.spec import RenderSpec
from multibo.render import images
from multibo.render.errors import GoldenMismatchError, GoldenMissingError
from multibo.render.pipelines import Pipeline

REQUIRED_DB: Final = 35.0
"""Float32 on another machine differs by rounding (far above 60 dB); a wrong weight,
scheduler or guidance lies far below 30 dB."""
_BLANK: Final = 1e-3
"""Spread of the pixels of a picture that shows nothing."""
_PEAK_DB: Final = 99.0
"""Reported for pictures without any difference."""


@dataclass(frozen=True, slots=True)
class Golden:
    """A known picture of one model, the identity warp's."""

    spec: RenderSpec
    pixels: Tensor
    """`3 x h x w` in `[0, 1]`."""


def golden_folder(model: ModelSpec) -> Path:
    """Return where a model's golden picture lies: beside its pipeline.

    Args:
        model: the catalog's entry.
    """
    return model.path.parent / "golden"


def load_golden(model: ModelSpec) -> Golden:
    """Read a model's golden picture and what it was made of.

    Args:
        model: the catalog's entry.

    Raises:
        GoldenMissingError: if there is none, or its files cannot be read.
    """
    folder = golden_folder(model)
    try:
        recipe = tomllib.loads((folder / "golden.toml").read_text(encoding="utf-8"))
        spec = golden_spec(model, prompt=recipe["prompt"], seed=recipe["seed"])
        pixels = images.decode((folder / "reference.png").read_bytes())
    except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
        raise GoldenMissingError(model.name, str(folder)) from error
    return Golden(spec, pixels)


def golden_spec(model: ModelSpec, *, prompt: str, seed: int) -> RenderSpec:
    """Return the spec of a golden picture: the identity warp, the model's settings.

    Args:
        model: the catalog's entry.
        prompt: what to draw.
        seed: of the start noise.
    """
    space = model.warp_space("")
    return RenderSpec(
        model=model.name,
        revision=model.revision,
        prompt=prompt,
        negative_prompt=model.negative_prompt,
        base_seed=seed,
        warp_space=space.name,
        warp=(0,) * space.dimension,
        steps=model.steps,
        guidance=model.guidance,
        width_px=model.width_px,
        height_px=model.height_px,
    )


def write_golden(pipeline: Pipeline, *, prompt: str, seed: int) -> None:
    """Make the golden picture of a new model, or of a new revision of one.

    Args:
        pipeline: the loaded model, known to be sound.
        prompt: what to draw; it must need no escaping in TOML.
        seed: of the start noise.
    """
    folder = golden_folder(pipeline.model)
    folder.mkdir(parents=True, exist_ok=True)
    spec = golden_spec(pipeline.model, prompt=prompt, seed=seed)
    (folder / "reference.png").write_bytes(_render(pipeline, spec))
    (folder / "golden.toml").write_text(
        "# What reference.png shows; all else as in the catalog.\n"
        f'prompt = "{prompt}"\nseed = {seed}\n',
        encoding="utf-8",
    )


def prove(pipeline: Pipeline) -> float:
    """Show that a loaded model draws what it should, before it takes a job.

    Args:
        pipeline: the loaded model.

    Returns:
        PSNR against the golden picture, in dB. A model that comes without one draws a
        picture that nobody can compare; not being blank, it counts as 0 dB.

    Raises:
        GoldenMissingError: if the golden picture that the catalog promises is missing.
        GoldenMismatchError: if the picture is further off than allowed, or blank.
        ImageNotFiniteError: if it has no finite pixels.
    """
    model = pipeline.model
    if model.loading.has_golden:
        return check_golden(pipeline)
    prompt = model.examples[0] if model.examples else ""
    picture = images.decode(
        _render(pipeline, golden_spec(model, prompt=prompt, seed=0))
    )
    if not float(picture.std()) > _BLANK:
        raise GoldenMismatchError(model.name, psnr_db=0.0, required_db=REQUIRED_DB)
    return 0.0


def check_golden(pipeline: Pipeline, *, required_db: float = REQUIRED_DB) -> float:
    """Render the golden picture and return its PSNR against the reference, in dB.

    Args:
        pipeline: the loaded model.
        required_db: least PSNR to accept.

    Raises:
        GoldenMissingError: if the model has no golden picture.
        GoldenMismatchError: if the picture is further off than allowed.
    """
    golden = load_golden(pipeline.model)
    pixels = images.decode(_render(pipeline, golden.spec))
    psnr_db = peak_signal_to_noise_db(pixels, golden.pixels)
    if not psnr_db >= required_db:
        raise GoldenMismatchError(
            pipeline.model.name, psnr_db=psnr_db, required_db=required_db
        )
    return psnr_db


def peak_signal_to_noise_db(first: Tensor, second: Tensor) -> float:
    """Return the PSNR of two pictures, at most 99 dB; 0 dB if their sizes differ.

    Args:
        first: `3 x h x w` in `[0, 1]`.
        second: `3 x h x w` in `[0, 1]`.
    """
    if first.shape != second.shape:
        return 0.0
    error = float((first - second).square().mean())
    if error <= 0:
        return _PEAK_DB
    psnr_db = -10 * math.log10(error)
    return _PEAK_DB if psnr_db > _PEAK_DB else psnr_db  # NaN stays NaN


def _render(pipeline: Pipeline, spec: RenderSpec) -> bytes:
    [image] = [image for image in pipeline.render([spec]) if image is not None]
    return image.file.data
