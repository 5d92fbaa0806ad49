"""What our loop and the warp cost, as ratios of paired timings in one process.

`loop`: a slate of four through `Pipeline.render` (PNG and features included) against
the stock pipeline for four images of the same size. `warp`: a warped batch against the
same batch with `warp=None`, without the decoder. The sides of a pair run one after the
other, in alternating order, so that a busy machine slows both. CPU seconds stand beside
wall seconds: with `--threads 1` they hardly feel what else the machine does.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeAlias

import torch
from diffusers import StableDiffusionPipeline

from benchmarks.circumstances import circumstances
from multibo.jobs.catalog import Catalog, ModelSpec
from multibo.jobs.spec import RenderSpec
from multibo.pretrained import catalog_path
from multibo.render import denoise, golden
from multibo.render.noise import seed_noise, start_noise
from multibo.render.pipelines import Pipeline, load_pipeline
from multibo.warp.parametrization import WarpFamily, plan
from multibo.warp.space import QUANTUM, warp_space

Clock: TypeAlias = Callable[[], tuple[float, float]]

K: Final = 4
WARM_UPS: Final = 2
LIMITS: Final = {"loop": 1.3, "warp": 1.03}
"""Largest acceptable median ratios."""
_RESAMPLES: Final = 2_000


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two ways of doing the same work."""

    name: str
    ours: Callable[[], object]
    reference: Callable[[], object]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the comparisons and write the results; return 1 if a limit is exceeded."""
    options = _parser().parse_args(arguments)
    # Two predictions per step, as the stock pipeline makes them: `speed` has the rest.
    model = replace(Catalog.load(catalog_path()).default, guidance_delta=None)
    pipeline = load_pipeline(model, threads=options.threads)
    comparisons = [
        _loop(pipeline, model, identity=False),
        _loop(pipeline, model, identity=True),
        _warp(pipeline, model, window=None),
        _warp(pipeline, model, window=(0.0, 1.0)),
    ]
    origin = circumstances(
        pipeline, "overhead"
    )  # before the work: the checkout may move on
    results = {}
    for comparison in comparisons:
        results[comparison.name] = measured(comparison, options.pairs)
        print(comparison.name, json.dumps(results[comparison.name]))
    document = {**origin, "pairs": options.pairs, "results": results}
    options.out.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return int(any(results[name]["ratio"] > limit for name, limit in LIMITS.items()))


def now() -> tuple[float, float]:
    """Return wall and CPU seconds of this process, each since some moment."""
    return time.perf_counter(), time.process_time()


def measured(
    comparison: Comparison, n_pairs: int, clock: Clock = now
) -> dict[str, Any]:
    """Time a comparison and summarize it.

    Args:
        comparison: what to time.
        n_pairs: pairs after the warm-ups.
        clock: wall and CPU seconds since any moment.

    Returns:
        Median ratio, its 95 % bootstrap interval, and the median seconds of each side;
        the same in CPU seconds under `cpu`.
    """
    turns = range(n_pairs + WARM_UPS)
    pairs = [_pair(comparison, turn, clock) for turn in turns][WARM_UPS:]
    wall, cpu = (
        _summary([(ours[kind], reference[kind]) for ours, reference in pairs])
        for kind in (0, 1)
    )
    return {**wall, "cpu": cpu}


def _summary(pairs: Sequence[tuple[float, float]]) -> dict[str, Any]:
    ratios = [ours / reference for ours, reference in pairs]
    low, high = median_interval(ratios)
    return {
        "ratio": round(statistics.median(ratios), 4),
        "interval_95": [round(low, 4), round(high, 4)],
        "ours_s": round(statistics.median(ours for ours, _ in pairs), 4),
        "reference_s": round(statistics.median(other for _, other in pairs), 4),
    }


def median_interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % percentile bootstrap interval of the median.

    Args:
        values: the sample.
    """
    chance = random.Random(0)
    medians = sorted(
        statistics.median(chance.choices(values, k=len(values)))
        for _ in range(_RESAMPLES)
    )
    tail = round(0.025 * _RESAMPLES)
    return medians[tail], medians[-tail - 1]


def _pair(
    comparison: Comparison, turn: int, clock: Clock
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return seconds of ours and of the reference; each goes first in turn."""
    if turn % 2:
        reference = _seconds(comparison.reference, clock)
        return _seconds(comparison.ours, clock), reference
    ours = _seconds(comparison.ours, clock)
    return ours, _seconds(comparison.reference, clock)


def _seconds(work: Callable[[], object], clock: Clock = now) -> tuple[float, float]:
    wall_s, cpu_s = clock()
    work()
    wall_end_s, cpu_end_s = clock()
    return wall_end_s - wall_s, cpu_end_s - cpu_s


def _slate(model: ModelSpec, chance: random.Random | None) -> list[RenderSpec]:
    spec = golden.golden_spec(model, prompt=model.examples[0], seed=11)
    if chance is None:
        return [replace(spec, base_seed=seed) for seed in range(K)]
    return [replace(spec, warp=_vector(chance, len(spec.warp))) for _ in range(K)]


def _vector(chance: random.Random, dimension: int) -> tuple[int, ...]:
    return tuple(chance.randint(-QUANTUM, QUANTUM) for _ in range(dimension))


def _stock(model: ModelSpec) -> Callable[[], object]:
    stock = StableDiffusionPipeline.from_pretrained(
        model.path, safety_checker=None, local_files_only=True
    ).to(torch.float32)
    stock.set_progress_bar_config(disable=True)
    shape = _latent_shape(stock, model)

    def render() -> object:
        noise = [seed_noise(seed, shape) for seed in range(K)]
        return stock(
            prompt=model.examples[0],
            num_images_per_prompt=K,
            latents=torch.stack(noise),
            num_inference_steps=model.steps,
            guidance_scale=model.guidance,
        )

    return render


def _latent_shape(
    parts: StableDiffusionPipeline, model: ModelSpec
) -> tuple[int, int, int]:
    factor = parts.vae_scale_factor
    channels = int(parts.unet.config.in_channels)
    return channels, model.height_px // factor, model.width_px // factor


def _loop(pipeline: Pipeline, model: ModelSpec, *, identity: bool) -> Comparison:
    """Our loop; under the identity its pictures are the stock pipeline's to the bit."""
    chance = None if identity else random.Random(1)
    return Comparison(
        "loop_identity" if identity else "loop",
        lambda: pipeline.render(_slate(model, chance)),
        _stock(model),
    )


def _warp(
    pipeline: Pipeline, model: ModelSpec, window: tuple[float, float] | None
) -> Comparison:
    """A warped batch against `warp=None`, from noise to the last latent."""
    architecture = pipeline.architecture
    family = _family(model, window)
    shape = architecture.noise_shape(model.height_px, model.width_px)
    chance = random.Random(2)

    def batch() -> denoise.Batch:
        return denoise.start_batch(
            [
                denoise.Row(
                    spec=row,
                    vector=tuple(value / QUANTUM for value in row.warp),
                    prompt=pipeline.embeddings.encode(row.prompt),
                    negative=pipeline.embeddings.encode(row.negative_prompt),
                    noise=start_noise(row, shape),
                )
                for row in _slate(model, chance)
            ]
        )

    @torch.inference_mode()
    def run(family: WarpFamily) -> object:
        return denoise.denoise(architecture, family, batch())

    never = replace(family, window=(0.0, 0.0))
    name = "warp" if window is None else "warp_in_all_steps"
    return Comparison(name, lambda: run(family), lambda: run(never))


def _family(model: ModelSpec, window: tuple[float, float] | None) -> WarpFamily:
    spec = model.warp_space("")
    return WarpFamily(
        space=warp_space(spec.family, spec.revision),
        window=window or spec.window,
        blocks=spec.blocks,
        amplitudes=spec.amplitudes,
    )


def _plan_s(model: ModelSpec) -> float:
    """Return the median CPU seconds of planning a slate for 256 and 64 tokens."""
    family = _family(model, window=None)
    chance = random.Random(3)
    vectors = [[chance.uniform(-1, 1) for _ in family.amplitudes] for _ in range(K)]
    return statistics.median(
        _seconds(lambda: plan(family, vectors, [(16, 16), (8, 8)], n_copies=2))[1]
        for _ in range(20)
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=30)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, help="CPU threads; default all")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
