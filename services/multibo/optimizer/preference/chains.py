"""Samples of target search's posterior: many short warm-started chains at once.

Hamiltonian Monte Carlo (Duane et al., 1987; Neal, 2011), all chains in one array: a
step costs one evaluation of the density for all of them. The state after a history
is a fold over it. It goes on from the state after a fixed shorter history, so it is a
function of the answers alone, whatever was computed or kept before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from multibo.optimizer.preference.arrays import Floats
from multibo.optimizer.preference.errors import FitFailedError
from multibo.optimizer.preference.target_density import (
    TargetDensity,
    target_prior,
)

N_CHAINS: Final = 48
_N_TRANSITIONS: Final = 7
_N_TRANSITIONS_LATE: Final = 3
_LATE: Final = 96
"""Answers from which each says little that is new, and each step takes long."""
_N_KEPT: Final = 2
"""Trajectories whose ends are draws: the last of them. A slate chosen among few draws
suits those and no others."""
_N_LEAPS: Final = 8
_FIRST_STEP: Final = 0.08
"""In units of the prior's standard deviations."""
_STEP_SPREAD: Final = 0.3
_TARGET_ACCEPTANCE: Final = 0.75
_ADAPTATION: Final = 0.2
_LOST: Final = 25.0
"""Nats below the median at which a chain is lost, and starts anew from another."""
_SEED: Final = 20262  # any constant; the draws must be the same everywhere


@dataclass(frozen=True, slots=True, eq=False)
class Chains:
    """The state of target search's sampler."""

    positions: Floats
    """`D x N_CHAINS` parameters where the next trajectories begin."""
    draws: Floats
    """`D x s` parameters, the latest last; the columns are draws of the posterior."""
    step: float
    """Step size, in units of the prior's standard deviations."""
    n_answers: int
    """Answers the draws are conditioned on."""


def first_chains(dimension: int) -> Chains:
    """Return draws of the prior.

    Args:
        dimension: `d`, axes of the box.
    """
    prior = target_prior(dimension)
    draws = _generator(0).standard_normal((len(prior.mean), N_CHAINS))
    positions = prior.mean + prior.sd * draws
    return Chains(positions, positions, _FIRST_STEP, 0)


def advanced(chains: Chains, density: TargetDensity) -> Chains:
    """Return draws given more answers than before.

    Args:
        chains: draws given fewer answers of the same history.
        density: given all of them.

    Raises:
        FitFailedError: if the arithmetic breaks down.
    """
    n_answers = density.choices.n_answers
    n_transitions = _N_TRANSITIONS_LATE if n_answers > _LATE else _N_TRANSITIONS
    generator = _generator(n_answers)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        walk = _Walk(density, chains.positions, chains.step)
        for _ in range(n_transitions - _N_KEPT):
            walk.transition(generator)
        draws = np.hstack([walk.draw(generator) for _ in range(_N_KEPT)])
    if not np.isfinite(draws).all():
        raise FitFailedError("the chains left the finite numbers")
    return Chains(walk.positions, draws, walk.step, n_answers)


class _Walk:
    """The chains under way."""

    def __init__(self, density: TargetDensity, positions: Floats, step: float) -> None:
        self.positions, self.step = positions, step
        self._density = density
        self._value, self._gradient = density.value_and_gradient(positions)

    def transition(self, generator: np.random.Generator) -> None:
        """Move every chain by one trajectory, or leave it."""
        scale, n_chains = self._density.prior.sd, self.positions.shape[1]
        spread = np.exp(_STEP_SPREAD * generator.standard_normal(n_chains))
        step = self.step * spread * scale
        kick = generator.standard_normal(self.positions.shape)
        place, value, gradient = self.positions, self._value, self._gradient
        momentum = kick + 0.5 * step * gradient
        for leap in range(_N_LEAPS):
            place = place + step * momentum
            value, gradient = self._density.value_and_gradient(place)
            momentum += (1.0 if leap < _N_LEAPS - 1 else 0.5) * step * gradient
        gain = value - self._value
        gain += 0.5 * ((kick * kick).sum(axis=0) - (momentum * momentum).sum(axis=0))
        gain = np.where(np.isfinite(gain), gain, -np.inf)
        taken = np.log(generator.random(n_chains)) < gain
        self.positions = np.where(taken, place, self.positions)
        self._value = np.where(taken, value, self._value)
        self._gradient = np.where(taken, gradient, self._gradient)
        accepted = float(np.exp(np.minimum(gain, 0.0)).mean())
        self.step *= float(np.exp(_ADAPTATION * (accepted - _TARGET_ACCEPTANCE)))

    def draw(self, generator: np.random.Generator) -> Floats:
        """Return where the chains are after one trajectory more, none of them lost."""
        self.transition(generator)
        self.rescue(generator)
        return self.positions

    def rescue(self, generator: np.random.Generator) -> None:
        """Start lost chains anew from others."""
        lost = self._value < np.median(self._value) - _LOST
        if lost.any():
            found = generator.choice(np.flatnonzero(~lost), int(lost.sum()))
            source = np.arange(len(self._value))
            source[lost] = found
            self.positions = self.positions[:, source]
            self._value = self._value[source]
            self._gradient = self._gradient[:, source]


def _generator(n_answers: int) -> np.random.Generator:
    return np.random.default_rng([_SEED, n_answers])
