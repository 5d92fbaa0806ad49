import pytest

from multibo.evaluation.reach.paired import compare, holm


def test_equal_gains_are_no_difference() -> None:
    found = compare([0.1, 0.5, 0.3], [0.1, 0.5, 0.3])

    assert (found.difference, found.low, found.high) == (0, 0, 0)
    assert found.p == 1
    assert found.ratio == 1


def test_a_constant_lead_has_no_width_and_is_no_chance() -> None:
    found = compare([value + 0.25 for value in range(12)], list(range(12)))

    assert found.difference == pytest.approx(0.25)
    assert found.low == pytest.approx(0.25)
    assert found.high == pytest.approx(0.25)
    assert found.p < 0.01


def test_pairs_are_compared_one_to_one() -> None:
    with pytest.raises(ValueError, match="2 gains against 1"):
        compare([0.1, 0.2], [0.1])


def test_holm_multiplies_by_what_is_left_and_keeps_the_order() -> None:
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])


def test_corrected_p_values_stay_probabilities() -> None:
    assert holm([0.9, 0.8]) == [1.0, 1.0]
