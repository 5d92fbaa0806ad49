"""What holds for every vector of every family."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from multibo.warp import parametrization
from multibo.warp.constraint import RHO, jacobian_determinant
from multibo.warp.parametrization import WarpFamily, bounded_field
from multibo.warp.space import QUANTUM
from tests.support.warp_families import STRONGEST, places, the_family, uniform

FAMILIES = {name: the_family(name) for name in STRONGEST}
every_family = pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
FIELDS = [name for name in FAMILIES if name != "mw-26"]
vectors = st.integers(0, 10**6).map(lambda seed: uniform(2, 26, seed))


def centers(n: int) -> Tensor:
    return (torch.arange(n, dtype=torch.float64) + 0.5) / n


def planned(family: WarpFamily, vector: Tensor) -> list[Tensor]:
    """All tensors of the plan of one row."""
    warp = parametrization.plan(family, [vector.tolist()], [(8, 8), (4, 4)])
    tensors = [
        part for grid in warp.grids.values() for part in (grid.index, grid.weight)
    ]
    if warp.modulation is not None:
        rows = warp.modulation
        tensors += [rows.temperature, rows.mixing, rows.heads]
    return tensors


@pytest.mark.parametrize("name", FIELDS)
def test_ten_thousand_random_vectors_neither_fold_nor_read_outside(name: str) -> None:
    family = FAMILIES[name]

    def look(vector: Tensor) -> tuple[Tensor, Tensor]:
        field = bounded_field(family, vector)
        return field.gradient(17), field.values(centers(16), centers(16))

    for chunk in uniform(10_000, family.space.dimension).split(25):
        gradients, moved = torch.vmap(look)(chunk)
        where = places(-moved)
        assert float(jacobian_determinant(-gradients).min()) >= 0.99 * (1 - RHO) ** 2
        assert float(torch.linalg.matrix_norm(gradients, ord=2).max()) <= RHO * 1.005
        assert bool(((where > 0) & (where < 1)).all())


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([-1.0, 0.0, 1.0]), min_size=24, max_size=24))
def test_no_corner_of_the_baselines_box_folds(corner: list[float]) -> None:
    field = bounded_field(FAMILIES["afftps-24"], torch.tensor(corner).double())

    assert float(jacobian_determinant(-field.gradient(101)).min()) > 0


def test_the_modulated_family_moves_as_the_flow_it_is_built_on() -> None:
    vector = uniform(1, 26)[0]

    moved = parametrization.displacement(FAMILIES["mw-26"], vector, 16, 16)

    flow = parametrization.displacement(FAMILIES["flow-16"], vector[:16], 16, 16)
    assert torch.equal(moved, flow)


def test_the_family_of_positions_moves_as_the_flow_it_is_built_on() -> None:
    vector = uniform(1, 16)[0]
    family = the_family("rope-16", (1.0,) * 16)

    moved = parametrization.displacement(family, vector, 16, 16)

    flow = parametrization.displacement(FAMILIES["flow-16"], vector, 16, 16)
    assert torch.equal(moved, flow)


@every_family
def test_the_identity_plans_nothing_at_all(family: WarpFamily) -> None:
    dimension = family.space.dimension

    warp = parametrization.plan(family, [[0.0] * dimension], [(8, 8)])

    weight = warp.grids[64].weight
    assert torch.equal(weight[:, 0], torch.ones(64))
    assert torch.equal(weight[:, 1:], torch.zeros(64, 3))
    assert torch.equal(warp.grids[64].index[:, 0], torch.arange(64))
    if warp.modulation is not None:
        rows = warp.modulation
        assert not any(
            part.any() for part in (rows.temperature, rows.mixing, rows.heads)
        )


@every_family
@settings(max_examples=25, deadline=None)
@given(pair=vectors, closeness=st.floats(1e-4, 1.0))
def test_near_vectors_give_near_warps(
    family: WarpFamily, pair: Tensor, closeness: float
) -> None:
    dimension = family.space.dimension
    first = pair[0, :dimension]
    second = first + closeness * (pair[1, :dimension] - first)

    one, other = (
        parametrization.displacement(family, vector, 12, 12)
        for vector in (first, second)
    )

    # A field's own slope is at most the norm of its amplitudes; that of the factor
    # adds no more than half a side times the slope of the steepest profile.
    n_moves = dimension - family.n_modulation
    steepness = math.hypot(*family.amplitudes[:n_moves]) * (1 + 1.5 * math.pi)
    bound = steepness * float((second - first).norm()) + 1e-9
    assert float((one - other).norm(dim=-1).max()) <= bound


@every_family
@settings(max_examples=25, deadline=None)
@given(pair=vectors)
def test_a_stored_vector_plans_the_same_bits_and_nearly_the_warp_asked_for(
    family: WarpFamily, pair: Tensor
) -> None:
    vector = pair[0, : family.space.dimension]
    stored = family.space.quantize(vector.tolist())

    kept = torch.from_numpy(family.space.dequantize(stored))

    again = family.space.dequantize(family.space.quantize(kept.tolist()))
    for one, other in zip(
        planned(family, kept), planned(family, torch.from_numpy(again)), strict=True
    ):
        assert torch.equal(one, other)
    moved = parametrization.displacement(family, vector, 8, 8)
    nearly = parametrization.displacement(family, kept, 8, 8)
    # Less than half a pixel of a 128 pixel picture, at many times the usual amplitude.
    assert float((moved - nearly).abs().max()) < 16 / QUANTUM


@every_family
@pytest.mark.parametrize("at_identity", [True, False])
def test_the_derivative_by_the_vector_is_finite(
    family: WarpFamily, *, at_identity: bool
) -> None:
    scale = 0.0 if at_identity else 1.0
    vector = (scale * uniform(1, family.space.dimension)[0]).requires_grad_()

    parametrization.displacement(family, vector, 8, 8).square().sum().backward()

    assert vector.grad is not None
    assert bool(vector.grad.isfinite().all())
    n_moves = family.space.dimension - family.n_modulation
    assert at_identity or bool((vector.grad[:n_moves] != 0).all())


@every_family
def test_a_row_of_a_plan_does_not_depend_on_its_neighbors(family: WarpFamily) -> None:
    rows = uniform(4, family.space.dimension).tolist()

    together = parametrization.plan(family, rows, [(8, 8)])

    for place, row in enumerate(rows):
        alone = parametrization.plan(family, [row], [(8, 8)])
        mine = slice(64 * place, 64 * place + 64)
        assert torch.equal(together.grids[64].weight[mine], alone.grids[64].weight)
        if together.modulation is not None and alone.modulation is not None:
            assert torch.equal(
                together.modulation.heads[place], alone.modulation.heads[0]
            )


def test_the_gradient_of_the_baseline_is_that_of_its_displacement() -> None:
    vector, n = uniform(1, 24)[0], 201
    field = bounded_field(FAMILIES["afftps-24"], vector)

    values, gradient = field.values(centers(n), centers(n)), field.gradient(2 * n + 1)

    inner = gradient[1::2, 1::2]
    along_x = (values[:, 2:] - values[:, :-2]) * n / 2
    along_y = (values[2:] - values[:-2]) * n / 2
    torch.testing.assert_close(along_x, inner[:, 1:-1, :, 0], atol=3e-3, rtol=3e-3)
    torch.testing.assert_close(along_y, inner[1:-1, :, :, 1], atol=3e-3, rtol=3e-3)


def test_a_control_point_of_the_baseline_moves_as_told() -> None:
    vector = torch.zeros(24, dtype=torch.float64)
    vector[6 + 2 * 4] = 1e-3  # the middle point, to the right

    field = bounded_field(FAMILIES["afftps-24"], vector)

    middle = torch.tensor([0.5], dtype=torch.float64)
    moved = field.values(middle, middle)[0, 0]
    assert float(moved[0]) == pytest.approx(1e-3 * 0.4 / 2, rel=1e-4)
    assert float(moved[1]) == pytest.approx(0, abs=1e-12)
    # The other points hold it back: there the spline is zero.
    aside = torch.tensor([0.5, 1.0], dtype=torch.float64)
    assert float(field.values(middle, aside)[0, 1].abs().max()) < 1e-12


def test_each_part_of_a_plan_has_its_own_window() -> None:
    family = the_family("mw-26", window=(0.0, 0.2), modulation_window=(0.4, 0.6))
    warp = parametrization.plan(family, uniform(1, 26).tolist(), [(4, 4)])

    parts = [parametrization.at_step(family, warp, step, 5) for step in range(5)]

    assert [part is not None for part in parts] == [True, False, True, False, False]
    first, third = parts[0], parts[2]
    assert first is not None
    assert third is not None
    assert (first.grids, first.modulation) == (warp.grids, None)
    assert (third.grids, third.modulation) == ({}, warp.modulation)
    assert parametrization.at_step(family, None, 0, 5) is None


def test_without_a_window_of_its_own_a_modulation_acts_with_the_flow() -> None:
    family = the_family("mw-26", window=(0.2, 0.6))

    assert [family.modulates_at(step, 5) for step in range(5)] == [
        family.displaces_at(step, 5) for step in range(5)
    ]


def test_a_modulation_beyond_its_bounds_is_refused() -> None:
    with pytest.raises(ValueError, match=r"0\.9 is not in 0\.\.0\.7"):
        the_family("mw-26", (*(0.1,) * 16, 0.9, *(0.1,) * 9))
