"""Hidden utilities with a known optimum, for optimizers that only see choices.

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

PROBLEM_NAMES: Final = (
    "hartmann6",
    "ackley6",
    "levy4",
    "alpine7",
    "warp8",
    "warp12",
    "warp16",
    "warp24",
)

_N_TYPICAL: Final = 4096
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


def problem(name: str, seed: int) -> Problem:
    """Return a problem of `PROBLEM_NAMES`, or one of its families elsewhere.

    Args:
        name: which; a family and a dimension (Hartmann's has 6 only).
        seed: places the optimum and draws what is random about the utility.

    Raises:
        ValueError: if there is no such problem.
    """
    generator = np.random.default_rng([seed, 0])
    family = name.rstrip("0123456789")
    if family not in _FAMILIES or not name.removeprefix(family):
        raise ValueError(f"no problem {name!r}")
    dimension = int(name.removeprefix(family))
    utility = _FAMILIES[family](dimension, generator)
    optimum = _HARTMANN_MAXIMUM if family == "hartmann" else 0.0
    uniform = np.random.default_rng(0).random((_N_TYPICAL, dimension))
    return Problem(
        name, dimension, utility, optimum, float(np.median(utility(uniform)))
    )


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


def _hartmann(
    dimension: int, generator: np.random.Generator
) -> Callable[[Floats], Floats]:
    """Return the function with axes permuted and mirrored at random.

    That moves the optimum; shifting it would push it out of the box.
    """
    if dimension != len(_HARTMANN_PEAKS[0]):
        raise ValueError(f"no problem 'hartmann{dimension}'")
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


def _levy(dimension: int, generator: np.random.Generator) -> Callable[[Floats], Floats]:
    """Return the negated function, ten to each side of its optimum in the box."""
    peak = generator.uniform(0.2, 0.8, dimension)

    def utility(points: Floats) -> Floats:
        w = 1.0 + 5.0 * (points - peak)
        first = np.sin(np.pi * w[:, 0]) ** 2
        waves = 1.0 + 10.0 * np.sin(np.pi * w[:, :-1] + 1.0) ** 2
        middle = ((w[:, :-1] - 1.0) ** 2 * waves).sum(axis=1)
        last = (w[:, -1] - 1.0) ** 2 * (1.0 + np.sin(2.0 * np.pi * w[:, -1]) ** 2)
        value: Floats = -(first + middle + last)
        return value

    return utility


def _alpine(
    dimension: int, generator: np.random.Generator
) -> Callable[[Floats], Floats]:
    """Return the negated first function of that name, the box 20 wide.

    Its optimum is not alone: every zero of `sin z + .1` is as good on its axis.
    """
    peak = generator.uniform(0.3, 0.7, dimension)

    def utility(points: Floats) -> Floats:
        z = 20.0 * (points - peak)
        value: Floats = -np.abs(z * np.sin(z) + 0.1 * z).sum(axis=1)
        return value

    return utility


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A random map from the box to pictures, `tanh(x W + b) V`."""

    inner: Floats
    """`d x hidden`; `x` runs from -1 to 1."""
    offset: Floats
    """`hidden`."""
    outer: Floats
    """`hidden x hidden`."""

    def picture(self, points: Floats) -> Floats:
        """Return the `a x hidden` pictures of `a x d` points of the unit box."""
        hidden = np.tanh((2.0 * points - 1.0) @ self.inner + self.offset)
        seen: Floats = hidden @ self.outer
        return seen


def random_network(dimension: int, generator: np.random.Generator) -> Network:
    """Return a network like a warp: smooth, saturating, with axes of unequal effect.

    Args:
        dimension: of the box.
        generator: of the weights.
    """
    effect = 1.5 * np.exp(0.5 * generator.standard_normal((dimension, 1)))
    inner = generator.standard_normal((dimension, _N_HIDDEN)) * effect
    inner /= np.sqrt(dimension)
    offset = 0.5 * generator.standard_normal(_N_HIDDEN)
    outer = generator.standard_normal((_N_HIDDEN, _N_HIDDEN)) / np.sqrt(_N_HIDDEN)
    return Network(inner, offset, outer)


def network_of(name: str, seed: int) -> Network:
    """Return the network of a warp-like problem, which no optimizer is told.

    Args:
        name: of the problem, as in `warp12`.
        seed: of the problem.

    Raises:
        ValueError: if the problem has none.
    """
    family = name.rstrip("0123456789")
    if family != "warp" or family == name:
        raise ValueError(f"problem {name!r} has no network")
    generator = np.random.default_rng([seed, 0])
    return random_network(int(name.removeprefix(family)), generator)


def _target_distance(
    dimension: int, generator: np.random.Generator
) -> Callable[[Floats], Floats]:
    """Return the negated distance to a hidden point, through a random network.

    Like a warp judged by its picture, and with one target that some point of the box
    reaches exactly.
    """
    network = random_network(dimension, generator)
    target = network.picture(generator.uniform(0.1, 0.9, (1, dimension)))

    def utility(points: Floats) -> Floats:
        value: Floats = -np.linalg.norm(network.picture(points) - target, axis=1)
        return value

    return utility


_FAMILIES: Final = {
    "hartmann": _hartmann,
    "ackley": _ackley,
    "levy": _levy,
    "alpine": _alpine,
    "warp": _target_distance,
}
