"""BoTorch as it comes: a pairwise Gaussian process and qEUBO.

`PairwiseGP` (Chu and Ghahramani, 2005) with its own kernel, priors, likelihood and
fit; a choice among `k` becomes `k - 1` pairs, the winner against each of the others.
Slates maximize qEUBO (Astudillo et al., 2023) over the box. Restarts and raw samples
are those of BoTorch's tutorial on preferential optimization, for nothing else has a
default.
"""

from __future__ import annotations

import warnings
from typing import Final

import numpy as np
import torch
from botorch.acquisition import PosteriorMean
from botorch.acquisition.preference import qExpectedUtilityOfBestOption
from botorch.fit import fit_gpytorch_mll
from botorch.models.pairwise_gp import (
    PairwiseGP,
    PairwiseLaplaceMarginalLogLikelihood,
)
from botorch.optim import optimize_acqf
from botorch.utils.sampling import manual_seed
from torch import Tensor

from multibo.evaluation.preferences.people import K
from multibo.evaluation.preferences.rival import History, Recommended, Slate, Warp
from multibo.optimizer.preference.dataset import quantized_warp, unit_points

N_RESTARTS: Final = 3
N_RAW_SAMPLES: Final = 512


class StockBotorch:
    """`PairwiseGP` and qEUBO; fits once per answer."""

    def __init__(self, dimension: int) -> None:
        """Begin with nothing.

        Args:
            dimension: of the box.
        """
        self._bounds = torch.stack(
            [torch.zeros(dimension), torch.ones(dimension)]
        ).double()
        self._fitted: tuple[int, PairwiseGP] | None = None

    def propose(self, history: History, seed: int) -> Slate:
        """Return the slate with the highest qEUBO found."""
        with manual_seed(seed), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = qExpectedUtilityOfBestOption(self._model(history))
            found = self._maximum(value, q=K)
        return tuple(quantized_warp(point) for point in found)

    def recommend(self, history: History, seed: int) -> Recommended:
        """Return the posterior mean's maximizer over the box, and over the shown."""
        shown, _ = pairs(history)
        with manual_seed(seed), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = self._model(history)
            best = self._maximum(PosteriorMean(model), q=1)[0]
            with torch.no_grad():
                points = torch.as_tensor(unit_points(shown))
                mean = model.posterior(points).mean.squeeze(-1)
        return Recommended(quantized_warp(best), shown[int(mean.argmax())])

    def _model(self, history: History) -> PairwiseGP:
        if self._fitted is None or self._fitted[0] != len(history):
            self._fitted = (len(history), fitted(history))
        return self._fitted[1]

    def _maximum(
        self, value: qExpectedUtilityOfBestOption | PosteriorMean, *, q: int
    ) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        found, _ = optimize_acqf(
            value,
            bounds=self._bounds,
            q=q,
            num_restarts=N_RESTARTS,
            raw_samples=N_RAW_SAMPLES,
        )
        points: np.ndarray[tuple[int, ...], np.dtype[np.float64]] = found.numpy()
        return points


def fitted(history: History) -> PairwiseGP:
    """Return the model of a history, its hyperparameters fitted.

    Args:
        history: slates of which one was chosen; one or more.
    """
    shown, won = pairs(history)
    points: Tensor = torch.as_tensor(unit_points(shown))
    model = PairwiseGP(points, torch.tensor(won))
    fit_gpytorch_mll(PairwiseLaplaceMarginalLogLikelihood(model.likelihood, model))
    return model


def pairs(history: History) -> tuple[list[Warp], list[list[int]]]:
    """Return what was shown, and which of it beat which.

    Args:
        history: slates of which one was chosen.

    Returns:
        Distinct warp vectors, and pairs of indices into them: winner, loser.
    """
    index: dict[Warp, int] = {}
    won: list[list[int]] = []
    for answer in history:
        rows = [index.setdefault(warp, len(index)) for warp in answer.shown]
        winner = rows[answer.judged[0]]
        won.extend([winner, row] for row in rows if row != winner)
    return list(index), won
