"""Simulated people: how sure they are, and of what."""

import numpy as np
import pytest

from multibo.evaluation import problems
from multibo.evaluation.preferences.people import (
    K,
    PersonKind,
    choice_temperature,
    person,
)

SLATES = np.random.default_rng(9).random((3000, K, 12))


def share_right(kind: PersonKind) -> float:
    """Return how often somebody picks the best of a random slate."""
    problem = problems.problem("warp12", seed=0)
    somebody = person(kind, problem, seed=0)
    best = problem.utility(SLATES.reshape(-1, 12)).reshape(-1, K).argmax(axis=1)
    return float(np.mean([somebody.choose(s) for s in SLATES] == best))


def test_a_clean_person_always_picks_the_best() -> None:
    assert share_right(PersonKind.CLEAN) == 1.0


@pytest.mark.parametrize("kind", [PersonKind.NOISY, PersonKind.WEBER])
def test_an_unsure_person_is_right_in_eighty_of_a_hundred_random_slates(
    kind: PersonKind,
) -> None:
    assert share_right(kind) == pytest.approx(0.8, abs=0.025)


def test_a_weber_person_sees_finer_differences_near_the_optimum() -> None:
    problem = problems.problem("ackley6", seed=0)
    peak = np.random.default_rng([0, 0]).uniform(0.2, 0.8, 6)
    near = np.stack([peak + 0.002, peak + 0.004, peak + 0.008, peak + 0.016])

    noisy, weber = (
        np.mean([somebody.choose(near) == 0 for _ in range(300)])
        for somebody in (
            person(kind, problem, seed=0)
            for kind in (PersonKind.NOISY, PersonKind.WEBER)
        )
    )

    assert weber > noisy + 0.1


def test_the_noise_is_the_same_for_every_optimizer() -> None:
    problem = problems.problem("warp12", seed=0)

    one, other = (person(PersonKind.NOISY, problem, seed=3) for _ in range(2))

    assert [one.choose(s) for s in SLATES[:50]] == [
        other.choose(s) for s in SLATES[:50]
    ]


def test_less_noise_is_right_more_often() -> None:
    problem = problems.problem("levy4", seed=0)

    temperatures = [
        choice_temperature(problem.utility, 4, accuracy=share)
        for share in (0.5, 0.7, 0.9)
    ]

    assert temperatures == sorted(temperatures, reverse=True)
