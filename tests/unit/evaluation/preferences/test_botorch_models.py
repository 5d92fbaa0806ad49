"""Our posteriors, asked through BoTorch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from multibo.evaluation.preferences.model_free import Evolution
from multibo.evaluation.preferences.people import PersonKind, person
from multibo.evaluation.preferences.play import random_slates
from multibo.evaluation.preferences.rival import History
from multibo.evaluation.problems import problem
from multibo.optimizer.preference.dataset import choice, choices_of, unit_points
from multibo.optimizer.preference.fitting import fit
from multibo.optimizer.preference.portfolio import Portfolio
from multibo.optimizer.preference.posterior import Posterior, fit_posterior

AT = np.random.default_rng(3).random((5, 4))
BOX = torch.stack([torch.zeros(4), torch.ones(4)]).double()


def a_history(n_answers: int = 6) -> History:
    """Return what a clean person answered about Levy4."""
    given = problem("levy4", 0)
    somebody = person(PersonKind.CLEAN, given, 0)
    history: History = ()
    for number in range(n_answers):
        slate = (
            Evolution(4).propose(history, number) if history else random_slates(4, 0)[0]
        )
        history += (choice(slate, somebody.choose(unit_points(slate))),)
    return history


@pytest.fixture(scope="module")
def posterior() -> Posterior:
    return fit_posterior(choices_of(4, a_history()))


@pytest.fixture(scope="module")
def portfolio() -> Portfolio:
    return fit(4, a_history())


def test_the_choice_gp_has_the_same_mean_and_covariance(posterior: Posterior) -> None:
    from multibo.evaluation.preferences.botorch_models import ChoiceGpModel

    asked = ChoiceGpModel(posterior).posterior(torch.tensor(AT))

    assert asked.mean.squeeze(-1).numpy() == pytest.approx(posterior.mean(AT))
    covariance = asked.distribution.covariance_matrix.numpy()
    assert covariance == pytest.approx(posterior.covariance(AT, AT), abs=1e-10)


def test_target_search_has_the_same_draws(portfolio: Portfolio) -> None:
    from multibo.evaluation.preferences.botorch_models import TargetSearchModel

    assert portfolio.target is not None
    asked = TargetSearchModel(portfolio.target).posterior(torch.tensor(AT))

    values = portfolio.target.values(AT)
    assert asked.values.shape == (values.shape[1], 5, 1)
    drawn = asked.values.squeeze(-1).numpy().T
    assert drawn == pytest.approx(values)
    assert asked.mean.squeeze(-1).numpy() == pytest.approx(values.mean(axis=1))


def test_their_derivatives_are_exact(
    posterior: Posterior, portfolio: Portfolio
) -> None:
    from multibo.evaluation.preferences.botorch_models import (
        ChoiceGpModel,
        TargetSearchModel,
    )

    assert portfolio.target is not None
    slates = torch.tensor(AT[:4].reshape(2, 2, 4), requires_grad=True)
    gp = ChoiceGpModel(posterior)
    target = TargetSearchModel(portfolio.target)

    def moments(points: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        normal = gp.posterior(points).distribution
        return normal.mean, normal.covariance_matrix

    assert torch.autograd.gradcheck(moments, (slates,))
    assert torch.autograd.gradcheck(
        lambda points: target.forward(points)[:, :3], (slates,)
    )


def test_a_stock_acquisition_climbs_them(
    posterior: Posterior, portfolio: Portfolio
) -> None:
    from botorch.acquisition.preference import qExpectedUtilityOfBestOption
    from botorch.optim import optimize_acqf
    from botorch.sampling import SobolQMCNormalSampler
    from botorch.sampling.index_sampler import IndexSampler

    from multibo.evaluation.preferences.botorch_models import (
        ChoiceGpModel,
        TargetSearchModel,
    )

    assert portfolio.target is not None
    draws = torch.Size([16])
    for model, sampler in (
        (ChoiceGpModel(posterior), SobolQMCNormalSampler(draws, seed=0)),
        (TargetSearchModel(portfolio.target), IndexSampler(draws, seed=0)),
    ):
        value = qExpectedUtilityOfBestOption(model, sampler=sampler)
        slate, best = optimize_acqf(
            value,
            bounds=BOX,
            q=3,
            num_restarts=2,
            raw_samples=16,
            options={"maxiter": 15, "seed": 0},
        )

        somewhere = value(torch.tensor(AT[:3]))
        assert slate.shape == (3, 4)
        assert best > somewhere
