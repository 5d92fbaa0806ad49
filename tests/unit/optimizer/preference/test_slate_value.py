"""What a slate is worth to target search."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multibo.optimizer.preference.chains import first_chains
from multibo.optimizer.preference.slate_value import SlateValue
from multibo.optimizer.preference.target import TargetModel, target_model
from tests.support.gradients import numeric_gradient

D = 3
CENTER = np.full((1, D), 0.5)
POINTS = np.random.default_rng(5).random((3, D))


def a_model(*, decisive: float = 1.0) -> TargetModel:
    """Return draws of the prior, of people so many times as decisive."""
    model = target_model(D, first_chains(D))
    sharpness = decisive * model.targets.sharpness
    return replace(model, targets=replace(model.targets, sharpness=sharpness))


def beside_the_center(model: TargetModel) -> SlateValue:
    return SlateValue(model, model.values(CENTER))


def test_a_slate_is_worth_the_same_point_by_point_and_all_at_once() -> None:
    model = a_model()
    worth = beside_the_center(model)
    fuller = SlateValue(model, np.vstack([worth.filled, model.values(POINTS[:2])]))

    one_by_one = fuller.with_each(model.values(POINTS[2:]))

    assert one_by_one[0] == pytest.approx(worth.value_and_gradient(POINTS)[0])


def test_the_gradient_of_the_worth_matches_finite_differences() -> None:
    worth = beside_the_center(a_model())

    _, gradient = worth.value_and_gradient(POINTS)

    numeric = numeric_gradient(
        lambda x: worth.value_and_gradient(x.reshape(-1, D))[0], POINTS.ravel()
    )
    assert gradient.ravel() == pytest.approx(numeric, rel=1e-4, abs=1e-6)


def test_somebody_noisy_is_shown_candidates_farther_apart() -> None:
    def best_distance(decisive: float) -> float:
        worth = beside_the_center(a_model(decisive=decisive))
        distances = np.linspace(0.05, 0.5, 10)
        pairs = [CENTER + step * np.array([[1.0], [-1.0]]) for step in distances]
        worths = [worth.value_and_gradient(pair)[0] for pair in pairs]
        return float(distances[int(np.argmax(worths))])

    assert best_distance(0.1) > best_distance(100.0)
