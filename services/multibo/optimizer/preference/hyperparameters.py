"""Length-scales and output scale, by maximum a posteriori under Laplace's evidence."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy import optimize

from multibo.optimizer.preference.arrays import Floats
from multibo.optimizer.preference.dataset import Choices
from multibo.optimizer.preference.errors import FitFailedError
from multibo.optimizer.preference.laplace import evidence_sensitivity, find_mode
from multibo.optimizer.preference.prior import HyperPrior, Prior, prior_of

_MAX_FIT_STEPS: Final = 20


def log_evidence(
    parameters: Floats, choices: Choices, start: Floats
) -> tuple[float, Floats, Floats]:
    """Return Laplace's log-evidence, its gradient and the utilities at the mode.

    Args:
        parameters: `d + 1` log-parameters `(log l_1 .. log l_d, log s)`.
        choices: the recorded contests.
        start: utilities near the mode, or zeros.

    Raises:
        FitFailedError: if there is no mode.
    """
    prior = prior_of(parameters)
    mean = prior.joint_mean(choices.points, outside=choices.outside)
    covariance = prior.covariance(choices.points, outside=choices.outside)
    mode = find_mode(mean, covariance, choices, start)
    sensitivity = evidence_sensitivity(covariance, choices, mode)
    gradient = prior.kernel.log_gradient(
        choices.points, covariance, sensitivity.to_covariance
    )
    # The mean is proportional to the output scale.
    gradient[-1] += sensitivity.to_mean @ mean
    return mode.log_evidence, gradient, mode.utility


def fit_prior(choices: Choices, warm: tuple[float, ...] = ()) -> Prior:
    """Return the prior whose parameters are most probable, found by L-BFGS.

    The search starts at the same point whatever was fitted before, so the result
    depends on the arguments alone.

    Args:
        choices: the recorded contests.
        warm: log-parameters of an earlier session; empty for none.

    Raises:
        FitFailedError: if the evidence cannot be evaluated.
    """
    hyperprior = HyperPrior(choices.points.shape[1], warm, choices.n_answers)
    utility = np.zeros(choices.n_utilities)

    def loss(parameters: Floats) -> tuple[float, Floats]:
        nonlocal utility
        value, gradient, utility = log_evidence(parameters, choices, utility)
        prior_value, prior_gradient = hyperprior.log_density(parameters)
        return -(value + prior_value), -(gradient + prior_gradient)

    found = optimize.minimize(
        loss,
        hyperprior.start(),
        jac=True,
        method="L-BFGS-B",
        bounds=hyperprior.bounds(),
        options={"maxiter": _MAX_FIT_STEPS, "maxfun": 2 * _MAX_FIT_STEPS},
    )
    if not np.all(np.isfinite(found.x)):
        raise FitFailedError("the hyperparameters are not finite")
    return prior_of(np.asarray(found.x, dtype=np.float64))
