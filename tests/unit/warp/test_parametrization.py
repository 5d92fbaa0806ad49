from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from multibo.warp import parametrization
from multibo.warp.constraint import jacobian_determinant
from multibo.warp.space import warp_space
from tests.support.tiny_model import a_family, random_warps

FAMILY = a_family()
STRONG = a_family(amplitudes=(1.0,) * 16)
"""Far stronger than any calibration: the constraint has to hold it all the same."""


def unit(axis: int, value: float = 1.0) -> Tensor:
    vector = torch.zeros(16, dtype=torch.float64)
    vector[axis] = value
    return vector


def uniform(n: int) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.rand(n, 16, generator=generator, dtype=torch.float64) * 2 - 1


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([-1.0, 0.0, 1.0]), min_size=16, max_size=16))
def test_no_corner_of_the_box_folds(corner: list[float]) -> None:
    vector = torch.tensor(corner, dtype=torch.float64)

    gradients = parametrization.displacement_gradient(STRONG, vector, 101)

    assert float(jacobian_determinant(gradients).min()) > 0


def test_the_identity_displaces_nothing_at_all() -> None:
    field = parametrization.displacement(FAMILY, torch.zeros(16).double(), 16, 16)

    assert torch.equal(field, torch.zeros_like(field))


@pytest.mark.parametrize("axis", range(16))
def test_an_amplitude_is_the_largest_displacement_of_its_axis(axis: int) -> None:
    faint = a_family(amplitudes=(1e-4,) * 16)

    field = parametrization.displacement(faint, unit(axis), 301, 301)

    longest = float(field.norm(dim=-1).max())
    assert longest == pytest.approx(1e-4, rel=1e-3)


@pytest.mark.parametrize("axis", range(16))
def test_the_border_of_the_picture_stays_where_it_is(axis: int) -> None:
    # Half a pixel from the border of a fine grid, hence nearly nothing.
    field = parametrization.displacement(FAMILY, unit(axis), 401, 401)

    border = torch.cat([field[0], field[-1], field[:, 0], field[:, -1]])
    assert float(border.abs().max()) < 0.004 * 1.5


def test_the_gradient_is_that_of_the_displacement() -> None:
    vector = uniform(1)[0]
    n = 201

    field = parametrization.displacement(FAMILY, vector, n, n)
    # Points of a grid with its border: every second one is a pixel center.
    gradient = parametrization.displacement_gradient(FAMILY, vector, 2 * n + 1)

    along_x = (field[:, 2:] - field[:, :-2]) * n / 2
    along_y = (field[2:] - field[:-2]) * n / 2
    at_centers = gradient[1::2, 1::2]
    torch.testing.assert_close(along_x, at_centers[:, 1:-1, :, 0], atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(along_y, at_centers[1:-1, :, :, 1], atol=1e-3, rtol=1e-3)


def test_a_positive_shift_moves_contents_right_or_down() -> None:
    center = (8, 8)

    right = parametrization.displacement(FAMILY, unit(0), 16, 16)[center]
    down = parametrization.displacement(FAMILY, unit(1), 16, 16)[center]

    # Contents move right when pixels read from their left.
    assert float(right[0]) < -0.05
    assert float(right[1]) == 0
    assert float(down[1]) < -0.05
    assert float(down[0]) == 0


def test_the_affine_axes_turn_grow_and_stretch_the_middle() -> None:
    def middle(axis: int) -> Tensor:
        # Contents move against the reading places.
        return -parametrization.displacement_gradient(FAMILY, unit(axis), 33)[16, 16]

    turn, grow, stretch, shear = (middle(axis) for axis in range(12, 16))

    assert turn[1, 0] > 0
    torch.testing.assert_close(turn, -turn.T)
    assert grow[0, 0] > 0
    torch.testing.assert_close(grow, grow[0, 0] * torch.eye(2).double())
    assert stretch[0, 0] > 0
    torch.testing.assert_close(stretch[0, 0], -stretch[1, 1])
    assert shear[0, 1] > 0
    torch.testing.assert_close(shear, shear.T)


def test_one_warp_is_one_motion_on_every_grid() -> None:
    vector = uniform(1)[0]

    fine = parametrization.displacement(FAMILY, vector, 64, 64)
    coarse = parametrization.displacement(FAMILY, vector, 16, 16)

    averaged = fine.reshape(16, 4, 16, 4, 2).mean(dim=(1, 3))
    torch.testing.assert_close(coarse, averaged, atol=3e-3, rtol=0.0)


def test_a_row_of_a_plan_does_not_depend_on_its_neighbors() -> None:
    vectors = [[value / 4096 for value in warp] for warp in random_warps(4)]
    grids = [(16, 16), (8, 8)]

    together = parametrization.plan(FAMILY, vectors, grids)

    for row, vector in enumerate(vectors):
        alone = parametrization.plan(FAMILY, [vector], grids)
        for n_tokens, plan in alone.grids.items():
            mine = slice(row * n_tokens, (row + 1) * n_tokens)
            whole = together.grids[n_tokens]
            assert torch.equal(whole.weight[mine], plan.weight)
            assert torch.equal(whole.index[mine] - row * n_tokens, plan.index)


def test_both_halves_of_a_guided_batch_are_warped_alike() -> None:
    vectors = [[value / 4096 for value in warp] for warp in random_warps(2)]

    plan = parametrization.plan(FAMILY, vectors, [(8, 8)], n_copies=2).grids[64]

    first, second = plan.weight.chunk(2)
    assert torch.equal(first, second)


def test_the_window_is_a_part_of_the_steps() -> None:
    family = a_family(window=(0.0, 0.4))

    acting = [step for step in range(10) if family.acts_at(step, 10)]

    assert acting == [0, 1, 2, 3]


@pytest.mark.parametrize("name", ["flow-8", "flow-12"])
def test_a_smaller_family_is_the_large_one_with_the_other_axes_at_rest(
    name: str,
) -> None:
    space = warp_space(name, 1)
    amplitudes = (0.12,) * space.dimension
    family = a_family(space=space, amplitudes=amplitudes)
    small = uniform(1)[0, : space.dimension]
    large = torch.zeros(16, dtype=torch.float64)
    names = [axis.name for axis in FAMILY.space.axes]
    for value, axis in zip(small, space.axes, strict=True):
        large[names.index(axis.name)] = value

    field = parametrization.displacement(family, small, 16, 16)

    torch.testing.assert_close(
        field, parametrization.displacement(FAMILY, large, 16, 16)
    )


def test_a_family_without_axes_never_acts() -> None:
    family = a_family(space=warp_space("plain-0", 1), amplitudes=())

    assert not any(family.acts_at(step, 10) for step in range(10))


def test_a_family_needs_an_amplitude_per_axis() -> None:
    with pytest.raises(ValueError, match="16 axes, got 3"):
        a_family(amplitudes=(0.1,) * 3)
