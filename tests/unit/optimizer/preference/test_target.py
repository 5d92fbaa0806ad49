"""Target search as a model, and the candidates it picks."""

from __future__ import annotations

import numpy as np
import pytest

from multibo.optimizer.preference import target_slate
from multibo.optimizer.preference.chains import advanced, first_chains
from multibo.optimizer.preference.dataset import Answer, choice, choices_of
from multibo.optimizer.preference.design import MIN_SEPARATION, separation
from multibo.optimizer.preference.slate_value import SlateValue
from multibo.optimizer.preference.target import TargetModel, target_model
from multibo.optimizer.preference.target_density import target_density
from multibo.optimizer.preference.target_slate import target_points
from tests.support.gradients import numeric_gradient
from tests.support.histories import a_history, a_warp

D = 3


def learned(history: tuple[Answer, ...], dimension: int = D) -> TargetModel:
    density = target_density(choices_of(dimension, history))
    chains = first_chains(dimension)
    for _ in range(3):
        chains = advanced(chains, density)
    return target_model(dimension, chains)


def nearest(target: np.ndarray, n_rounds: int) -> tuple[Answer, ...]:
    """Return rounds of random candidates in which the nearest is chosen."""
    generator = np.random.default_rng(3)
    answers = []
    for _ in range(n_rounds):
        shown = tuple(a_warp(len(target), generator) for _ in range(4))
        distances = np.linalg.norm(np.array(shown) / 4096 - target, axis=1)
        answers.append(choice(shown, int(distances.argmin())))
    return tuple(answers)


def test_the_gradient_of_a_mix_of_draws_matches_finite_differences() -> None:
    model = learned(a_history(D, 6))
    at = np.random.default_rng(1).random((1, D))
    shares = np.random.default_rng(2).random((1, model.targets.sharpness.size))

    gradient = model.evaluate(at).gradient(shares)[0]

    numeric = numeric_gradient(
        lambda x: float((model.values(x[None]) * shares).sum()), at[0]
    )
    assert gradient == pytest.approx(numeric, rel=1e-4, abs=1e-4)


def test_the_mean_gradient_matches_finite_differences() -> None:
    model = learned(a_history(D, 6))
    at = np.random.default_rng(1).random(D)

    _, gradient = model.mean_gradient(at[None])

    numeric = numeric_gradient(lambda x: float(model.mean(x[None])[0]), at)
    assert gradient[0] == pytest.approx(numeric, rel=1e-4, abs=1e-4)


def test_the_target_is_found() -> None:
    target = np.array([0.5, -0.4, 0.1])

    model = learned(nearest(target, 40))

    believed = 2.0 * model.targets.points.mean(axis=1) - 1.0
    assert np.abs(believed - target).max() < 0.15


def test_the_candidates_raise_the_best_of_the_slate_more_than_random_ones() -> None:
    model = learned(nearest(np.array([0.5, -0.4, 0.1]), 8))
    generator = np.random.default_rng(0)
    slate = np.full((1, D), 0.5)

    points = target_points(model, slate, 3, generator.random((64, D)), seed=1)

    def expected(chosen: np.ndarray) -> float:
        return float(model.values(np.vstack([slate, chosen])).max(axis=0).mean())

    assert points.shape == (3, D)
    assert expected(points) > max(expected(generator.random((3, D))) for _ in range(50))


@pytest.mark.parametrize("dimension", [1, 2, D])
def test_the_candidates_keep_apart(dimension: int) -> None:
    model = learned(nearest(np.zeros(dimension), 30), dimension)
    slate = np.full((1, dimension), 0.5)

    points = target_points(model, slate, 3, np.full((8, dimension), 0.5), seed=1)

    for index, point in enumerate(points):
        others = np.vstack([slate, np.delete(points, index, axis=0)])
        assert separation(point[None], others)[0] >= MIN_SEPARATION


def test_a_candidate_that_stays_is_not_climbed_upon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = learned(nearest(np.zeros(D), 30))
    slate = np.full((1, D), 0.5)

    def climbed(_worth: SlateValue, points: np.ndarray) -> object:
        return np.vstack([points[1] + 0.001, slate])  # the second crowds the slate

    monkeypatch.setattr(target_slate, "_climbed", climbed)
    first, second = target_points(model, slate, 2, slate, seed=1)

    assert separation(first[None], second[None])[0] >= MIN_SEPARATION
