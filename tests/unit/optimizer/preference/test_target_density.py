"""Target search's posterior density, against finite differences and limits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multibo.optimizer.preference.chains import N_CHAINS, advanced, first_chains
from multibo.optimizer.preference.dataset import Answer, AnswerKind, choice, choices_of
from multibo.optimizer.preference.lapses import LAPSE, lapsing_likelihood
from multibo.optimizer.preference.likelihood import choice_probabilities
from multibo.optimizer.preference.target import target_model
from multibo.optimizer.preference.target_density import (
    target_density,
    targets_of,
)
from tests.support.histories import a_history, a_mixed_history, some_choices

D = 3


@pytest.mark.parametrize("seed", range(3))
def test_the_gradient_matches_finite_differences(seed: int) -> None:
    density = target_density(choices_of(D, a_mixed_history(D, 10, seed=seed)))
    chains = first_chains(D).positions[:, :3]

    _, gradient = density.value_and_gradient(chains)

    for row in range(len(chains)):
        offset = np.zeros_like(chains)
        offset[row] = 1e-5
        above, _ = density.value_and_gradient(chains + offset)
        below, _ = density.value_and_gradient(chains - offset)
        assert gradient[row] == pytest.approx((above - below) / 2e-5, abs=1e-4)


def test_the_lapsing_likelihood_has_a_closed_form() -> None:
    choices = choices_of(1, (choice(((0,), (100,), (200,)), 1),))
    utility = np.array([[0.0], [1.0], [-1.0]])

    value = lapsing_likelihood(utility, np.array([LAPSE]), choices).value

    meant = choice_probabilities(utility[:, 0], choices).slots[0, 1]
    assert value[0] == pytest.approx(np.log((1 - LAPSE) * meant + LAPSE / 3))


def test_no_single_answer_costs_more_than_a_lapse() -> None:
    choices = choices_of(1, (choice(((0,), (100,)), 1),))

    utility = np.array([[900.0], [-900.0]])
    likely = lapsing_likelihood(utility, np.array([LAPSE]), choices)

    assert likely.value[0] == pytest.approx(np.log(LAPSE / 2))
    assert np.abs(likely.by_slot).max() < 1e-9


def test_the_order_in_which_a_slate_was_shown_changes_nothing() -> None:
    history = a_history(D, 6)
    turned = tuple(
        choice(answer.shown[::-1], len(answer.shown) - 1 - answer.judged[0])
        for answer in history
    )
    chains = first_chains(D).positions

    values = [
        target_density(choices_of(D, one)).value_and_gradient(chains)[0]
        for one in (history, turned)
    ]

    assert values[0] == pytest.approx(values[1])


def test_more_votes_for_a_point_draw_the_target_toward_it() -> None:
    liked, others = (2048,) * D, ((-2048,) * D, (0,) * D)
    history = tuple(choice((*others, liked), 2) for _ in range(12))
    chains = first_chains(D)

    distances = []
    for n_votes in (1, 12):
        density = target_density(choices_of(D, history[:n_votes]))
        targets = targets_of(density.prior, advanced(chains, density).positions)
        distances.append(np.abs(targets.points - 0.75).mean())

    assert distances[1] < distances[0]


def test_chains_are_a_function_of_the_answers_alone() -> None:
    density = target_density(some_choices(D, 8))
    chains = first_chains(D)

    once, again = (advanced(chains, density) for _ in range(2))

    assert np.array_equal(once.positions, again.positions)
    assert once.step == again.step
    assert once.positions.shape[1] == N_CHAINS


def test_lost_chains_start_anew_from_others() -> None:
    density = target_density(some_choices(D, 30))
    chains = advanced(first_chains(D), density)
    astray = chains.positions.copy()
    astray[2 * D] = np.where(np.arange(N_CHAINS) < 3, 11.9, astray[2 * D])

    found = advanced(replace(chains, positions=astray), density)

    value, _ = density.value_and_gradient(found.positions)
    assert np.isfinite(value).all()
    assert value.min() > np.median(value) - 25.0


def test_none_of_these_teaches_where_the_outside_option_stands() -> None:
    shown = a_history(D, 1)[0].shown
    refused = (Answer(shown, AnswerKind.NONE_OF_THESE, ()),) * 8
    kept = tuple(choice(shown, 0) for _ in range(8))
    chains = first_chains(D)

    levels = []
    for history in (refused + kept[:1], kept + refused[:1]):
        model = target_model(
            D, advanced(chains, target_density(choices_of(D, history)))
        )
        best = model.values(choices_of(D, history).points).max(axis=0)
        levels.append(float(np.median(model.outside() - best)))

    assert levels[0] > levels[1]
