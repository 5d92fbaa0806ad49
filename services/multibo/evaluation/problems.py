"""Hidden utilities with a known optimum, and a simulated user who compares them.

No images: these problems rank preferential optimizers cheaply. Points lie in the
unit box; a problem is drawn by its seed, so that no optimizer can learn it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PROBLEM_NAMES: Final = ("hartmann6", "ackley6", "warp12", "warp16")

_N_TYPICAL: Final = 4096
_N_CALIBRATION_SLATES: Final = 3000
_N_BISECTIONS: Final = 40
_N_HIDDEN: Final = 64


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """A utility over the unit box, to be maximized."""

    name: str
    dimension: int
    utility: Callable[[Floats], Floats]
    """Maps `a x d` points to `a` utilities."""
    optimum: float
    """The highest utility in the box."""
    typical: float
    """The median utility of uniformly drawn points."""

    def regret(self, points: Floats) -> Floats:
        """Return how far points fall short: 0 at the optimum, 1 at a typical point.

        Args:
            points: `a x d` points of the unit box.
        """
        gap = self.optimum - self.utility(points)
        regret: Floats = gap / (self.optimum - self.typical)
        return regret


@dataclass(slots=True)
class ComparingUser:
    """Picks one of the shown points by utility plus Gumbel noise."""

    problem: Problem
    temperature: float
    """Scale of the choice noise, in units of utility; 0 always picks the best."""
    generator: np.random.Generator

    def choose(self, points: Floats) -> int:
        """Return the slot picked of `k x d` shown points."""
        noise = self.generator.gumbel(size=len(points))
        utility = self.problem.utility(points) + self.temperature * noise
        return int(utility.argmax())


def problem(name: str, seed: int) -> Problem:
    """Return a problem of `PROBLEM_NAMES`, or `warp<d>` of any dimension.

    Args:
        name: which.
        seed: places the optimum and draws what is random about the utility.

    Raises:
        ValueError: if there is no such problem.
    """
    generator = np.random.default_rng([seed, 0])
    if name == "hartmann6":
        dimension, utility, optimum = 6, _hartmann(generator), _HARTMANN_MAXIMUM
    elif name == "ackley6":
        dimension, utility, optimum = 6, _ackley(6, generator), 0.0
    elif name.removeprefix("warp").isdecimal() and name.startswith("warp"):
        dimension = int(name.removeprefix("warp"))
        utility, optimum = _target_distance(dimension, generator), 0.0
    else:
        raise ValueError(f"no problem {name!r}")
    uniform = np.random.default_rng(0).random((_N_TYPICAL, dimension))
    return Problem(
        name, dimension, utility, optimum, float(np.median(utility(uniform)))
    )


def choice_temperature(problem: Problem, *, k: int, accuracy: float) -> float:
    """Return the noise at which random slates are answered right so often.

    Args:
        problem: the utility compared.
        k: slate size.
        accuracy: share of slates in which the best slot is picked, above `1 / k`.
    """
    uniform = np.random.default_rng(1).random(
        (_N_CALIBRATION_SLATES * k, problem.dimension)
    )
    utility = problem.utility(uniform).reshape(-1, k)
    margins = utility - utility.max(axis=1, keepdims=True)
    low, high = 1e-6, 1e3
    for _ in range(_N_BISECTIONS):
        middle = float(np.sqrt(low * high))
        right = (1.0 / np.exp(margins / middle).sum(axis=1)).mean()
        low, high = (middle, high) if right > accuracy else (low, middle)
    return float(np.sqrt(low * high))


# Hartmann's six-dimensional function; constants and maximum of its definition.
_HARTMANN_MAXIMUM: Final = 3.32236801141551
_HARTMANN_HEIGHTS: Final = (1.0, 1.2, 3.0, 3.2)
_HARTMANN_RATES: Final = (
    (10.0, 3.0, 17.0, 3.5, 1.7, 8.0),
    (0.05, 10.0, 17.0, 0.1, 8.0, 14.0),
    (3.0, 3.5, 1.7, 10.0, 17.0, 8.0),
    (17.0, 8.0, 0.05, 10.0, 0.1, 14.0),
)
_HARTMANN_PEAKS: Final = (
    (0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886),
    (0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991),
    (0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650),
    (0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381),
)


def _hartmann(generator: np.random.Generator) -> Callable[[Floats], Floats]:
    """Return the function with axes permuted and mirrored at random."""
    order = generator.permutation(6)
    mirrored = generator.random(6) < 0.5
    heights = np.array(_HARTMANN_HEIGHTS)
    rates, peaks = np.array(_HARTMANN_RATES), np.array(_HARTMANN_PEAKS)

    def utility(points: Floats) -> Floats:
        placed = np.where(mirrored, 1.0 - points, points)[:, order]
        squared = (placed[:, None, :] - peaks) ** 2
        value: Floats = np.exp(-(rates * squared).sum(axis=2)) @ heights
        return value

    return utility


def _ackley(
    dimension: int, generator: np.random.Generator
) -> Callable[[Floats], Floats]:
    """Return the negated function with its optimum drawn inside the box."""
    peak = generator.uniform(0.2, 0.8, dimension)

    def utility(points: Floats) -> Floats:
        offset = 4.0 * (points - peak)
        bowl = 20.0 * np.exp(-0.2 * np.sqrt((offset**2).mean(axis=1)))
        ripple = np.exp(np.cos(2.0 * np.pi * offset).mean(axis=1))
        value: Floats = bowl + ripple - 20.0 - np.e
        return value

    return utility


def _target_distance(
    dimension: int, generator: np.random.Generator
) -> Callable[[Floats], Floats]:
    """Return the negated distance to a hidden point, through a random network.

    Like a warp judged by its picture: smooth, saturating, with axes of unequal
    effect (lognormal), and one target that some point of the box reaches exactly.
    """
    effect = 1.5 * np.exp(0.5 * generator.standard_normal((dimension, 1)))
    inner = generator.standard_normal((dimension, _N_HIDDEN)) * effect
    inner /= np.sqrt(dimension)
    offset = 0.5 * generator.standard_normal(_N_HIDDEN)
    outer = generator.standard_normal((_N_HIDDEN, _N_HIDDEN)) / np.sqrt(_N_HIDDEN)

    def picture(points: Floats) -> Floats:
        seen: Floats = np.tanh((2.0 * points - 1.0) @ inner + offset) @ outer
        return seen

    target = picture(generator.uniform(0.1, 0.9, (1, dimension)))

    def utility(points: Floats) -> Floats:
        value: Floats = -np.linalg.norm(picture(points) - target, axis=1)
        return value

    return utility
