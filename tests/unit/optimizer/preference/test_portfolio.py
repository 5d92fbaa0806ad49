"""Two models, each believed as far as it has predicted the answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multibo.optimizer.preference import engine, fitting
from multibo.optimizer.preference.cache import PosteriorCache
from multibo.optimizer.preference.dataset import (
    Answer,
    AnswerKind,
    choice,
)
from multibo.optimizer.preference.kernel import Kernel
from multibo.optimizer.preference.portfolio import (
    is_milestone,
    milestones,
    probability_of,
    weight_of,
)
from multibo.optimizer.preference.posterior import Posterior, condition
from multibo.optimizer.preference.prior import Prior
from multibo.optimizer.preference.slate import ALL_PARTS, Parts, ProposalRequest
from tests.support.gradients import numeric_gradient
from tests.support.histories import a_history, a_mixed_history, some_choices

D = 4
HISTORY = a_mixed_history(D, 21, seed=4)
SLATE = np.random.default_rng(0).random((4, D))


def test_milestones_thin_out_and_end_with_the_history() -> None:
    assert milestones(0) == []
    assert milestones(5) == [1, 2, 3, 4, 5]
    assert milestones(21)[-4:] == [16, 18, 20, 21]
    assert milestones(50)[-3:] == [44, 48, 50]
    assert len(milestones(200)) < 50


def test_longer_histories_pass_through_the_milestones_of_shorter_ones() -> None:
    for n_answers in range(1, 200):
        passed = milestones(n_answers)
        assert all(is_milestone(n) for n in passed[:-1])
        assert passed[-1] == n_answers


def a_gp(output_scale: float, *, dimension: int = 10) -> Posterior:
    """Return the GP of somebody as decisive; before any answer both models are even."""
    prior = Prior(Kernel(np.full(dimension, 0.5), output_scale))
    return condition(prior, some_choices(dimension, 6))


def test_belief_follows_the_better_prediction() -> None:
    noisy = a_gp(3.0)

    assert weight_of((-10.0, -10.0), noisy, 20, ALL_PARTS) == 0.5
    assert weight_of((-10.0, -5.0), noisy, 20, ALL_PARTS) > 0.95
    assert weight_of((-10.0, -900.0), noisy, 20, Parts(choice_gp=False)) == 1.0


def test_target_search_is_believed_more_in_many_dimensions() -> None:
    weights = [
        weight_of((-10.0, -10.0), a_gp(3.0, dimension=d), 20, ALL_PARTS)
        for d in (4, 8, 12, 24)
    ]

    assert weights == sorted(weights)
    assert weights[0] < 0.01
    assert weights[3] > 0.99
    assert weight_of((-20.0, -10.0), a_gp(3.0, dimension=4), 20, ALL_PARTS) > 0.9


def test_a_decisive_person_gets_the_gp_unless_target_search_leads_clearly() -> None:
    decisive = a_gp(10.0)

    assert weight_of((-10.0, -10.0), decisive, 20, ALL_PARTS) == 0.0
    assert weight_of((-10.0, -5.0), decisive, 20, ALL_PARTS) > 0.95
    assert weight_of((-10.0, -10.0), decisive, 20, Parts(noise_aware=False)) == 0.5
    assert weight_of((-10.0, -10.0), a_gp(3.0), 11, ALL_PARTS) == 0.0


def test_an_output_scale_tells_less_the_fewer_answers_there_are() -> None:
    after = [weight_of((0.0, 0.0), a_gp(4.5), n, ALL_PARTS) for n in (12, 20, 50)]

    assert after == [0.0, 0.0, 0.5]


def test_the_probabilities_of_a_slate_sum_to_one() -> None:
    portfolio = fitting.fit(D, HISTORY)

    assert portfolio.outside is not None
    assert portfolio.win_probabilities(SLATE).sum() == pytest.approx(1.0)
    assert portfolio.slate_probabilities(SLATE).sum() == pytest.approx(1.0)
    assert len(portfolio.slate_probabilities(SLATE)) == 5


def test_the_mean_gradient_matches_finite_differences() -> None:
    portfolio = fitting.fit(D, HISTORY)
    at = np.random.default_rng(1).random(D)

    _, gradient = portfolio.mean_gradient(at[None])

    numeric = numeric_gradient(lambda x: float(portfolio.mean(x[None])[0]), at)
    assert gradient[0] == pytest.approx(numeric, rel=1e-4, abs=1e-4)


def test_both_models_agree_on_average_on_what_was_shown() -> None:
    portfolio = fitting.fit(D, HISTORY)
    assert portfolio.target is not None

    by_target = portfolio.target.mean(portfolio.points) + portfolio.level

    assert by_target.mean() == pytest.approx(portfolio.gp.mean(portfolio.points).mean())


def test_a_history_goes_on_from_any_of_its_milestones() -> None:
    afresh = fitting.fit(D, HISTORY)

    for n_answers in (5, 16, 20):
        before = fitting.fit(D, HISTORY[:n_answers])
        resumed = fitting.fit(D, HISTORY, before=before)
        assert np.array_equal(resumed.mean(SLATE), afresh.mean(SLATE))
        assert resumed.log_weights == afresh.log_weights


def test_the_cache_keeps_what_the_next_answer_begins_with() -> None:
    cache = PosteriorCache(4)
    for n_answers in range(17, 22):
        kept = cache.fit(D, HISTORY[:n_answers])

    afresh = fitting.fit(D, HISTORY)
    assert kept.log_weights == afresh.log_weights
    assert np.array_equal(kept.variance(SLATE), afresh.variance(SLATE))


def test_a_tie_is_any_of_its_members_and_none_has_at_least_a_lapse() -> None:
    shown = a_history(D, 1)[0].shown
    chance = np.full(4, 0.25)

    tie = probability_of(Answer(shown, AnswerKind.TIE, (0, 2)), chance)
    none = probability_of(Answer(shown, AnswerKind.NONE_OF_THESE, ()), chance)

    assert tie == pytest.approx(0.5)
    assert 0.0 < none < 0.01
    assert probability_of(choice(shown, 1), chance) == pytest.approx(0.25)


@pytest.mark.parametrize(
    "parts", [Parts(target=False), Parts(choice_gp=False), Parts(noise_aware=False)]
)
def test_every_part_can_be_switched_off(parts: Parts) -> None:
    request = ProposalRequest(D, 4, 1, HISTORY, parts=parts)

    proposal = engine.propose(request)
    recommendation = engine.recommend(D, HISTORY, parts=parts)

    assert not proposal.degraded
    assert len({candidate.warp for candidate in proposal.candidates}) == 4
    assert not recommendation.degraded


def test_without_target_search_nothing_is_sampled() -> None:
    portfolio = fitting.fit(D, HISTORY, (), Parts(target=False))

    assert portfolio.target is None
    assert portfolio.chains is None
    assert np.array_equal(portfolio.mean(SLATE), portfolio.gp.mean(SLATE))


def test_out_of_time_the_choice_gp_answers_alone_and_the_next_goes_on() -> None:
    ticks = iter(range(1000))
    cache = PosteriorCache(8, clock=lambda: float(next(ticks)), patience_s=12.0)
    request = ProposalRequest(D, 4, 1, HISTORY)

    hurried, later = (engine.propose(request, fit=cache.fit) for _ in range(2))

    alone = engine.propose(replace(request, parts=Parts(target=False)))
    assert "13 of 21 answers in time" in hurried.degraded
    assert hurried.candidates == alone.candidates
    assert later == engine.propose(request)
