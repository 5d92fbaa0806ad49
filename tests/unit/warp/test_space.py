from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from multibo.warp.errors import UnknownWarpFamilyError, WarpVectorError
from multibo.warp.space import QUANTUM, warp_space

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

    assert refusal.value.known == ("flow-16@1",)
