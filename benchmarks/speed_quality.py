"""Are the fast pictures as good as the stock pipeline's? Prompts it never saw, paired.

Every side draws the same held-out prompts from the same seeds; each picture is judged
by its prompt (`prompt_agreement`), by what the autoencoder makes of it, and by its
distance to the stock picture (`avatars-patch`). What the stock pipeline itself changes
from one set of seeds to another is the yardstick: a mean that is off by less than
that spread is equal.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from torch import Tensor

from multibo.evaluation.calibration.quality import quality
from multibo.evaluation.judge import AvatarsPatch

_RESAMPLES: Final = 2_000


@dataclass(frozen=True, slots=True)
class Sample:
    """What one side drew: a picture per prompt, and how good each is."""

    pictures: Sequence[Tensor]
    """`3 x h x w` each, in `[0, 1]`."""
    agreement: Sequence[float]
    reconstruction_error: Sequence[float]


@dataclass(frozen=True, slots=True)
class Difference:
    """A mean over prompts with its 95 % bootstrap interval."""

    mean: float
    low: float
    high: float

    @property
    def spread(self) -> float:
        """Half the width of the interval."""
        return (self.high - self.low) / 2


@dataclass(frozen=True, slots=True)
class Row:
    """One side against the stock pipeline on the same seeds."""

    distance: float
    """Mean distance to the stock picture."""
    agreement: Difference
    """Positive is closer to the prompt than the stock picture."""
    reconstruction_error: Difference
    """Positive is further from what the autoencoder can draw."""


def judged(vae: Any, pictures: Sequence[Tensor], prompts: Sequence[str]) -> Sample:
    """Return pictures with their judgments.

    Args:
        vae: the model's autoencoder.
        pictures: `3 x h x w` in `[0, 1]`, one per prompt.
        prompts: what they were asked to show.
    """
    found = [
        quality(vae, picture.unsqueeze(0), prompt)
        for picture, prompt in zip(pictures, prompts, strict=True)
    ]
    return Sample(
        pictures,
        [float(each.agreement or 0.0) for each in found],
        [each.reconstruction_error for each in found],
    )


def compared(side: Sample, stock: Sample) -> Row:
    """Return how a side differs from the stock pipeline.

    Args:
        side: its pictures of the prompts.
        stock: the stock pipeline's, in the same order.
    """
    distances = [
        float(AvatarsPatch().distances(ours.unsqueeze(0), theirs)[0])
        for ours, theirs in zip(side.pictures, stock.pictures, strict=True)
    ]
    return Row(
        statistics.mean(distances),
        difference(side.agreement, stock.agreement),
        difference(side.reconstruction_error, stock.reconstruction_error),
    )


def difference(ours: Sequence[float], theirs: Sequence[float]) -> Difference:
    """Return the mean of paired differences with its 95 % bootstrap interval.

    Args:
        ours: a value per prompt.
        theirs: a value per prompt, in the same order.
    """
    values = [one - other for one, other in zip(ours, theirs, strict=True)]
    chance = random.Random(0)
    means = sorted(
        statistics.fmean(chance.choices(values, k=len(values)))
        for _ in range(_RESAMPLES)
    )
    tail = round(0.025 * _RESAMPLES)
    return Difference(statistics.fmean(values), means[tail], means[-tail - 1])


def is_equal(side: Row, other_seeds: Row) -> bool:
    """Return whether a side is no worse than the spread of the stock pipeline.

    Args:
        side: a fast side.
        other_seeds: the stock pipeline on other seeds.
    """
    return (
        side.agreement.mean >= -other_seeds.agreement.spread
        and side.reconstruction_error.mean <= other_seeds.reconstruction_error.spread
    )


def as_table(rows: dict[str, Row]) -> str:
    """Return the rows as a Markdown table.

    Args:
        rows: by the name of the side.
    """
    lines = [
        "| Pictures | distance to stock | prompt agreement | reconstruction error |",
        "|---|---|---|---|",
    ]
    for name, row in rows.items():
        lines.append(
            f"| {name} | {row.distance:.3f} | {_text(row.agreement)} "
            f"| {_text(row.reconstruction_error)} |"
        )
    return "\n".join(lines)


def as_document(rows: dict[str, Row]) -> dict[str, Any]:
    """Return the rows as JSON values.

    Args:
        rows: by the name of the side.
    """
    return {name: asdict(row) for name, row in rows.items()}


def _text(value: Difference) -> str:
    return f"{value.mean:+.4f} [{value.low:+.4f}, {value.high:+.4f}]"
