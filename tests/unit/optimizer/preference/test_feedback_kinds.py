"""Every kind of answer in one likelihood: derivatives, and what each teaches."""

import itertools

import numpy as np
import pytest

from multibo.optimizer.preference import laplace, likelihood, posterior
from multibo.optimizer.preference.dataset import (
    Answer,
    AnswerKind,
    choice,
    choices_of,
    unit_points,
)
from multibo.optimizer.preference.errors import InvalidRequestError
from multibo.optimizer.preference.hyperparameters import log_evidence
from multibo.optimizer.preference.kernel import Kernel
from multibo.optimizer.preference.posterior import Posterior
from multibo.optimizer.preference.prior import HyperPrior, Prior
from tests.support.gradients import numeric_gradient
from tests.support.histories import a_history, a_mixed_history

SHOWN = ((2000, 0), (-2000, 0), (0, 2000), (0, -2000))
"""As far from the center as each other, so that the prior prefers none."""
CHOSEN = choice(SHOWN, 2)
RANKING = Answer(SHOWN, AnswerKind.RANKING, (2, 0, 3))
TIE = Answer(SHOWN, AnswerKind.TIE, (1, 3))
NONE = Answer(SHOWN[:3], AnswerKind.NONE_OF_THESE, ())
KINDS = {
    "chosen": (CHOSEN,),
    "ranking": (RANKING,),
    "tie": (TIE,),
    "none": (NONE,),
    "all": (CHOSEN, RANKING, TIE, NONE, *a_mixed_history(2, 6, seed=3)),
}
PRIOR = Prior(Kernel(np.array([0.6, 0.8]), 3.0))


def conditioned(*answers: Answer) -> Posterior:
    return posterior.condition(PRIOR, choices_of(2, answers))


def test_a_ranking_is_one_contest_per_place_that_could_be_lost() -> None:
    full = Answer(SHOWN, AnswerKind.RANKING, (2, 0, 3, 1))

    for answer in (RANKING, full):
        choices = choices_of(2, (answer,))
        assert choices.slates[choices.present].tolist() == [0, 1, 2, 3, 0, 1, 3, 1, 3]
        assert choices.present.sum(axis=1).tolist() == [4, 3, 2]


def test_a_ranking_has_the_probability_of_plackett_and_luce() -> None:
    utility = np.array([0.3, -1.0, 0.8, 0.1])
    choices = choices_of(2, (RANKING,))

    value = likelihood.choice_probabilities(utility, choices).log_likelihood

    weight = np.exp(utility)
    expected = (
        weight[2] / weight.sum()
        * weight[0] / (weight.sum() - weight[2])
        * weight[3] / (weight[3] + weight[1])
    )  # fmt: skip
    assert value == pytest.approx(np.log(expected))


def test_the_probabilities_of_all_rankings_sum_to_one() -> None:
    utility = np.array([0.3, -1.0, 0.8, 0.1])

    total = sum(
        np.exp(
            likelihood.choice_probabilities(
                utility, choices_of(2, (Answer(SHOWN, AnswerKind.RANKING, order),))
            ).log_likelihood
        )
        for order in itertools.permutations(range(4), 2)
    )

    assert total == pytest.approx(1.0)


def test_a_tie_is_never_likelier_than_one_of_its_members_winning() -> None:
    choices = choices_of(2, (TIE,))
    for seed in range(20):
        utility = 3 * np.random.default_rng(seed).standard_normal(4)

        tie = likelihood.choice_probabilities(utility, choices)

        either = np.log(tie.slots[0, [1, 3]].sum() / 2)
        assert tie.log_likelihood <= either + 1e-12
    equal = likelihood.choice_probabilities(np.zeros(4), choices)
    assert equal.log_likelihood == pytest.approx(np.log(0.25))


def test_the_outside_option_takes_part_once_it_was_used() -> None:
    before, after = choices_of(2, (CHOSEN,)), choices_of(2, (CHOSEN, NONE))

    assert (before.outside, before.n_utilities) == (False, 4)
    assert (after.outside, after.n_utilities) == (True, 5)
    assert after.slates.tolist() == [[0, 1, 2, 3, 4], [0, 1, 2, 4, 0]]
    assert after.shares.tolist() == [[0, 0, 1, 0, 0], [0, 0, 0, 1, 0]]


@pytest.mark.parametrize("answers", KINDS.values(), ids=KINDS)
def test_the_derivatives_match_finite_differences(answers: tuple[Answer, ...]) -> None:
    choices = choices_of(2, answers)
    m = choices.n_utilities
    at = 1.5 * np.random.default_rng(0).standard_normal(m)
    factor = np.random.default_rng(1).standard_normal((m, m))
    covariance = factor @ factor.T

    def value(utility: np.ndarray) -> float:
        return likelihood.choice_probabilities(utility, choices).log_likelihood

    def slots(utility: np.ndarray) -> np.ndarray:
        return likelihood.choice_probabilities(utility, choices).slots

    def slope(utility: np.ndarray, point: int) -> float:
        return float(likelihood.likelihood_gradient(slots(utility), choices)[point])

    def trace(utility: np.ndarray) -> float:
        curvature = likelihood.likelihood_curvature(slots(utility), choices)
        return float(np.sum(covariance * curvature))

    gradient = likelihood.likelihood_gradient(slots(at), choices)
    curvature = likelihood.likelihood_curvature(slots(at), choices)
    third = likelihood.curvature_trace_gradient(slots(at), choices, covariance)

    assert gradient == pytest.approx(numeric_gradient(value, at), abs=1e-8)
    for point in range(m):
        row = -numeric_gradient(lambda u, p=point: slope(u, p), at)
        assert curvature[point] == pytest.approx(row, abs=1e-8)
    assert third == pytest.approx(numeric_gradient(trace, at), rel=1e-6, abs=1e-7)
    assert np.linalg.eigvalsh(curvature).min() > -1e-12


@pytest.mark.parametrize("answers", KINDS.values(), ids=KINDS)
def test_the_evidence_gradient_matches_finite_differences(
    answers: tuple[Answer, ...],
) -> None:
    choices = choices_of(2, answers)
    parameters = HyperPrior(2).start() + np.array([0.2, -0.1, 0.3])
    _, gradient, mode = log_evidence(parameters, choices, np.zeros(choices.n_utilities))

    def evidence(at: np.ndarray) -> float:
        return log_evidence(at, choices, mode)[0]

    expected = numeric_gradient(evidence, parameters)
    assert gradient == pytest.approx(expected, rel=1e-5, abs=1e-7)


def test_the_order_of_slots_and_of_answers_changes_nothing() -> None:
    history = a_mixed_history(2, 10, seed=4)
    mirrored = [
        Answer(
            answer.shown[::-1],
            answer.kind,
            tuple(len(answer.shown) - 1 - index for index in answer.judged),
        )
        for answer in reversed(history)
    ]
    at = np.random.default_rng(0).random((9, 2))

    fits = [posterior.fit_posterior(choices_of(2, h)) for h in (history, mirrored)]

    assert fits[0].mean(at) == pytest.approx(fits[1].mean(at), abs=2e-3)
    assert fits[0].outside is not None
    assert fits[1].outside is not None
    assert fits[0].outside.mean == pytest.approx(fits[1].outside.mean, abs=2e-3)


def test_a_ranking_orders_the_means() -> None:
    mean = conditioned(RANKING).mean(unit_points(SHOWN))

    assert mean[2] > mean[0] > mean[3] > mean[1]


def test_a_tie_draws_the_tied_together_and_above_the_others() -> None:
    apart = (choice(SHOWN, 1),)
    before = conditioned(*apart).mean(unit_points(SHOWN))

    mean = conditioned(*apart, *[TIE] * 4).mean(unit_points(SHOWN))

    assert abs(mean[1] - mean[3]) < 0.5 * abs(before[1] - before[3])
    assert min(mean[1], mean[3]) > max(mean[0], mean[2])


def test_all_the_same_draws_everything_together() -> None:
    same = Answer(SHOWN, AnswerKind.TIE, (0, 1, 2, 3))
    before = conditioned(CHOSEN).mean(unit_points(SHOWN))

    mean = conditioned(CHOSEN, *[same] * 5).mean(unit_points(SHOWN))

    assert np.ptp(mean) < 0.5 * np.ptp(before)


def test_none_of_these_lowers_all_shown_against_the_outside_option() -> None:
    answers = (RANKING, NONE)
    points = unit_points(SHOWN[:3])

    leads = []
    for history in (answers, (*answers, NONE)):
        fitted = conditioned(*history)
        assert fitted.outside is not None
        leads.append(fitted.mean(points) - fitted.outside.mean)

    assert (leads[1] < leads[0]).all()


def test_a_choice_raises_what_was_chosen_above_the_outside_option() -> None:
    leads = []
    for history in ((NONE,), (NONE, CHOSEN)):
        fitted = conditioned(*history)
        assert fitted.outside is not None
        leads.append(fitted.mean(unit_points(SHOWN[2:3]))[0] - fitted.outside.mean)

    assert leads[1] > leads[0]


def test_points_and_outside_option_are_jointly_as_laplace_has_it() -> None:
    choices = choices_of(2, KINDS["all"])
    fitted = posterior.condition(PRIOR, choices)
    mean = PRIOR.joint_mean(choices.points, outside=True)
    covariance = PRIOR.covariance(choices.points, outside=True)
    mode = laplace.find_mode(mean, covariance, choices, mean)

    joint_mean, root = fitted.joint_with_outside(choices.points)

    assert joint_mean == pytest.approx(mode.utility, abs=1e-3)
    assert root @ root.T == pytest.approx(mode.covariance, abs=1e-3)


@pytest.mark.parametrize(
    ("kind", "n_shown", "judged"),
    [
        (AnswerKind.CHOSEN, 1, (0,)),
        (AnswerKind.CHOSEN, 3, (0, 1)),
        (AnswerKind.CHOSEN, 3, ()),
        (AnswerKind.RANKING, 3, (0,)),
        (AnswerKind.RANKING, 3, (0, 0)),
        (AnswerKind.TIE, 3, (1,)),
        (AnswerKind.TIE, 3, (1, 3)),
        (AnswerKind.NONE_OF_THESE, 3, (1,)),
        (AnswerKind.NONE_OF_THESE, 0, ()),
    ],
)
def test_an_answer_about_something_else_is_refused(
    kind: AnswerKind, n_shown: int, judged: tuple[int, ...]
) -> None:
    with pytest.raises(InvalidRequestError):
        choices_of(2, (Answer(SHOWN[:n_shown], kind, judged),))


def test_choices_alone_are_a_contest_each_without_outside_option() -> None:
    choices = choices_of(3, a_history(3, 9))

    assert not choices.outside
    assert len(choices.slates) == choices.n_answers == 9
    assert (choices.shares.max(axis=1) == 1).all()
