"""Variants of a warp space, rated on the same random vectors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import torch
from torch import Tensor

from multibo.evaluation.calibration.probe import Case, Probe
from multibo.evaluation.calibration.quality import (
    Ordinary,
    Quality,
    mean_quality,
    quality,
)
from multibo.evaluation.metrics import Metric
from multibo.jobs.catalog import WarpSpaceSpec

K: Final = 4
"""Pictures of a slate."""
WINDOWS: Final = ((0.0, 0.2), (0.0, 0.4), (0.0, 0.6), (0.2, 0.6))
BLOCKS: Final = (("down", "mid"), ("up",), ("down", "mid", "up"))


@dataclass(frozen=True, slots=True)
class Rating:
    """What a variant does, over all cases and vectors."""

    effect: float
    """Median distance between a warped picture and the unwarped one."""
    spread: float
    """Mean distance between two pictures of a slate of random vectors."""
    quality: Quality


def variants(space: WarpSpaceSpec) -> dict[str, WarpSpaceSpec]:
    """Return the space with other windows, and with other blocks.

    Args:
        space: a calibration.
    """
    found = {}
    for window in WINDOWS:
        name = f"window {window[0]:g}-{window[1]:g}"
        found[name] = replace(space, window=window)
    for blocks in BLOCKS:
        found[f"blocks {' '.join(blocks)}"] = replace(space, blocks=blocks)
    return {name: variant for name, variant in found.items() if variant != space}


def best(ratings: Mapping[str, Rating], plain: Ordinary) -> str:
    """Return the admissible variant whose slates differ most.

    Args:
        ratings: by name; the first one is what there is.
        plain: of unwarped pictures.

    Returns:
        The first one's name if no other is admissible.
    """
    first = next(iter(ratings))
    admissible = [name for name in ratings if plain.admits(ratings[name].quality)]
    return max(admissible, key=lambda name: ratings[name].spread, default=first)


def rate(
    probe: Probe,
    space: WarpSpaceSpec,
    cases: Sequence[Case],
    vectors: Sequence[Sequence[float]],
    metric: Metric,
    *,
    judged: bool,
) -> Rating:
    """Return what a variant does.

    Args:
        probe: of the model.
        space: the variant.
        cases: prompts and seeds.
        vectors: the same for every variant; consecutive ones make a slate.
        metric: of what people see.
        judged: whether the embedded judge knows such pictures.
    """
    identity = [0.0] * space.dimension
    effects, spreads, qualities = [], [], []
    for case in cases:
        drawn = probe.pictures(space, case, [identity, *vectors])
        plain, warped = drawn[0], drawn[1:]
        effects.append(metric.distances(warped, plain))
        slates = [warped[first : first + K] for first in range(0, len(warped), K)]
        spreads += [spread(slate, metric) for slate in slates]
        qualities.append(
            quality(probe.architecture.vae, warped, case.prompt, judged=judged)
        )
    return Rating(
        effect=float(torch.cat(effects).median()),
        spread=_mean([value for value in spreads if value is not None]),
        quality=mean_quality(qualities),
    )


def spread(slate: Tensor, metric: Metric) -> float | None:
    """Return the mean distance between two pictures; None for a single one.

    Args:
        slate: `n x 3 x height x width` in `[0, 1]`.
        metric: of what people see.
    """
    pairs = [
        metric.distances(slate[:place], slate[place]) for place in range(1, len(slate))
    ]
    return float(torch.cat(pairs).mean()) if pairs else None


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
