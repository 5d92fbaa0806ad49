"""The preference model's posterior."""

import numpy as np
import pytest

from multibo.optimizer.preference import laplace, posterior
from multibo.optimizer.preference.dataset import Answer, choices_of, unit_points
from multibo.optimizer.preference.errors import FitFailedError
from multibo.optimizer.preference.kernel import Kernel
from multibo.optimizer.preference.posterior import Posterior
from multibo.optimizer.preference.prior import Prior
from tests.support.gradients import numeric_gradient
from tests.support.histories import a_history, some_choices

PRIOR = Prior(Kernel(np.array([0.5, 0.8, 0.6]), 3.0))
CHOICES = some_choices(3, 12)
ELSEWHERE = np.random.default_rng(0).random((7, 3))


@pytest.fixture(scope="module")
def fitted() -> Posterior:
    return posterior.condition(PRIOR, CHOICES)


def test_at_shown_points_it_is_the_laplace_approximation(fitted: Posterior) -> None:
    mean, covariance = PRIOR.mean(CHOICES.points), PRIOR.covariance(CHOICES.points)
    mode = laplace.find_mode(mean, covariance, CHOICES, mean)

    assert fitted.mean(CHOICES.points) == pytest.approx(mode.utility, abs=1e-3)
    variance = fitted.variance(CHOICES.points)
    assert variance == pytest.approx(np.diag(mode.covariance), abs=1e-3)


def test_far_from_all_data_it_is_the_prior(fitted: Posterior) -> None:
    far = np.full((1, 3), 50.0)

    assert fitted.mean(far) == pytest.approx(PRIOR.mean(far))
    assert fitted.variance(far) == pytest.approx([9.0])


def test_the_variance_is_the_diagonal_of_the_covariance(fitted: Posterior) -> None:
    covariance = fitted.covariance(ELSEWHERE, ELSEWHERE)

    assert fitted.variance(ELSEWHERE) == pytest.approx(np.diag(covariance))
    assert (fitted.variance(ELSEWHERE) < 9.0).all()


def test_the_joint_root_squares_to_the_covariance(fitted: Posterior) -> None:
    mean, root = fitted.joint(ELSEWHERE)

    assert mean == pytest.approx(fitted.mean(ELSEWHERE))
    covariance = fitted.covariance(ELSEWHERE, ELSEWHERE)
    assert root @ root.T == pytest.approx(covariance, abs=1e-6)


def test_a_point_twice_still_has_a_root(fitted: Posterior) -> None:
    twice = np.repeat(CHOICES.points[:1], 2, axis=0)

    _, root = fitted.joint(twice)

    assert np.isfinite(root).all()


def test_a_covariance_that_is_none_fails_by_name(fitted: Posterior) -> None:
    absurd = Posterior(PRIOR, fitted.points, fitted.weights, 1e9 * fitted.gain, 0.0)

    with pytest.raises(FitFailedError):
        absurd.joint(ELSEWHERE)


def test_the_gradient_of_the_mean_matches_finite_differences(
    fitted: Posterior,
) -> None:
    mean, gradient = fitted.mean_gradient(ELSEWHERE)

    assert mean == pytest.approx(fitted.mean(ELSEWHERE))
    for row, point in enumerate(ELSEWHERE):
        expected = numeric_gradient(lambda at: float(fitted.mean(at[None])[0]), point)
        assert gradient[row] == pytest.approx(expected, rel=1e-5, abs=1e-7)


def test_the_order_of_slots_and_of_answers_changes_nothing() -> None:
    history = a_history(3, 8)
    mirrored = [
        Answer(answer.shown[::-1], len(answer.shown) - 1 - answer.chosen)
        for answer in reversed(history)
    ]

    fits = [posterior.fit_posterior(choices_of(3, h)) for h in (history, mirrored)]

    means = [fit.mean(ELSEWHERE) for fit in fits]
    assert means[0] == pytest.approx(means[1], abs=1e-3)


def test_a_choice_raises_the_mean_of_the_chosen_and_lowers_the_others() -> None:
    history = a_history(3, 6)
    shown = history[-1].shown
    points = unit_points(shown)
    before = posterior.condition(PRIOR, choices_of(3, history)).mean(points)

    for chosen in range(len(shown)):
        again = (*history, Answer(shown, chosen))
        after = posterior.condition(PRIOR, choices_of(3, again)).mean(points)

        lead_before = before[chosen] - np.delete(before, chosen)
        lead_after = after[chosen] - np.delete(after, chosen)
        assert after[chosen] > before[chosen]
        assert (lead_after > lead_before).all()


def test_answers_shrink_the_variance_of_what_was_shown() -> None:
    history = a_history(3, 6)
    points = unit_points(history[-1].shown)

    variances = [
        posterior.condition(PRIOR, choices_of(3, h)).variance(points)
        for h in (history, history + history[-1:])
    ]

    assert variances[1].sum() < variances[0].sum()
