"""From a folder on disk to a model in memory."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import diffusers
import torch
from diffusers import (
    DiffusionPipeline,
    FluxPipeline,
    PixArtAlphaPipeline,
    PixArtSigmaPipeline,
    StableDiffusion3Pipeline,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
)
from safetensors import SafetensorError

from multibo.jobs.catalog import ModelSpec
from multibo.render.architectures.flux import Flux
from multibo.render.architectures.pixart import PixArt
from multibo.render.architectures.port import Architecture
from multibo.render.architectures.sd3 import Sd3
from multibo.render.architectures.sd_unet import SdUnet
from multibo.render.architectures.sdxl import SdxlUnet
from multibo.render.errors import ModelFilesError, SchedulerUnsupportedError
from multibo.render.precision import Precision
from multibo.render.schedule import assert_supported

INDEX: Final = "model_index.json"
ADAPTERS: Final[dict[type[DiffusionPipeline], Callable[..., Architecture]]] = {
    StableDiffusionPipeline: SdUnet,
    StableDiffusionXLPipeline: SdxlUnet,
    StableDiffusion3Pipeline: Sd3,
    FluxPipeline: Flux,
    PixArtAlphaPipeline: PixArt,
    PixArtSigmaPipeline: PixArt,
}
"""The stock pipelines whose parts we load, and our adapter of each."""


def load_architecture(model: ModelSpec, precision: Precision) -> Architecture:
    """Load a model and wrap it in the adapter of its kind.

    Args:
        model: the catalog's entry.
        precision: number format and place of the weights.

    Raises:
        ModelFilesError: if the files are missing, damaged, of another architecture or
            in contradiction to the catalog.
    """
    stock = _stock(model)
    parts = load_parts(model, stock, precision)
    for part in parts.components.values():
        if isinstance(part, torch.nn.Module):
            part.eval().requires_grad_(requires_grad=False)
    try:
        assert_supported(parts.scheduler)
        loaded = ADAPTERS[stock](parts, precision.device, model.max_tokens)
    except SchedulerUnsupportedError as error:
        raise ModelFilesError(model.name, str(error)) from error
    _assert_as_in_catalog(model, loaded)
    return loaded


def load_parts(
    model: ModelSpec, stock: type[DiffusionPipeline], precision: Precision
) -> Any:
    """Load weights, tokenizers and scheduler as diffusers ships them.

    Weights may be altered here, before anything is built on them.

    Args:
        model: the catalog's entry.
        stock: the pipeline class that the parts belong to.
        precision: number format and place of the weights.

    Raises:
        ModelFilesError: if a file is missing or damaged.
    """
    diffusers.utils.logging.disable_progress_bar()
    unwanted = {"safety_checker": None} if stock is StableDiffusionPipeline else {}
    try:
        parts = stock.from_pretrained(
            model.path,
            dtype=precision.dtype,
            local_files_only=True,
            low_cpu_mem_usage=False,
            **unwanted,
        )
    except (OSError, ValueError, TypeError, LookupError, SafetensorError) as error:
        raise ModelFilesError(model.name, repr(error)) from error
    _correct_formats(parts, precision)
    return _placed(model, parts, precision)


def _placed(model: ModelSpec, parts: Any, precision: Precision) -> Any:
    if precision.offload == "none":
        return parts.to(precision.device)
    if importlib.util.find_spec("accelerate") is None:
        raise ModelFilesError(
            model.name, f"offload {precision.offload!r} needs `pip install accelerate`"
        )
    if precision.offload == "model":
        parts.enable_model_cpu_offload(device=precision.device)
    else:
        parts.enable_sequential_cpu_offload(device=precision.device)
    return parts


def _correct_formats(parts: Any, precision: Precision) -> None:
    vae = parts.vae
    # As its pipeline does: the decoder of SDXL overflows in half precision.
    upcast = vae.dtype == torch.float16 and vae.config.force_upcast
    if upcast and isinstance(parts, StableDiffusionXLPipeline):
        vae.to(torch.float32)
    transformer = getattr(parts, "transformer", None)
    if transformer is not None and transformer.dtype != precision.dtype:
        transformer.to(precision.dtype)  # that of SD3 is left as it is in its files


def stock_of(folder: Path) -> type[DiffusionPipeline]:
    """Return the class of the stock pipeline in a folder.

    Args:
        folder: holds `model_index.json`.

    Raises:
        OSError: if there is no such file.
        ValueError: if it is no index, or of a pipeline that has no adapter.
    """
    index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    name = index.get("_class_name") if isinstance(index, dict) else None
    for stock in ADAPTERS:
        if stock.__name__ == name:
            return stock
    known = ", ".join(sorted(stock.__name__ for stock in ADAPTERS))
    raise ValueError(f"pipeline {name} is none of {known}")


def _stock(model: ModelSpec) -> type[DiffusionPipeline]:
    if not Path(model.path, INDEX).is_file():
        raise ModelFilesError(model.name, _absent(model))
    try:
        return stock_of(model.path)
    except (OSError, ValueError) as error:
        raise ModelFilesError(model.name, str(error)) from error


def _absent(model: ModelSpec) -> str:
    command = model.loading.fetch_command
    hint = f"; fetch the weights: {command}" if command else ""
    return f"no {INDEX} in {model.path}{hint}"


def _assert_as_in_catalog(model: ModelSpec, loaded: Architecture) -> None:
    pairs = {
        "architecture": (loaded.name, model.architecture),
        "tokens": (loaded.max_tokens, model.max_tokens),
    }
    for what, (found, expected) in pairs.items():
        if found != expected:
            raise ModelFilesError(model.name, f"{what}: {found} against {expected}")
    if model.width_px % loaded.scale_px or model.height_px % loaded.scale_px:
        raise ModelFilesError(
            model.name, f"size_px: sides are no multiples of {loaded.scale_px} px"
        )
