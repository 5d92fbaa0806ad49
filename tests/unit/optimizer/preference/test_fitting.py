"""A posterior of any length of history."""

from __future__ import annotations

import numpy as np
import pytest

from multibo.optimizer.preference import fitting, posterior
from multibo.optimizer.preference.dataset import (
    Answer,
    AnswerKind,
    choices_of,
    thinned,
)
from tests.support.histories import a_history

D = 3
LONG = a_history(D, 90)


def test_a_short_history_is_fitted_whole() -> None:
    history = LONG[: fitting.MAX_FITTED]
    grid = np.random.default_rng(0).random((20, D))

    short = fitting.fit_gp(D, history)

    whole = posterior.fit_posterior(choices_of(D, history))
    assert np.array_equal(short.mean(grid), whole.mean(grid))


def test_a_long_history_counts_whole_though_its_kernel_saw_a_sample() -> None:
    fitted = fitting.fit_gp(D, LONG)

    few = posterior.fit_posterior(choices_of(D, thinned(LONG, fitting.MAX_FITTED)))
    exact = posterior.condition(few.prior, choices_of(D, LONG))
    grid = np.random.default_rng(0).random((20, D))
    assert np.array_equal(
        fitted.prior.kernel.length_scales, few.prior.kernel.length_scales
    )
    assert len(fitted.points) == choices_of(D, LONG).n_points
    assert fitted.mean(grid) == pytest.approx(exact.mean(grid), abs=1e-5)


def test_a_sample_keeps_both_ends_and_the_order() -> None:
    sample = thinned(LONG, 10)

    places = [LONG.index(answer) for answer in sample]
    assert len(set(places)) == 10
    assert places == sorted(places)
    assert (places[0], places[-1]) == (0, len(LONG) - 1)


def test_an_answer_only_the_rest_has_is_learned_all_the_same() -> None:
    sample = thinned(LONG, fitting.MAX_FITTED)
    left_out = next(n for n, answer in enumerate(LONG) if answer not in sample)
    none = Answer(LONG[left_out].shown, AnswerKind.NONE_OF_THESE, ())
    history = (*LONG[:left_out], none, *LONG[left_out + 1 :])

    fitted = fitting.fit_gp(D, history)

    assert fitted.outside is not None


@pytest.mark.parametrize("n", [70, 140])
def test_many_points_give_the_arithmetic_of_few(n: int) -> None:
    # Beyond some size the zeros of the curvature are skipped.
    history = a_history(D, n)
    choices = choices_of(D, history)
    prior = posterior.fit_posterior(choices_of(D, history[:20])).prior
    fitted = posterior.condition(prior, choices)

    covariance = prior.covariance(choices.points)
    mode_mean = prior.mean(choices.points) + covariance @ fitted.weights
    gain = fitted.gain
    posterior_covariance = covariance - covariance @ gain @ covariance

    assert np.allclose(fitted.mean(choices.points), mode_mean, atol=1e-4)
    assert (
        np.linalg.eigvalsh(posterior_covariance).min() > -1e-6 * prior.kernel.variance
    )
