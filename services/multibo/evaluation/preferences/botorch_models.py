"""Our posteriors as BoTorch `Model`s, for any of BoTorch's acquisition functions.

Nothing is fitted or approximated anew: values come from the engine's own arithmetic,
and so do the derivatives autograd asks for. Points are of the unit box; utilities are
in logits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from botorch.acquisition.objective import PosteriorTransform
from botorch.models.ensemble import EnsembleModel
from botorch.models.model import Model
from botorch.posteriors import GPyTorchPosterior, Posterior
from gpytorch.distributions import MultivariateNormal
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import FunctionCtx

from multibo.optimizer.preference.posterior import Posterior as ChoicePosterior
from multibo.optimizer.preference.target import TargetModel

Floats = NDArray[np.float64]


class ChoiceGpModel(Model):  # type: ignore[misc]
    """The choice GP: a Gaussian at any points."""

    def __init__(self, posterior: ChoicePosterior) -> None:
        """Wrap.

        Args:
            posterior: of a history.
        """
        super().__init__()
        self._posterior = posterior

    @property
    def num_outputs(self) -> int:
        """One utility."""
        return 1

    @property
    def batch_shape(self) -> torch.Size:
        """No batch of models."""
        return torch.Size([])

    def posterior(
        self,
        X: Tensor,  # noqa: N803 - BoTorch's name, passed by keyword
        output_indices: list[int] | None = None,
        observation_noise: bool | Tensor = False,
        posterior_transform: PosteriorTransform | None = None,
    ) -> Posterior:
        """Return the joint posterior of utility.

        Args:
            X: `... x q x d` points.
            output_indices: there is only one output.
            observation_noise: answers are choices, so there is none.
            posterior_transform: applied to the result.
        """
        del output_indices, observation_noise
        batch, (q, d) = X.shape[:-2], X.shape[-2:]
        mean, covariance = _Moments.apply(  # type: ignore[no-untyped-call]
            X.reshape(-1, q, d), self._posterior
        )
        normal = MultivariateNormal(
            mean.reshape(*batch, q), covariance.reshape(*batch, q, q)
        )
        joint = GPyTorchPosterior(normal)
        return joint if posterior_transform is None else posterior_transform(joint)


class TargetSearchModel(EnsembleModel):  # type: ignore[misc]
    """Target search: equally probable utilities, one per draw."""

    def __init__(self, model: TargetModel) -> None:
        """Wrap.

        Args:
            model: of a history.
        """
        super().__init__()
        self._model = model
        self._num_outputs = 1

    @property
    def batch_shape(self) -> torch.Size:
        """No batch of models."""
        return torch.Size([])

    def forward(self, X: Tensor) -> Tensor:  # noqa: N803 - BoTorch's name
        """Return the utilities of every draw.

        Args:
            X: `... x q x d` points.

        Returns:
            `... x s x q x 1` utilities.
        """
        values = _Draws.apply(  # type: ignore[no-untyped-call]
            X.reshape(-1, X.shape[-1]), self._model
        )
        by_draw: Tensor = values.reshape(*X.shape[:-1], -1)
        return by_draw.transpose(-1, -2).unsqueeze(-1)


class _Moments(torch.autograd.Function):
    """Mean and covariance of the choice GP, slate by slate."""

    @staticmethod
    def forward(
        ctx: FunctionCtx, slates: Tensor, posterior: ChoicePosterior
    ) -> tuple[Tensor, Tensor]:
        points = _plain(slates)
        ctx.points, ctx.posterior = points, posterior  # type: ignore[attr-defined]
        means = [posterior.mean(slate) for slate in points]
        covariances = [posterior.covariance(slate, slate) for slate in points]
        return slates.new_tensor(np.array(means)), slates.new_tensor(
            np.array(covariances)
        )

    @staticmethod
    def backward(
        ctx: Any, by_mean: Tensor, by_covariance: Tensor
    ) -> tuple[Tensor, None]:
        shares = zip(ctx.points, _plain(by_mean), _plain(by_covariance), strict=True)
        gradients = [
            _mean_pull(ctx.posterior, slate, mean)
            + _covariance_pull(ctx.posterior, slate, covariance)
            for slate, mean, covariance in shares
        ]
        return by_mean.new_tensor(np.array(gradients)), None


def _mean_pull(posterior: ChoicePosterior, slate: Floats, share: Floats) -> Floats:
    """Return the `q x d` gradient of `sum_i share_i mean(x_i)`."""
    _, gradient = posterior.mean_gradient(slate)
    pull: Floats = share[:, None] * gradient
    return pull


def _covariance_pull(
    posterior: ChoicePosterior, slate: Floats, share: Floats
) -> Floats:
    """Return the `q x d` gradient of `sum_ij share_ij cov(x_i, x_j)`."""
    kernel, shown = posterior.kernel, posterior.points
    both = share + share.T
    cross, cross_slope = kernel.matrix_and_slope(slate, shown)
    _, own_slope = kernel.matrix_and_slope(slate, slate)
    explained = both @ cross @ posterior.gain
    pull = kernel.point_gradient(slate, slate, both * own_slope)
    pull -= kernel.point_gradient(slate, shown, explained * cross_slope)
    return pull


class _Draws(torch.autograd.Function):
    """Utilities of points under every draw of target search."""

    @staticmethod
    def forward(ctx: FunctionCtx, points: Tensor, model: TargetModel) -> Tensor:
        evaluation = model.evaluate(_plain(points))
        ctx.evaluation = evaluation  # type: ignore[attr-defined]
        return points.new_tensor(evaluation.values)

    @staticmethod
    def backward(ctx: Any, by_value: Tensor) -> tuple[Tensor, None]:
        return by_value.new_tensor(ctx.evaluation.gradient(_plain(by_value))), None


def _plain(tensor: Tensor) -> Floats:
    values: Floats = tensor.detach().numpy().astype(np.float64)
    return values
