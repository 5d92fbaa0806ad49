"""What runs amount to: spreads, paired ratios, coverage."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from multibo.evaluation.preferences.runs import Run

SMALLEST_REGRET: Final = 0.001
"""In ratios, less counts as this much: nobody sees the difference."""
_N_RESAMPLES: Final = 4000
_COVERED: Final = 0.95
_STREAM: Final = 23
_FEWEST: Final = 5
"""Seeds without which there is no interval."""
_FEWEST_OF_PROBLEM: Final = 3
"""Seeds of each problem without which all runs are resampled together."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Regrets of one rival, on one problem, with one kind of person."""

    n_seeds: int
    median: float
    lower_quartile: float
    upper_quartile: float
    high: float
    """The 90th percentile."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """One optimizer's regret in units of another's, on the same seeds."""

    n_runs: int
    n_won: int
    """Runs of the first with less regret."""
    ratio: float
    """Geometric mean; below 1 the first is better."""
    low: float | None
    """Lower end of its 95 % bootstrap interval; None where seeds are too few."""
    high: float | None


def chosen(runs: Iterable[Run], *, rival: str, person: str, problem: str) -> list[Run]:
    """Return the runs of one place of the table, by seed.

    Args:
        runs: of a study.
        rival: by name.
        person: kind.
        problem: by name.
    """
    wanted = (problem, person, rival)
    found = [
        run
        for run in runs
        if (run.cell.problem, run.cell.person, run.cell.rival) == wanted
    ]
    return sorted(found, key=lambda run: run.cell.seed)


def spread(regrets: Sequence[float]) -> Spread:
    """Return the spread of regrets.

    Args:
        regrets: one or more.
    """
    low, median, high, highest = np.quantile(regrets, (0.25, 0.5, 0.75, 0.9))
    return Spread(len(regrets), float(median), float(low), float(high), float(highest))


def ratio(pairs: Sequence[Sequence[tuple[float, float]]]) -> Ratio | None:
    """Return how one optimizer's regret compares with another's.

    Every problem weighs the same, however many seeds it has. The interval resamples
    seeds within each problem; where some have hardly any, all runs together.

    Args:
        pairs: per problem, the first's and the second's regret on the same seeds.

    Returns:
        None if there is no pair.
    """
    logs = [
        np.log(np.maximum(np.array(of_problem), SMALLEST_REGRET))
        for of_problem in pairs
        if of_problem
    ]
    if not logs:
        return None
    differences = [each[:, 0] - each[:, 1] for each in logs]
    low, high = _interval(differences)
    return Ratio(
        n_runs=sum(map(len, differences)),
        n_won=int(sum((each < 0).sum() for each in differences)),
        ratio=float(np.exp(np.mean([each.mean() for each in differences]))),
        low=low,
        high=high,
    )


def _interval(
    differences: Sequence[NDArray[np.float64]],
) -> tuple[float, float] | tuple[None, None]:
    """Return the bootstrap interval of a ratio, from differences of logarithms."""
    if sum(map(len, differences)) < _FEWEST:
        return None, None
    if min(map(len, differences)) < _FEWEST_OF_PROBLEM:
        differences = [np.concatenate(differences)]
    source = np.random.default_rng(_STREAM)
    resampled = [
        each[source.integers(len(each), size=(_N_RESAMPLES, len(each)))].mean(axis=1)
        for each in differences
    ]
    tail = (1.0 - _COVERED) / 2.0
    low, high = np.quantile(np.mean(resampled, axis=0), (tail, 1.0 - tail))
    return float(np.exp(low)), float(np.exp(high))


def paired(
    first: Sequence[Run], second: Sequence[Run], n_queries: int
) -> list[tuple[float, float]]:
    """Return the regrets of both on the seeds both have.

    Args:
        first: of one place of the table.
        second: of another, same problem and person.
        n_queries: after how many.
    """
    theirs = {run.cell.seed: run.after(n_queries).predicted for run in second}
    return [
        (run.after(n_queries).predicted, theirs[run.cell.seed])
        for run in first
        if run.cell.seed in theirs
    ]


def coverage(runs: Sequence[Run], n_queries: int) -> float | None:
    """Return the share of runs that stay within the bound they gave.

    Args:
        runs: of one optimizer.
        n_queries: after how many.

    Returns:
        None if none gave a bound.
    """
    standings = [run.after(n_queries) for run in runs]
    within = [s.predicted <= s.bound for s in standings if s.bound is not None]
    return float(np.mean(within)) if within else None
