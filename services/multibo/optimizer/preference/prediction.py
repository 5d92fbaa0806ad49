"""What the person will answer to a slate, and how good such predictions have been."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from multibo.optimizer.preference.dataset import check_warps, unit_points
from multibo.optimizer.preference.errors import InvalidRequestError
from multibo.optimizer.preference.lapses import LAPSE
from multibo.optimizer.preference.person import (
    UNKNOWN_TEMPERATURE,
    choice_temperature,
)
from multibo.optimizer.preference.portfolio import Portfolio
from multibo.optimizer.preference.replay import answer_probabilities
from multibo.optimizer.preference.slate import ENGINE_VERSION


@dataclass(frozen=True, slots=True)
class Prediction:
    """Probabilities of the answers to a slate; together they sum to 1."""

    slots: tuple[float, ...]
    """That each slot is chosen, in slot order."""
    none_of_these: float
    """0 as long as the person never gave this answer."""
    log_loss: float | None
    """Mean of `-log(probability)` over the answers so far, in nats, each predicted
    from those before it; None before the first."""
    uniform_log_loss: float
    """The same for knowing nothing: `log k`."""
    temperature: float
    """Scale of the person's choice noise, > 0, relative to the rise in utility from a
    typical point of the box to the best; see `choice_temperature`."""
    lapse: float
    """Probability of an answer at random, as far as it was learned."""
    degraded: str = ""
    """Reason, when the model was not asked."""
    engine_version: str = ENGINE_VERSION


def check_slate(
    dimension: int, k: int, slate_warps: tuple[tuple[int, ...], ...]
) -> None:
    """Refuse a slate nobody can answer.

    Args:
        dimension: `d`, length of every warp vector.
        k: slate size of the session.
        slate_warps: what is shown.

    Raises:
        InvalidRequestError: if nothing is shown, or no warp vector, or `k` < 2.
    """
    if k < 2 or not slate_warps:
        raise InvalidRequestError(f"a slate of {len(slate_warps)}, {k} expected")
    check_warps(dimension, slate_warps)


def prediction_of(
    portfolio: Portfolio | None,
    k: int,
    slate_warps: tuple[tuple[int, ...], ...],
    log_losses: Sequence[float],
    *,
    degraded: str = "",
) -> Prediction:
    """Return what is expected of a slate.

    Args:
        portfolio: of the answers before; None for knowing nothing.
        k: slate size of the session.
        slate_warps: what is shown; one warp vector or more.
        log_losses: of the answers before.
        degraded: reason, when the model was not asked.

    Raises:
        FitFailedError: if the arithmetic breaks down.
    """
    slots, none_of_these = answer_probabilities(portfolio, unit_points(slate_warps))
    return Prediction(
        slots=tuple(float(chance) for chance in slots),
        none_of_these=none_of_these,
        log_loss=math.fsum(log_losses) / len(log_losses) if log_losses else None,
        uniform_log_loss=math.log(k),
        temperature=(
            choice_temperature(portfolio) if portfolio else UNKNOWN_TEMPERATURE
        ),
        lapse=portfolio.lapse if portfolio else LAPSE,
        degraded=degraded,
    )
