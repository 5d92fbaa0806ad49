from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from multibo.jobs.spec import ANGLE_QUANTUM, Turn
from multibo.render.errors import TurnRefusedError
from multibo.render.noise import part_shares, seed_noise, start_noise
from tests.support.tiny_model import a_row

SHAPE = (4, 16, 16)
SEEDS = (3, 2**63 - 1, 77)
RIGHT_ANGLE = int(math.pi / 2 * ANGLE_QUANTUM)

angles = st.lists(st.integers(-3700, 3700), min_size=3, max_size=3).map(tuple)
turns = angles.map(lambda given: Turn(SEEDS, given))


def turned(*given: Turn, seed: int = 5) -> Tensor:
    return start_noise(a_row(base_seed=seed, turns=given), SHAPE)


def angle_between(first: Tensor, second: Tensor) -> float:
    first, second = first.double().flatten(), second.double().flatten()
    cosine = first @ second / (first.norm() * second.norm())
    return math.acos(max(-1.0, min(1.0, float(cosine))))


@settings(max_examples=60, deadline=None)
@given(st.lists(turns, min_size=1, max_size=3))
def test_the_norm_of_the_noise_stays(given: list[Turn]) -> None:
    norm = float(turned(*given).double().norm())

    assert norm == pytest.approx(float(turned().double().norm()), rel=1e-6)


@given(st.integers(0, 2**63 - 1), st.integers(0, 3))
def test_turns_without_an_angle_leave_every_bit(seed: int, n_turns: int) -> None:
    idle = [Turn(SEEDS, (0, 0, 0))] * n_turns

    assert torch.equal(turned(*idle, seed=seed), seed_noise(seed, SHAPE))


@settings(max_examples=60, deadline=None)
@given(turns)
def test_an_idle_turn_changes_nothing_before_or_after_another(given: Turn) -> None:
    idle = Turn((8, 9), (0, 0))

    assert torch.equal(turned(idle, given, idle), turned(given))


@settings(max_examples=60, deadline=None)
@given(angles)
def test_the_noise_turns_by_the_length_of_the_angles(given: tuple[int, ...]) -> None:
    after = turned(Turn(SEEDS, given))

    # Beyond pi the way around is shorter; arccos is blunt near 0.
    expected = math.hypot(*given) / ANGLE_QUANTUM
    assert angle_between(after, turned()) == pytest.approx(expected, abs=5e-4)


@settings(max_examples=60, deadline=None)
@given(angles, angles)
def test_near_angles_give_near_noise(
    first: tuple[int, ...], second: tuple[int, ...]
) -> None:
    moved = float((turned(Turn(SEEDS, first)) - turned(Turn(SEEDS, second))).norm())

    # On a sphere, geodesics from one point part no faster than in the plane.
    bound = math.dist(first, second) / ANGLE_QUANTUM * float(turned().norm())
    assert moved <= bound * (1 + 1e-4) + 1e-4


@settings(max_examples=60, deadline=None)
@given(angles, st.integers(0, 2))
def test_half_a_quantum_is_below_what_a_picture_can_show(
    given: tuple[int, ...], place: int
) -> None:
    neighbor = tuple(angle + (number == place) for number, angle in enumerate(given))

    moved = turned(Turn(SEEDS, given)) - turned(Turn(SEEDS, neighbor))

    assert float(moved.norm() / turned().norm()) <= 1.001 / ANGLE_QUANTUM


def test_a_right_angle_toward_a_seed_is_nearly_that_seeds_noise() -> None:
    after = turned(Turn((42,), (RIGHT_ANGLE,)))

    # Orthogonal to the start by construction, as draws nearly are.
    assert angle_between(after, seed_noise(42, SHAPE)) < 0.1
    assert angle_between(after, turned()) == pytest.approx(math.pi / 2, abs=1e-3)


def test_the_directions_stand_at_right_angles() -> None:
    ends = [
        turned(Turn(SEEDS, tuple(RIGHT_ANGLE * (i == j) for i in range(3))))
        for j in range(3)
    ]

    for one in range(3):
        for other in range(one):
            between = angle_between(ends[one], ends[other])
            assert between == pytest.approx(math.pi / 2, abs=1e-3)


def test_a_later_direction_gives_way_to_the_earlier_ones() -> None:
    # The first direction does not depend on the others, whatever their angles.
    alone = turned(Turn(SEEDS[:1], (900,)))

    assert torch.equal(turned(Turn(SEEDS, (900, 0, 0))), alone)
    swapped = turned(Turn(SEEDS[::-1], (0, 0, 900)))
    assert 0 < angle_between(swapped, alone) < 0.1


def test_turns_are_taken_one_after_the_other() -> None:
    first, second = Turn((1,), (1500,)), Turn((2,), (1500,))

    there, back = turned(first, second), turned(second, first)

    assert angle_between(there, back) > 0.02
    assert angle_between(turned(first, Turn((1,), (0,))), turned(first)) == 0


def test_opposite_angles_are_mirror_images_about_the_start() -> None:
    plus, minus = (turned(Turn(SEEDS, (a, -a, 2 * a))) for a in (800, -800))

    cosine = math.cos(math.sqrt(6) * 800 / ANGLE_QUANTUM)
    torch.testing.assert_close((plus + minus) / 2, cosine * turned())


def test_the_noise_of_other_rows_and_calls_changes_no_bit() -> None:
    given = Turn(SEEDS, (100, -2000, 777))
    first = turned(given)

    torch.manual_seed(1)
    turned(Turn((8,), (50,)), seed=9)

    assert torch.equal(turned(given), first)


@pytest.mark.parametrize(
    "given",
    [
        Turn((5,), (100,)),  # the base seed itself
        Turn((7, 7), (100, 0)),
        Turn((7, 8), (100,)),
    ],
)
def test_directions_that_span_nothing_are_refused(given: Turn) -> None:
    with pytest.raises(TurnRefusedError):
        turned(given)


@pytest.mark.parametrize("parts", [(1, 1), (2, 3), (3, 1), (4, 4)])
def test_every_place_belongs_to_its_parts_and_each_center_to_one(
    parts: tuple[int, int],
) -> None:
    shares = part_shares(parts, (24, 24))

    assert len(shares) == parts[0] * parts[1]
    assert torch.allclose(shares.sum(dim=0), torch.ones(24, 24, dtype=torch.float64))
    assert (shares.amax(dim=(1, 2)) > 0.95).all()


@settings(max_examples=40, deadline=None)
@given(angles)
def test_the_norm_stays_in_parts(given: tuple[int, ...]) -> None:
    norm = float(turned(Turn(SEEDS, given, (1, 3))).double().norm())

    assert norm == pytest.approx(float(turned().double().norm()), rel=1e-6)


def test_a_part_is_renewed_and_the_others_hardly_move() -> None:
    after = turned(Turn((9,), (RIGHT_ANGLE,), (1, 4)))

    top, bottom = (
        angle_between(after[:, lines], turned()[:, lines])
        for lines in (slice(0, 2), slice(8, 16))
    )
    assert top == pytest.approx(math.pi / 2, abs=0.3)
    assert bottom < 1e-3


def test_noise_turned_in_parts_is_as_white_as_before() -> None:
    angles = (3000, -5000, 4000)
    far = [
        turned(Turn((seed, seed + 1, seed + 2), angles, (3, 1)), seed=seed + 3)
        for seed in range(0, 400, 4)
    ]

    together = torch.stack(far)
    assert float(together.var(dim=0).mean()) == pytest.approx(1, abs=0.03)
    assert float(together.mean(dim=0).abs().mean()) < 0.15
    assert abs(float((together[..., 1:] * together[..., :-1]).mean())) < 0.02
