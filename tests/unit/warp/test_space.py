from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from multibo.warp.errors import UnknownWarpFamilyError, WarpVectorError
from multibo.warp.space import QUANTUM, search_space, warp_space

SPACE = warp_space("flow-16", 1)
stored_vectors = st.lists(st.integers(-QUANTUM, QUANTUM), min_size=16, max_size=16)


def test_the_space_names_its_family_revision_and_sixteen_axes() -> None:
    names = {axis.name for axis in SPACE.axes}

    assert SPACE.name == "flow-16@1"
    assert SPACE.dimension == len(names) == 16
    assert all(axis.low_label != axis.high_label for axis in SPACE.axes)


def test_the_identity_is_the_center_of_the_box() -> None:
    assert SPACE.identity == SPACE.quantize([0.0] * 16) == (0,) * 16


@given(stored_vectors)
def test_a_stored_vector_survives_the_way_there_and_back(stored: list[int]) -> None:
    values = SPACE.dequantize(stored)

    assert SPACE.quantize(list(values)) == tuple(stored)


@given(st.lists(st.floats(-1, 1), min_size=16, max_size=16))
def test_quantization_moves_no_coordinate_by_more_than_half_a_quantum(
    values: list[float],
) -> None:
    stored = SPACE.dequantize(SPACE.quantize(values))

    assert np.abs(stored - values).max() <= 0.5 / QUANTUM


@pytest.mark.parametrize("bad", [math.nan, math.inf, 1.0001, -1.5])
def test_a_coordinate_that_is_no_point_of_the_box_is_refused(bad: float) -> None:
    with pytest.raises(WarpVectorError, match=r"flow-16@1.*outside"):
        SPACE.quantize([0.0] * 15 + [bad])


@pytest.mark.parametrize("length", [0, 15, 17])
def test_a_vector_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(WarpVectorError, match="expected 16"):
        SPACE.quantize([0.0] * length)
    with pytest.raises(WarpVectorError, match="expected 16"):
        SPACE.dequantize([0] * length)


def test_a_stored_integer_beyond_the_box_is_refused() -> None:
    with pytest.raises(WarpVectorError, match="outside"):
        SPACE.dequantize([QUANTUM + 1] + [0] * 15)


def test_an_unknown_family_or_revision_is_refused_with_those_known() -> None:
    with pytest.raises(UnknownWarpFamilyError, match="flow-16@1") as refusal:
        warp_space("flow-16", 2)

    assert {"plain-0@1", "flow-8@1", "flow-16@1"} <= set(refusal.value.known)


SEARCH = search_space("flow-8@1", name="search-8-6@1", n_noise=6, noise_angle=0.9)


def test_a_search_space_has_warp_axes_then_noise_axes() -> None:
    names = [axis.name for axis in SEARCH.axes]

    assert (SEARCH.name, SEARCH.warp_space, SEARCH.n_noise) == (
        "search-8-6@1",
        "flow-8@1",
        6,
    )
    assert names[:8] == [axis.name for axis in warp_space("flow-8", 1).axes]
    assert names[8:] == [f"noise-{number}" for number in range(1, 7)]
    assert SEARCH.identity == (0,) * SEARCH.dimension == (0,) * 14


def test_a_warp_family_is_a_search_space_without_noise() -> None:
    space = search_space("flow-16@1")

    assert (space.name, space.warp_space, space.axes) == (
        "flow-16@1",
        "flow-16@1",
        SPACE.axes,
    )
    assert space.split(range(16)) == (tuple(range(16)), ())


@given(st.lists(st.integers(-QUANTUM, QUANTUM), min_size=14, max_size=14))
def test_a_vector_splits_into_its_warp_and_angles_up_to_a_right_angle(
    stored: list[int],
) -> None:
    warp, angles = SEARCH.split(stored)

    wanted = np.array(stored[8:]) * 0.9
    length = float(np.linalg.norm(wanted))
    shortened = min(1.0, math.pi / 2 * QUANTUM / max(length, 1.0))
    assert warp == tuple(stored[:8])
    assert np.abs(np.array(angles) - wanted * shortened).max() <= 1.51
    assert math.hypot(*angles) <= math.pi / 2 * QUANTUM


def test_equal_steps_of_a_noise_coordinate_are_equal_angles() -> None:
    _, angles = SEARCH.split((0,) * 8 + (4096, -2048, 1, 0, 0, 0))

    assert angles == (3686, -1843, 1, 0, 0, 0)


@pytest.mark.parametrize("length", [8, 13, 15])
def test_a_vector_of_another_length_does_not_split(length: int) -> None:
    with pytest.raises(WarpVectorError, match=r"search-8-6@1.*14"):
        SEARCH.split([0] * length)


def test_noise_alone_is_a_search_space_too() -> None:
    space = search_space("plain-0@1", name="search-0-2@1", n_noise=2, noise_angle=1.0)

    assert space.split([4096, 0]) == ((), (4096, 0))


def test_an_unknown_warp_part_is_refused_with_the_known_families() -> None:
    with pytest.raises(UnknownWarpFamilyError, match="flow-16@1"):
        search_space("flow-99@1")


def test_a_space_in_parts_names_the_parts_and_bounds_each_by_a_right_angle() -> None:
    space = search_space("flow-8@1", name="search-8-2x3@1", n_noise=6, noise_angle=1.4)

    _, angles = space.split((0,) * 8 + (4096,) * 6)

    assert space.parts == (2, 3)
    assert angles == (round(1.4 * 4096),) * 6
    assert space.axes[8].high_label == "top left toward another draw"
    assert space.axes[-1].high_label == "bottom right toward another draw"


def test_coordinates_of_one_part_share_its_right_angle() -> None:
    space = search_space("flow-8@1", name="search-8-1x2@1", n_noise=4, noise_angle=1.4)

    _, angles = space.split((0,) * 8 + (4096,) * 4)

    for part in (angles[0::2], angles[1::2]):
        assert math.hypot(*part) <= math.pi / 2 * 4096
        assert math.hypot(*part) == pytest.approx(math.pi / 2 * 4096, rel=1e-3)
