"""The history as arrays."""

import numpy as np
import pytest

from multibo.optimizer.preference import dataset
from multibo.optimizer.preference.dataset import Answer, choice
from multibo.optimizer.preference.errors import InvalidRequestError


def test_a_warp_shown_twice_is_one_point() -> None:
    history = (choice(((0, 0), (10, 20)), 1), choice(((10, 20), (5, 5)), 0))

    choices = dataset.choices_of(2, history)

    assert choices.n_points == 3
    assert choices.slates.tolist() == [[0, 1], [1, 2]]
    assert choices.shares.tolist() == [[0.0, 1.0], [1.0, 0.0]]


def test_slates_may_differ_in_size() -> None:
    history = (choice(((0,), (1,), (2,)), 2), choice(((0,), (3,)), 1))

    choices = dataset.choices_of(1, history)

    assert choices.present.tolist() == [[True, True, True], [True, True, False]]


def test_the_identity_is_the_center_of_the_unit_box() -> None:
    points = dataset.unit_points([(0, 0), (4096, -4096)])

    assert points.tolist() == [[0.5, 0.5], [1.0, 0.0]]


def test_every_quantized_coordinate_survives_the_unit_box() -> None:
    warp = tuple(range(-4096, 4097))

    (point,) = dataset.unit_points([warp])

    assert dataset.quantized_warp(point) == warp


def test_a_point_outside_the_box_is_clipped() -> None:
    assert dataset.quantized_warp(np.array([-0.2, 1.3])) == (-4096, 4096)


@pytest.mark.parametrize(
    "answer",
    [
        choice(((0, 0),), 0),
        choice(((0, 0), (1, 1)), 2),
        choice(((0, 0), (1, 1)), -1),
        choice(((0, 0), (1,)), 0),
        choice(((0, 0), (1, 4097)), 0),
    ],
    ids=["one shown", "chosen too high", "chosen negative", "length", "outside"],
)
def test_an_answer_that_means_nothing_is_refused(answer: Answer) -> None:
    with pytest.raises(InvalidRequestError):
        dataset.choices_of(2, (answer,))
