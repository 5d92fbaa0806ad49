"""Gradient ascents in a box."""

import numpy as np
import pytest

from multibo.optimizer.preference.arrays import Floats
from multibo.optimizer.preference.ascent import Objective, ascend

STARTS = np.random.default_rng(0).random((8, 3))
LOW, HIGH, SCALES = np.zeros(3), np.ones(3), np.ones(3)


def a_bowl(peak: Floats) -> Objective:
    """Return an objective with its maximum at a peak."""

    def objective(points: Floats) -> tuple[Floats, Floats]:
        offset = points - peak
        return -(offset**2).sum(axis=1), -2.0 * offset

    return objective


def test_every_climb_ends_at_the_peak_of_a_bowl() -> None:
    peak = np.array([0.3, 0.6, 0.5])

    points, values = ascend(
        a_bowl(peak), STARTS, low=LOW, high=HIGH, scales=SCALES, n_steps=60
    )

    assert points == pytest.approx(np.tile(peak, (8, 1)), abs=1e-3)
    assert values == pytest.approx(np.zeros(8), abs=1e-5)


def test_a_peak_outside_is_approached_along_the_wall() -> None:
    peak = np.array([1.7, 0.6, -0.4])

    points, _ = ascend(
        a_bowl(peak), STARTS, low=LOW, high=HIGH, scales=SCALES, n_steps=60
    )

    assert points == pytest.approx(np.tile([1.0, 0.6, 0.0], (8, 1)), abs=1e-3)


def test_no_point_ends_lower_than_it_began() -> None:
    def ripple(points: Floats) -> tuple[Floats, Floats]:
        value = np.sin(40.0 * points).sum(axis=1)
        return value, 40.0 * np.cos(40.0 * points)

    _, values = ascend(ripple, STARTS, low=LOW, high=HIGH, scales=SCALES, n_steps=10)

    assert (values >= ripple(STARTS)[0]).all()


def test_a_flat_objective_moves_nothing() -> None:
    def flat(points: Floats) -> tuple[Floats, Floats]:
        return np.zeros(len(points)), np.zeros_like(points)

    points, _ = ascend(flat, STARTS, low=LOW, high=HIGH, scales=SCALES, n_steps=5)

    assert (points == STARTS).all()
