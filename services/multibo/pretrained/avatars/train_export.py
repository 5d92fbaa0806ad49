"""The stage `export`: the trained parts as folders that load anywhere."""

import hashlib
import json
from pathlib import Path
from typing import Any, Final

import torch
from diffusers import AutoencoderKL, StableDiffusionPipeline, UNet2DConditionModel
from transformers import CLIPModel, CLIPTextModel

from multibo.pretrained.avatars.train_data import load_tokenizer
from multibo.pretrained.avatars.train_unet import make_scheduler

_SHARD_SIZE: Final = "15MB"
_FILE_MODE: Final = 0o644
_CHUNK_BYTES: Final = 1 << 20


def export(work: Path, out: Path) -> None:
    """Write `pipe/` and `judge/` in half precision, fit to be committed.

    Args:
        work: holds `vae/`, `unet/`, `text_encoder/`, `tokenizer/`, `clip/`.
        out: gets the two folders.
    """
    pipeline = StableDiffusionPipeline(
        vae=AutoencoderKL.from_pretrained(work / "vae"),
        text_encoder=CLIPTextModel.from_pretrained(work / "text_encoder"),
        tokenizer=load_tokenizer(work),
        unet=UNet2DConditionModel.from_pretrained(work / "unet"),
        scheduler=make_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.to(torch.float16).save_pretrained(out / "pipe", max_shard_size=_SHARD_SIZE)
    judge = CLIPModel.from_pretrained(work / "clip").half()
    judge.save_pretrained(out / "judge", max_shard_size=_SHARD_SIZE)
    for path in sorted(out.rglob("*")):
        if path.is_file():
            _tidy(path)


def checksums(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file below a folder, by its path from there.

    Args:
        folder: such as the `out` of `export`.
    """
    return {
        path.relative_to(folder).as_posix(): _digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _tidy(path: Path) -> None:
    """Take out of a file what belongs to the machine that wrote it."""
    path.chmod(_FILE_MODE)  # safetensors writes 0600
    if path.suffix == ".json":
        content = json.loads(path.read_text("utf-8"))
        _drop_build_paths(content)
        text = json.dumps(content, indent=2, ensure_ascii=False)
        path.write_text(f"{text}\n", encoding="utf-8")


def _drop_build_paths(content: Any) -> None:
    if isinstance(content, dict):
        content.pop("_name_or_path", None)
        for value in content.values():
            _drop_build_paths(value)


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
