from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from multibo.evaluation.calibration.amplitudes import amplitude_of, common_effect


def test_the_common_effect_is_that_of_the_median_axis() -> None:
    assert common_effect([(0.1, 0.2), (0.5, 0.6), (0.3, 0.9)], 0) == 0.3


@pytest.mark.parametrize("power", [0.5, 1.0, 1.5])
def test_a_power_law_is_inverted_exactly(power: float) -> None:
    effects = [0.1**power, 0.2**power]

    for amplitude in (0.06, 0.1, 0.15, 0.2):
        found = amplitude_of(amplitude**power, [0.1, 0.2], effects)
        assert found == pytest.approx(amplitude)


def test_an_axis_held_by_its_limit_is_taken_as_linear() -> None:
    assert amplitude_of(0.15, [0.3, 0.3], [0.2, 0.2]) == pytest.approx(0.225)
    assert amplitude_of(0.9, [0.3, 0.3], [0.2, 0.2]) == 0.3


@given(
    st.floats(1e-6, 10),
    st.lists(st.floats(0, 2), min_size=3, max_size=3),
)
def test_the_answer_stays_near_what_was_measured(
    effect: float, effects: list[float]
) -> None:
    found = amplitude_of(effect, [0.1, 0.2, 0.4], effects)

    assert 0.05 <= found <= 0.4


@given(st.floats(0.01, 1), st.floats(0.01, 1))
def test_a_larger_effect_takes_no_smaller_amplitude(one: float, other: float) -> None:
    low, high = sorted((one, other))

    measured = ([0.1, 0.2, 0.4], [0.1, 0.3, 0.5])

    assert amplitude_of(low, *measured) <= amplitude_of(high, *measured) + 1e-12
