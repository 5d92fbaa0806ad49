"""The likelihood of the answers: multinomial logits (McFadden, 1974).

One contest with utilities `f` and shares `w` of the win has the log-likelihood
`sum_i w_i f_i - log sum_i exp(f_i)`, which is concave. With one winner it is a
choice, and the contests of a ranking multiply to Plackett-Luce (Plackett, 1975).
What was not shown does not enter. Utilities are in logits: the choice noise has
temperature one, and the kernel's output scale carries how decisive the person is.

A tie shares the win evenly: the mean of `log P(i is first)` over its members. The
logarithm of the sum, "one of them is first", is never below it (Jensen, up to a
constant) and as large only where the members are equally good. It is rejected: it
is not concave, says nothing when all are tied, and makes the posterior believe that
one of the tied is far better than the others. The even share pulls them together
(the numerator of Firth, Kosmidis and Turner's Davidson-Luce model, 2019).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from multibo.optimizer.preference.arrays import Floats, Ints
from multibo.optimizer.preference.dataset import Choices


@dataclass(frozen=True, slots=True, eq=False)
class ChoiceProbabilities:
    """What a utility says about the recorded contests."""

    log_likelihood: float
    slots: Floats
    """`n x k` probability of each entrant to win; 0 for an absent one."""


def choice_probabilities(utility: Floats, choices: Choices) -> ChoiceProbabilities:
    """Return the log-likelihood and every entrant's probability to win.

    Args:
        utility: one per distinct point, then the outside option's if it takes part.
        choices: the recorded contests.
    """
    shown = np.where(choices.present, utility[choices.slates], -np.inf)
    shown = shown - shown.max(axis=1, keepdims=True)
    weight = np.exp(shown)
    total = weight.sum(axis=1)
    won = (choices.shares * np.where(choices.present, shown, 0.0)).sum(axis=1)
    log_prob = won - np.log(total)
    return ChoiceProbabilities(float(log_prob.sum()), weight / total[:, None])


def likelihood_gradient(slots: Floats, choices: Choices) -> Floats:
    """Return the gradient of the log-likelihood in the utilities.

    Args:
        slots: `n x k` probabilities of the entrants at the utility.
        choices: the recorded contests.

    Returns:
        A derivative per utility: times won minus times expected.
    """
    m = choices.n_utilities
    won = _by_point(choices.shares, choices.slates, m)
    return won - _by_point(slots, choices.slates, m)


def likelihood_curvature(slots: Floats, choices: Choices) -> Floats:
    """Return the negative Hessian of the log-likelihood, positive semidefinite.

    Each contest adds `diag(p) - p p'` over its entrants, whoever won.

    Args:
        slots: `n x k` probabilities of the entrants at the utility.
        choices: the recorded contests.

    Returns:
        `m x m` matrix, `m` utilities.
    """
    m = choices.n_utilities
    k = slots.shape[1]
    blocks = slots[:, :, None] * (np.eye(k) - slots[:, None, :])
    cells = choices.slates[:, :, None] * m + choices.slates[:, None, :]
    return _by_point(blocks, cells, m * m).reshape(m, m)


def curvature_trace_gradient(
    slots: Floats, choices: Choices, covariance: Floats
) -> Floats:
    """Return the gradient of `trace(covariance @ curvature)` in the utilities.

    The third derivative of the log-likelihood, contracted with a covariance that
    is held constant; the Laplace evidence needs it.

    Args:
        slots: `n x k` probabilities of the entrants at the utility.
        choices: the recorded contests.
        covariance: `m x m` symmetric matrix, `m` utilities.

    Returns:
        `m` derivatives.
    """
    blocks = covariance[choices.slates[:, :, None], choices.slates[:, None, :]]
    diagonal = np.einsum("nii->ni", blocks)
    mixed = np.einsum("nij,nj->ni", blocks, slots)
    contrast = diagonal - 2.0 * mixed
    centered = contrast - (slots * contrast).sum(axis=1, keepdims=True)
    return _by_point(slots * centered, choices.slates, choices.n_utilities)


def _by_point(values: Floats, index: Ints, n_points: int) -> Floats:
    """Return the sums of the values that share an index."""
    sums = np.bincount(index.ravel(), values.ravel(), minlength=n_points)
    return sums.astype(np.float64, copy=False)
