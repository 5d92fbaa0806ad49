"""A slate of four through our renderer against the plain diffusers pipeline.

Timing: paired in one process, in alternating order; the ratio of medians and its 95 %
interval, in wall and in CPU seconds. The plain pipeline runs as diffusers ships it:
float32, guidance, the catalog's steps. Ours runs as a worker does (`auto`), and in
float32 as on a processor without bfloat16. Quality: `speed_quality`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import torch
from diffusers import StableDiffusionPipeline
from PIL import Image
from torch import Tensor

from benchmarks import overhead, speed_quality
from benchmarks.circumstances import circumstances
from benchmarks.speed_quality import Row, Sample
from multibo.evaluation.held_out import half_said
from multibo.jobs.catalog import Catalog, ModelSpec
from multibo.jobs.spec import RenderSpec
from multibo.pretrained import catalog_path
from multibo.render import golden
from multibo.render.noise import seed_noise
from multibo.render.pipelines import Pipeline, load_pipeline
from multibo.render.precision import Precision

Draw: TypeAlias = Callable[[Sequence[str], Sequence[int]], Sequence[Tensor]]
"""From prompts and seeds to pictures, `3 x h x w` in `[0, 1]`."""

K: Final = 4
LIMIT: Final = 0.5
"""Largest acceptable ratio of the renderer as a worker runs it."""
_FIRST_SEED: Final = 70_000
_OTHER_SEEDS: Final = 80_000
_SHEET_COLUMNS: Final = 12


@dataclass(frozen=True, slots=True)
class Sides:
    """The plain pipeline, and ours by the name of its number format."""

    model: ModelSpec
    stock: StableDiffusionPipeline
    ours: Mapping[str, Pipeline]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write the results; return 1 if a bar is missed."""
    options = parser().parse_args(arguments)
    model = Catalog.load(catalog_path()).default
    return run(model, options)


def run(model: ModelSpec, options: argparse.Namespace) -> int:
    """Measure a model and write the results; return 1 if a bar is missed.

    Args:
        model: the catalog's entry, one that the embedded judge knows.
        options: the command line's.
    """
    sides = load_sides(model, options.threads)
    origin = _origin(sides)
    speed = {
        name: overhead.measured(_comparison(sides, pipeline), options.pairs)
        for name, pipeline in sides.ours.items()
    }
    prompts = [half_said(seed) for seed in range(1000, 1000 + options.prompts)]
    rows, samples = quality_rows(sides, prompts)
    document = {
        **origin,
        "pairs": options.pairs,
        "prompts": len(prompts),
        "speed": speed,
        "quality": speed_quality.as_document(rows),
        "equal": equal(rows),
    }
    text = as_text(document, speed_quality.as_table(rows))
    print(text)
    options.out.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    options.out.with_suffix(".md").write_text(text, encoding="utf-8")
    contact_sheet(samples).save(options.out.with_suffix(".png"))
    return int(speed["auto"]["ratio"] > LIMIT or not equal(rows)["auto"])


def load_sides(model: ModelSpec, threads: int | None) -> Sides:
    """Load the plain pipeline and ours in both number formats.

    Args:
        model: the catalog's entry.
        threads: CPU threads of the arithmetic; default as it is.
    """
    stock = StableDiffusionPipeline.from_pretrained(
        model.path,
        safety_checker=None,
        local_files_only=True,
        dtype=torch.float32,
        low_cpu_mem_usage=False,
    )
    stock.set_progress_bar_config(disable=True)
    ours = {
        name: load_pipeline(
            model,
            threads=threads,
            precision=Precision.named(dtype=name, device="cpu"),
        )
        for name in ("auto", "float32")
    }
    return Sides(model, stock, ours)


def quality_rows(
    sides: Sides, prompts: Sequence[str]
) -> tuple[dict[str, Row], dict[str, Sample]]:
    """Return how each side's pictures differ from the stock pipeline's.

    Args:
        sides: what draws.
        prompts: one picture each.
    """
    vae = sides.stock.vae

    def sample(draw: Draw, first_seed: int) -> Sample:
        pictures: list[Tensor] = []
        for first in range(0, len(prompts), K):
            texts = prompts[first : first + K]
            seeds = range(first_seed + first, first_seed + first + len(texts))
            pictures.extend(draw(texts, seeds))
        return speed_quality.judged(vae, pictures, prompts)

    samples = {"stock": sample(_stock_drawing(sides), _FIRST_SEED)}
    for name, pipeline in sides.ours.items():
        samples[name] = sample(_our_drawing(pipeline), _FIRST_SEED)
    samples["stock, other seeds"] = sample(_stock_drawing(sides), _OTHER_SEEDS)
    rows = {
        name: speed_quality.compared(side, samples["stock"])
        for name, side in samples.items()
        if name != "stock"
    }
    return rows, samples


def equal(rows: Mapping[str, Row]) -> dict[str, bool]:
    """Return per side of ours whether it is as good as the stock pipeline.

    Args:
        rows: of `quality_rows`.
    """
    floor = rows["stock, other seeds"]
    return {
        name: speed_quality.is_equal(row, floor)
        for name, row in rows.items()
        if row is not floor
    }


def contact_sheet(samples: Mapping[str, Sample]) -> Image.Image:
    """Return a row of pictures per side, the same prompts below each other.

    Args:
        samples: of `quality_rows`.
    """
    lines = [
        torch.cat(list(side.pictures[:_SHEET_COLUMNS]), dim=2)
        for side in samples.values()
    ]
    pixels = (torch.cat(lines, dim=1) * 255).round().byte()
    return Image.fromarray(pixels.permute(1, 2, 0).numpy())


def as_text(document: Mapping[str, Any], table: str) -> str:
    """Return the results for people.

    Args:
        document: the results.
        table: the quality table.
    """
    lines = [
        "# Speed of the renderer",
        "",
        f"A slate of {K}, {document['steps']} steps, {document['threads']} threads, "
        f"{document['pairs']} pairs; ratio to the plain diffusers pipeline.",
        "",
        "| Ours | wall ratio [95 %] | CPU ratio | ours s | plain s |",
        "|---|---|---|---|---|",
    ]
    for name, one in document["speed"].items():
        low, high = one["interval_95"]
        lines.append(
            f"| {name} | {one['ratio']:.3f} [{low:.3f}, {high:.3f}] "
            f"| {one['cpu']['ratio']:.3f} | {one['ours_s']:.2f} "
            f"| {one['reference_s']:.2f} |"
        )
    lines += [
        "",
        f"Difference to the stock picture over {document['prompts']} held-out prompts, "
        "mean with 95 % interval.",
        "",
        table,
    ]
    return "\n".join(lines) + "\n"


def _origin(sides: Sides) -> dict[str, Any]:
    return {
        **circumstances(sides.ours["auto"], "speed"),
        "batch": K,
        "limits": {"auto": LIMIT},
        "numerics": {name: one.numerics for name, one in sides.ours.items()},
        "threads": torch.get_num_threads(),
    }


def _comparison(sides: Sides, pipeline: Pipeline) -> overhead.Comparison:
    prompt = sides.model.examples[0]
    slate = [_spec(sides.model, prompt, seed) for seed in range(K)]
    return overhead.Comparison(
        "slate",
        lambda: pipeline.render(slate),
        lambda: _stock_drawing(sides)([prompt] * K, range(K)),
    )


def _spec(model: ModelSpec, prompt: str, seed: int) -> RenderSpec:
    return golden.golden_spec(model, prompt=prompt, seed=seed)


def _stock_drawing(sides: Sides) -> Draw:
    model = sides.model
    shape = sides.ours["float32"].architecture.noise_shape(
        model.height_px, model.width_px
    )

    def draw(prompts: Sequence[str], seeds: Sequence[int]) -> Sequence[Tensor]:
        pictures: Tensor = sides.stock(
            prompt=list(prompts),
            latents=torch.stack([seed_noise(seed, shape) for seed in seeds]),
            num_inference_steps=model.steps,
            guidance_scale=model.guidance,
            output_type="pt",
        ).images
        return list(pictures)

    return draw


def _our_drawing(pipeline: Pipeline) -> Draw:
    def draw(prompts: Sequence[str], seeds: Sequence[int]) -> Sequence[Tensor]:
        rows = [
            _spec(pipeline.model, prompt, seed)
            for prompt, seed in zip(prompts, seeds, strict=True)
        ]
        pictures = pipeline.render_pixels(rows)
        return [picture for picture in pictures if picture is not None]

    return draw


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--prompts", type=int, default=64)
    parser.add_argument("--out", type=Path, required=True, help="a .json file")
    parser.add_argument("--threads", type=int, help="CPU threads; default all")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
