"""Trains a model's guidance delta: `python -m multibo.render.training --help`.

The embedded model's was made with the defaults, on one CPU core with bfloat16; what a
second run makes is alike, not the same bytes, because it ends when its time is spent.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from multibo.jobs.catalog import Catalog, ModelSpec
from multibo.pretrained import catalog_path
from multibo.pretrained.avatars.dataset import training_prompts
from multibo.render.low_rank import write_delta
from multibo.render.pipelines import load_pipeline
from multibo.render.precision import Precision
from multibo.render.training.guidance import Recipe, distill


def train(model: ModelSpec, out: Path, recipe: Recipe, *, n_prompts: int) -> None:
    """Train a delta and write it.

    Args:
        model: the catalog's entry; a delta it already has is not used.
        out: the file to write.
        recipe: sizes and limits.
        n_prompts: captions of training drawings to learn from.
    """
    pipeline = load_pipeline(
        replace(model, guidance_delta=None),
        precision=Precision.named(dtype="auto", device="cpu"),
    )
    prompts = [
        pipeline.embeddings.encode(text).tensors["states"]
        for text in training_prompts(n_prompts, seed=5)
    ]
    family = pipeline.family(model.warp_space("").name)
    write_delta(out, distill(pipeline.architecture, family, prompts, recipe, seed=1))


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and train.

    Args:
        arguments: those of the process if None.
    """
    parser = argparse.ArgumentParser(
        prog="python -m multibo.render.training",
        description="Train the guidance delta of the embedded model.",
    )
    parser.add_argument("--out", type=Path, default=Path("out/guidance.safetensors"))
    parser.add_argument("--catalog", type=Path, default=catalog_path())
    parser.add_argument("--model", default="", help="default: the catalog's first")
    parser.add_argument("--prompts", type=int, default=5000)
    parser.add_argument("--minutes", type=float, default=35.0)
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO)
    model = Catalog.load(given.catalog).model(given.model)
    recipe = Recipe(
        guidance=model.guidance,
        denoising_steps=model.steps,
        side_px=model.width_px,
        limit_s=given.minutes * 60,
    )
    given.out.parent.mkdir(parents=True, exist_ok=True)
    train(model, given.out, recipe, n_prompts=given.prompts)


if __name__ == "__main__":
    main()
