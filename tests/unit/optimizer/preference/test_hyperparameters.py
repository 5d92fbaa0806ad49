"""Length-scales and output scale."""

import numpy as np
import pytest

from multibo.optimizer.preference import hyperparameters
from multibo.optimizer.preference.dataset import Answer, choices_of
from multibo.optimizer.preference.prior import HyperPrior
from tests.support.gradients import numeric_gradient
from tests.support.histories import a_warp, some_choices


def test_the_evidence_gradient_matches_finite_differences() -> None:
    choices = some_choices(4, 9)
    offset = 0.3 * np.random.default_rng(1).standard_normal(5)
    parameters = HyperPrior(4).start() + offset
    _, gradient, mode = hyperparameters.log_evidence(
        parameters, choices, np.zeros(choices.n_points)
    )

    def evidence(at: np.ndarray) -> float:
        return hyperparameters.log_evidence(at, choices, mode)[0]

    expected = numeric_gradient(evidence, parameters)
    assert gradient == pytest.approx(expected, rel=1e-6, abs=1e-8)


def test_an_axis_without_effect_gets_a_longer_length_scale() -> None:
    generator = np.random.default_rng(3)
    history = []
    for _ in range(30):
        shown = tuple(a_warp(2, generator) for _ in range(4))
        history.append(Answer(shown, max(range(4), key=lambda slot: shown[slot][0])))

    kernel = hyperparameters.fit_prior(choices_of(2, history)).kernel

    assert kernel.length_scales[1] > kernel.length_scales[0]


def test_a_decisive_person_has_a_larger_output_scale_than_a_random_one() -> None:
    generator = np.random.default_rng(4)
    slates = [tuple(a_warp(2, generator) for _ in range(4)) for _ in range(30)]
    decisive = [Answer(slate, slate.index(max(slate))) for slate in slates]
    random = [Answer(slate, int(generator.integers(4))) for slate in slates]

    scales = [
        hyperparameters.fit_prior(choices_of(2, history)).kernel.output_scale
        for history in (decisive, random)
    ]

    assert scales[0] > 2 * scales[1]
    assert scales[0] <= 10.0 + 1e-9
