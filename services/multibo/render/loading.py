"""From a folder on disk to a model in memory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import diffusers
import torch
from diffusers import DiffusionPipeline, StableDiffusionPipeline
from safetensors import SafetensorError

from multibo.jobs.catalog import ModelSpec
from multibo.render.architectures.port import Architecture
from multibo.render.architectures.sd_unet import SdUnet
from multibo.render.errors import ModelFilesError, SchedulerUnsupportedError
from multibo.render.precision import Precision
from multibo.render.schedule import assert_supported

INDEX: Final = "model_index.json"
_KINDS: Final = {"sd-unet": (StableDiffusionPipeline, SdUnet)}
"""By the catalog's name of an architecture: the stock pipeline, and our adapter."""
_ARCHITECTURES: Final = {stock.__name__: name for name, (stock, _) in _KINDS.items()}


def load_architecture(model: ModelSpec, precision: Precision) -> Architecture:
    """Load a model and wrap it in the adapter of its kind.

    Args:
        model: the catalog's entry.
        precision: number format and place of the weights.

    Raises:
        ModelFilesError: if the files are missing, damaged, of another architecture or
            in contradiction to the catalog.
    """
    stock, adapter = _kind(model)
    parts = load_parts(model, stock, precision)
    for part in parts.components.values():
        if isinstance(part, torch.nn.Module):
            part.eval().requires_grad_(requires_grad=False)
    loaded: Architecture = adapter(parts, precision.device)
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
    return parts.to(precision.device)


def architecture_of(folder: Path) -> str:
    """Return the architecture of the pipeline in a folder.

    Args:
        folder: holds `model_index.json`.

    Raises:
        OSError: if there is no such file.
        ValueError: if it is no index, or of a pipeline that has no adapter.
    """
    index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    stock = index.get("_class_name") if isinstance(index, dict) else None
    if stock not in _ARCHITECTURES:
        known = ", ".join(sorted(_ARCHITECTURES))
        raise ValueError(f"pipeline {stock} is none of {known}")
    return _ARCHITECTURES[stock]


def _kind(model: ModelSpec) -> Any:
    if not Path(model.path, INDEX).is_file():
        raise ModelFilesError(model.name, f"no {INDEX} in {model.path}")
    try:
        found = architecture_of(model.path)
    except (OSError, ValueError) as error:
        raise ModelFilesError(model.name, str(error)) from error
    if found != model.architecture:
        raise ModelFilesError(
            model.name, f"architecture: {found} against {model.architecture}"
        )
    return _KINDS[found]


def _assert_as_in_catalog(model: ModelSpec, loaded: Architecture) -> None:
    if loaded.max_tokens != model.max_tokens:
        raise ModelFilesError(
            model.name, f"tokens: {loaded.max_tokens} against {model.max_tokens}"
        )
    if model.width_px % loaded.scale_px or model.height_px % loaded.scale_px:
        raise ModelFilesError(
            model.name, f"size_px: sides are no multiples of {loaded.scale_px} px"
        )
    try:
        assert_supported(loaded.scheduler)
    except SchedulerUnsupportedError as error:
        raise ModelFilesError(model.name, str(error)) from error
