"""The likelihood of best-of-K choices: a multinomial logit (McFadden, 1974).

The chosen slot is the first place of a Plackett-Luce ranking over what was shown;
what was not shown does not enter. Utilities are in logits: the choice noise has
temperature one, and the kernel's output scale carries how decisive the person is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from multibo.optimizer.preference.arrays import Floats, Ints
from multibo.optimizer.preference.dataset import Choices


@dataclass(frozen=True, slots=True, eq=False)
class ChoiceProbabilities:
    """What a utility says about the recorded choices."""

    log_likelihood: float
    slots: Floats
    """`n x k` probability of each slot; 0 for an absent one."""


def choice_probabilities(utility: Floats, choices: Choices) -> ChoiceProbabilities:
    """Return the log-likelihood of the choices and every slot's probability.

    Args:
        utility: `m` utilities, one per distinct point.
        choices: the recorded choices over those points.
    """
    shown = np.where(choices.present, utility[choices.slates], -np.inf)
    shown = shown - shown.max(axis=1, keepdims=True)
    weight = np.exp(shown)
    total = weight.sum(axis=1)
    rows = np.arange(len(choices.chosen))
    log_prob = shown[rows, choices.chosen] - np.log(total)
    return ChoiceProbabilities(float(log_prob.sum()), weight / total[:, None])


def likelihood_gradient(slots: Floats, choices: Choices) -> Floats:
    """Return the gradient of the log-likelihood in the utilities.

    Args:
        slots: `n x k` probabilities of the slots at the utility.
        choices: the recorded choices.

    Returns:
        `m` derivatives: times chosen minus times expected.
    """
    m = choices.n_points
    expected = _by_point(slots, choices.slates, m)
    rows = np.arange(len(choices.chosen))
    winners = choices.slates[rows, choices.chosen]
    return np.bincount(winners, minlength=m).astype(np.float64) - expected


def likelihood_curvature(slots: Floats, choices: Choices) -> Floats:
    """Return the negative Hessian of the log-likelihood, positive semidefinite.

    Each slate adds `diag(p) - p p'` over its points.

    Args:
        slots: `n x k` probabilities of the slots at the utility.
        choices: the recorded choices.

    Returns:
        `m x m` matrix.
    """
    m = choices.n_points
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
        slots: `n x k` probabilities of the slots at the utility.
        choices: the recorded choices.
        covariance: `m x m` symmetric matrix.

    Returns:
        `m` derivatives.
    """
    blocks = covariance[choices.slates[:, :, None], choices.slates[:, None, :]]
    diagonal = np.einsum("nii->ni", blocks)
    mixed = np.einsum("nij,nj->ni", blocks, slots)
    contrast = diagonal - 2.0 * mixed
    centered = contrast - (slots * contrast).sum(axis=1, keepdims=True)
    return _by_point(slots * centered, choices.slates, choices.n_points)


def _by_point(values: Floats, index: Ints, n_points: int) -> Floats:
    """Return the sums of the values that share an index."""
    sums = np.bincount(index.ravel(), values.ravel(), minlength=n_points)
    return sums.astype(np.float64, copy=False)
