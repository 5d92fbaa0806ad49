"""Advice, predictions and maps."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multibo.optimizer.preference import engine, fitting
from multibo.optimizer.preference.advice import times_kept
from multibo.optimizer.preference.cache import PosteriorCache
from multibo.optimizer.preference.dataset import (
    Answer,
    AnswerKind,
    choice,
    unit_points,
)
from multibo.optimizer.preference.engine import ProposalRequest
from multibo.optimizer.preference.errors import FitFailedError, InvalidRequestError
from multibo.optimizer.preference.lapses import LAPSE
from multibo.optimizer.preference.portfolio import Portfolio
from multibo.optimizer.preference.replay import replay
from tests.support.histories import a_history, a_mixed_history, toward

HISTORY = a_mixed_history(4, 14, seed=2)
SLATE = HISTORY[-1].shown


def failing_fit(
    dimension: int,
    history: tuple[Answer, ...],
    prior: tuple[float, ...],
    parts: engine.Parts,
) -> Portfolio:
    raise FitFailedError("on purpose")


@settings(max_examples=25, deadline=None)
@given(
    dimension=st.integers(1, 16),
    n_rounds=st.integers(0, 9),
    k=st.integers(2, 6),
    seed=st.integers(0, 2**32),
    warm=st.booleans(),
)
def test_no_mixed_history_breaks_the_engine(
    dimension: int, n_rounds: int, k: int, seed: int, *, warm: bool
) -> None:
    history = a_mixed_history(dimension, n_rounds, seed=seed, k=k)
    prior = engine.prior_of(dimension, a_history(dimension, 2)) if warm else ()
    slate = a_history(dimension, 1, seed=seed + 1, k=k)[0].shown
    request = ProposalRequest(
        dimension, k, seed, history, n_initial=seed % 3, prior=prior, avoid=slate
    )

    cache = PosteriorCache(64)
    fit, replayed = cache.fit, cache.replay

    proposal = engine.propose(request, fit=fit)
    prediction = engine.predict(
        dimension, k, history, slate, prior, fit=fit, replay=replayed
    )
    learned = engine.preference_map(
        dimension, history, prior=prior, fit=fit, replay=replayed
    )
    advice = engine.advise(dimension, history, prior, fit=fit)

    assert len({candidate.warp for candidate in proposal.candidates}) == k
    assert (proposal.degraded, advice.degraded, learned.degraded) == ("", "", "")
    total = math.fsum(prediction.slots) + prediction.none_of_these
    assert total == pytest.approx(1.0)
    assert len(learned.trace) == n_rounds
    assert sum(axis.importance for axis in learned.axes) == pytest.approx(1.0)
    assert 0 <= advice.improvement_probability <= 1
    assert 0 <= advice.consistency <= 1
    assert np.isfinite(engine.prior_of(dimension, history, prior)).all()


def test_knowing_nothing_predicts_the_uniform() -> None:
    prediction = engine.predict(4, 4, (), SLATE)

    assert prediction.slots == pytest.approx([1 / len(SLATE)] * len(SLATE))
    assert (prediction.none_of_these, prediction.log_loss) == (0.0, None)
    assert prediction.uniform_log_loss == pytest.approx(math.log(4))


def test_none_is_expected_only_after_it_was_said() -> None:
    none = Answer(SLATE, AnswerKind.NONE_OF_THESE, ())

    before = engine.predict(4, 4, a_history(4, 3), SLATE)
    after = engine.predict(4, 4, (*a_history(4, 3), none, none), SLATE)

    assert before.none_of_these == 0.0
    assert after.none_of_these > LAPSE / (len(SLATE) + 1)


def test_a_person_with_a_target_is_predicted_better_than_a_random_one() -> None:
    steady = engine.predict(4, 4, toward(1, 20), SLATE)
    random = engine.predict(4, 4, a_history(4, 20), SLATE)

    assert steady.log_loss is not None
    assert random.log_loss is not None
    assert steady.log_loss < 0.8 * steady.uniform_log_loss
    assert random.log_loss > steady.log_loss


def test_an_answer_is_scored_before_it_is_known() -> None:
    history = toward(0, 8)
    other = (*history[:-1], choice(history[-1].shown, 0))

    losses = [replay(4, lived).log_losses for lived in (history, other)]

    assert losses[0][:-1] == losses[1][:-1]
    assert losses[0][0] == pytest.approx(math.log(4))


def test_a_replay_goes_on_from_the_one_before() -> None:
    history = a_mixed_history(3, 24, seed=7)
    before = replay(3, history[:-1])

    resumed, afresh = replay(3, history, before=before), replay(3, history)

    assert resumed.log_losses == afresh.log_losses
    assert resumed.trace == afresh.trace


def test_the_cache_answers_as_the_engine_does() -> None:
    cache = PosteriorCache(8)
    for n_rounds in (3, 4, 4, 7):
        history = HISTORY[:n_rounds]

        kept = engine.predict(4, 4, history, SLATE, fit=cache.fit, replay=cache.replay)

        assert kept == engine.predict(4, 4, history, SLATE)


def test_the_cache_lets_a_fit_go_on_from_where_a_replay_has_been() -> None:
    ticks = iter(range(100))
    cache = PosteriorCache(8, clock=lambda: float(next(ticks)), patience_s=0.5)
    history = a_mixed_history(3, 9, seed=7)

    cache.replay(3, history[:-1])
    went_on = cache.fit(3, history)  # lived through anew, it would be out of time

    afresh = fitting.fit(3, history)
    assert went_on.log_weights == afresh.log_weights
    assert np.array_equal(went_on.mean(afresh.points), afresh.mean(afresh.points))


def test_the_cache_goes_on_from_a_replay_some_answers_ago(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cache = PosteriorCache(8)
    history = a_mixed_history(3, 7, seed=7)
    cache.replay(3, history[:4])
    reached: list[int] = []

    def counted(
        before: Portfolio | None,
        dimension: int,
        history: tuple[Answer, ...],
        prior: tuple[float, ...],
    ) -> Portfolio:
        reached.append(len(history))
        return fitting.renewed(before, dimension, history, prior)

    monkeypatch.setattr("multibo.optimizer.preference.replay.renewed", counted)
    lived = cache.replay(3, history)

    assert reached == [5, 6, 7]
    assert lived.log_losses == replay(3, history).log_losses


def test_a_replay_with_a_failure_is_nothing_a_fit_goes_on_from(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cache = PosteriorCache(8)
    history = a_mixed_history(3, 4, seed=7)

    def failing_third(
        before: Portfolio | None,
        dimension: int,
        history: tuple[Answer, ...],
        *_: object,
    ) -> Portfolio:
        if len(history) == 3:
            raise FitFailedError("on purpose")
        return fitting.renewed(before, dimension, history)

    monkeypatch.setattr("multibo.optimizer.preference.replay.renewed", failing_third)
    lived = cache.replay(3, history)

    assert not lived.whole
    assert len(cache) == 0


def test_the_map_finds_the_axis_that_matters() -> None:
    learned = engine.preference_map(4, toward(2, 16))

    importances = [axis.importance for axis in learned.axes]
    effect = learned.axes[2]
    assert max(importances) == importances[2]
    assert learned.slice.x_axis == 2
    assert effect.mean[-1] > effect.mean[0]
    for low, mean, high in zip(effect.lower, effect.mean, effect.upper, strict=True):
        assert low < mean < high
    assert len(learned.slice.mean) == len(learned.slice.x) * len(learned.slice.y)


def test_the_slice_passes_through_the_incumbent_row_by_row() -> None:
    learned = engine.preference_map(4, HISTORY, 3, 1)
    slice_, incumbent = learned.slice, unit_points([learned.trace[-1].warp])[0]
    row, column = 5, 17

    point = incumbent.copy()
    point[3], point[1] = (slice_.x[column] + 1) / 2, (slice_.y[row] + 1) / 2
    mean = fitting.fit(4, HISTORY).mean(point[None, :])[0]
    assert slice_.mean[row * len(slice_.x) + column] == pytest.approx(mean)


def test_the_trace_ends_with_the_recommendation() -> None:
    learned = engine.preference_map(4, HISTORY)

    recommendation = engine.recommend(4, HISTORY)
    assert learned.trace[-1].warp == recommendation.shown.warp
    assert learned.trace[-1].utility_mean == recommendation.shown.utility_mean


@pytest.mark.parametrize(("x", "y"), [(4, None), (None, -1), (2, 2)])
def test_axes_that_are_none_are_refused(x: int | None, y: int | None) -> None:
    with pytest.raises(InvalidRequestError):
        engine.preference_map(4, HISTORY, x, y)


def test_keeping_the_same_image_is_a_reason_to_stop() -> None:
    liked = (100, 200, 300, 400)
    others = [answer.shown[1:] for answer in a_history(4, 6)]
    history = tuple(choice((*shown, liked), 3) for shown in others)

    early, late = (engine.advise(4, history[:n]) for n in (3, 6))

    assert times_kept(history) == 5  # the first time it was new
    assert not early.stop
    assert late.stop
    assert "5 times" in late.reason


def test_consistency_tells_a_steady_person_from_a_contradictory_one() -> None:
    slate = a_history(4, 1)[0].shown
    contradictory = tuple(choice(slate, number % 4) for number in range(20))

    steady, torn = (engine.advise(4, h) for h in (toward(0, 20), contradictory))

    assert steady.consistency > 0.5
    assert torn.consistency < 0.1


def test_everything_has_a_fallback_when_the_fit_fails() -> None:
    prior = engine.prior_of(4, a_history(4, 3))

    advice = engine.advise(4, HISTORY, fit=failing_fit)
    prediction = engine.predict(4, 4, HISTORY, SLATE, fit=failing_fit)
    learned = engine.preference_map(4, HISTORY, fit=failing_fit)

    assert "on purpose" in advice.degraded
    assert "on purpose" in prediction.degraded
    assert "on purpose" in learned.degraded
    assert engine.prior_of(4, HISTORY, prior, fit=failing_fit) == prior
