"""The likelihood of best-of-K choices and its derivatives."""

import numpy as np
import pytest

from multibo.optimizer.preference import likelihood
from multibo.optimizer.preference.dataset import Choices, choice, choices_of
from tests.support.gradients import numeric_gradient
from tests.support.histories import a_hard_history

CHOICES = choices_of(3, a_hard_history("random", 3, 12, seed=2))
UTILITY = np.random.default_rng(0).standard_normal(CHOICES.n_points) * 2.0


def slots_at(utility: np.ndarray, choices: Choices = CHOICES) -> np.ndarray:
    return likelihood.choice_probabilities(utility, choices).slots


def test_two_equal_candidates_are_a_coin_flip() -> None:
    choices = choices_of(1, (choice(((0,), (1,)), 0),))

    probabilities = likelihood.choice_probabilities(np.zeros(2), choices)

    assert probabilities.log_likelihood == pytest.approx(np.log(0.5))
    assert probabilities.slots.tolist() == [[0.5, 0.5]]


def test_a_slate_is_a_softmax_of_its_utilities() -> None:
    choices = choices_of(1, (choice(((0,), (1,), (2,)), 1),))
    utility = np.array([1.0, 2.0, 4.0])

    probabilities = likelihood.choice_probabilities(utility, choices)

    expected = np.exp(utility) / np.exp(utility).sum()
    assert probabilities.slots[0] == pytest.approx(expected)
    assert probabilities.log_likelihood == pytest.approx(np.log(expected[1]))


def test_a_constant_added_to_all_utilities_changes_nothing() -> None:
    before = likelihood.choice_probabilities(UTILITY, CHOICES)

    after = likelihood.choice_probabilities(UTILITY + 300.0, CHOICES)

    assert after.log_likelihood == pytest.approx(before.log_likelihood)
    assert after.slots == pytest.approx(before.slots)


def test_what_was_not_shown_has_no_probability() -> None:
    slots = slots_at(UTILITY)

    assert (slots[~CHOICES.present] == 0).all()
    assert slots.sum(axis=1) == pytest.approx(np.ones(len(slots)))


def test_enormous_utilities_stay_finite() -> None:
    utility = np.linspace(-1e6, 1e6, CHOICES.n_points)

    probabilities = likelihood.choice_probabilities(utility, CHOICES)

    assert np.isfinite(probabilities.log_likelihood)
    assert np.isfinite(probabilities.slots).all()


def test_the_gradient_matches_finite_differences() -> None:
    def log_likelihood(utility: np.ndarray) -> float:
        return likelihood.choice_probabilities(utility, CHOICES).log_likelihood

    gradient = likelihood.likelihood_gradient(slots_at(UTILITY), CHOICES)

    expected = numeric_gradient(log_likelihood, UTILITY)
    assert gradient == pytest.approx(expected, abs=1e-8)


def test_the_curvature_matches_finite_differences_of_the_gradient() -> None:
    curvature = likelihood.likelihood_curvature(slots_at(UTILITY), CHOICES)

    for point in range(CHOICES.n_points):

        def slope(utility: np.ndarray, point: int = point) -> float:
            slots = slots_at(utility)
            return float(likelihood.likelihood_gradient(slots, CHOICES)[point])

        expected = -numeric_gradient(slope, UTILITY)
        assert curvature[point] == pytest.approx(expected, abs=1e-8)


def test_the_curvature_is_positive_semidefinite_and_blind_to_constants() -> None:
    curvature = likelihood.likelihood_curvature(slots_at(UTILITY), CHOICES)

    assert np.linalg.eigvalsh(curvature).min() > -1e-12
    assert curvature.sum(axis=1) == pytest.approx(np.zeros(CHOICES.n_points))


def test_the_trace_gradient_matches_finite_differences() -> None:
    factor = np.random.default_rng(1).standard_normal((CHOICES.n_points,) * 2)
    covariance = factor @ factor.T

    def trace(utility: np.ndarray) -> float:
        curvature = likelihood.likelihood_curvature(slots_at(utility), CHOICES)
        return float(np.sum(covariance * curvature))

    gradient = likelihood.curvature_trace_gradient(
        slots_at(UTILITY), CHOICES, covariance
    )

    expected = numeric_gradient(trace, UTILITY)
    assert gradient == pytest.approx(expected, rel=1e-6, abs=1e-7)


def test_a_duplicate_in_a_slate_shares_its_probability() -> None:
    choices = choices_of(1, (choice(((0,), (0,), (1,)), 0),))

    slots = slots_at(np.zeros(2), choices)
    gradient = likelihood.likelihood_gradient(slots, choices)

    assert gradient == pytest.approx([1.0 - 2.0 / 3.0, -1.0 / 3.0])
