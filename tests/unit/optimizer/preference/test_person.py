"""What is learned about how somebody answers."""

from __future__ import annotations

import numpy as np
import pytest

from multibo.optimizer.preference import engine, fitting
from multibo.optimizer.preference.dataset import Answer, choice, unit_points
from multibo.optimizer.preference.lapses import LAPSE
from multibo.optimizer.preference.person import UNKNOWN_TEMPERATURE, choice_temperature
from tests.support.histories import a_history

D = 3
SLATE = a_history(D, 1)[0].shown


def answered(n_rounds: int, *, noise: float, slips: float = 0.0) -> tuple[Answer, ...]:
    """Return random slates, answered by the distance to one point."""
    generator = np.random.default_rng(5)
    answers = []
    for answer in a_history(D, n_rounds, seed=3):
        distance = np.linalg.norm(unit_points(answer.shown) - 0.7, axis=1)
        felt = -distance + noise * generator.gumbel(size=len(distance))
        slot = int(felt.argmax())
        if generator.random() < slips:
            slot = int(generator.integers(len(distance)))
        answers.append(choice(answer.shown, slot))
    return tuple(answers)


def test_an_unsure_person_has_a_higher_temperature_than_a_decisive_one() -> None:
    temperatures = [
        choice_temperature(fitting.fit(D, answered(30, noise=noise)))
        for noise in (0.0, 0.1, 0.4)
    ]

    assert temperatures == sorted(temperatures)
    assert temperatures[2] > 3.0 * temperatures[0]


def test_slips_of_a_decisive_person_are_told_from_noise() -> None:
    careful, careless = (
        engine.predict(D, 4, answered(40, noise=0.0, slips=slips), SLATE)
        for slips in (0.0, 0.25)
    )

    assert careful.lapse < LAPSE
    assert careless.lapse > 1.5 * LAPSE


def test_before_the_first_answer_the_person_is_as_people_are() -> None:
    prediction = engine.predict(D, 4, (), SLATE)

    assert prediction.temperature == UNKNOWN_TEMPERATURE
    assert prediction.lapse == LAPSE


@pytest.mark.parametrize("n_rounds", [1, 7, 20])
def test_a_temperature_is_positive_whatever_was_answered(n_rounds: int) -> None:
    portfolio = fitting.fit(D, a_history(D, n_rounds))

    assert 0.0 < choice_temperature(portfolio) < np.inf
