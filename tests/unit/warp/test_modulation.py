from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as functional
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from multibo.warp.modulation import (
    MAX_AMPLITUDES,
    Modulation,
    head_weights,
    mixed,
    modulation,
    tempered,
    weighted,
)

N_HEADS = 8
coordinates = st.lists(st.floats(-1, 1), min_size=10, max_size=10)


def heads(seed: int, n_rows: int = 3) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n_rows, N_HEADS, 6, 4, generator=generator)


def one_row(**values: list[float]) -> Modulation:
    parts = {"temperature": [0.0] * 3, "mixing": [0.0] * 3, "heads": [0.0] * 4}
    return Modulation(**{k: torch.tensor([v]) for k, v in (parts | values).items()})


def rows_of(values: list[float]) -> Modulation:
    return modulation(torch.tensor([values]) * torch.tensor(MAX_AMPLITUDES))


def test_zero_changes_no_bit() -> None:
    rows = modulation(torch.zeros(3, 10))
    query, value, output = heads(0), heads(1), heads(2)

    for group in range(3):
        assert torch.equal(tempered(query, rows, group), query)
        assert torch.equal(mixed(output, value, rows, group), output)
    assert torch.equal(weighted(output, rows), output)


@given(coordinates)
def test_every_factor_stays_within_its_bound(values: list[float]) -> None:
    rows = rows_of(values)

    weight = head_weights(rows.heads, N_HEADS).flatten()

    assert float(rows.temperature.exp().max()) <= math.exp(0.7) * 1.001
    assert float(rows.temperature.exp().min()) >= math.exp(-0.7) * 0.999
    assert float(rows.mixing.abs().max()) <= 0.3501
    assert float(weight.mean()) == pytest.approx(1, abs=1e-5)
    assert math.exp(-4.001) <= float(weight.min()) <= float(weight.max()) <= N_HEADS


@given(coordinates)
def test_mixing_exchanges_no_more_than_its_part(values: list[float]) -> None:
    rows, value, output = rows_of(values), heads(1, 1), heads(2, 1)

    changed = mixed(output, value, rows, 1) - output

    bound = 0.3501 * (output.norm() + value.norm())
    assert float(changed.norm()) <= float(bound)


def test_the_temperature_is_that_of_the_softmax() -> None:
    query, key, value = heads(0, 1), heads(1, 1), heads(2, 1)
    rows = one_row(temperature=[0.0, 0.4, 0.0])

    output = functional.scaled_dot_product_attention(
        tempered(query, rows, 1), key, value
    )

    logits = query @ key.transpose(-1, -2) / 2 * math.exp(0.4)
    torch.testing.assert_close(output, logits.softmax(-1) @ value)


def test_mixing_goes_to_the_own_value_or_to_the_mean_of_all() -> None:
    value, output = heads(1, 1), heads(2, 1)

    own = mixed(output, value, one_row(mixing=[0.0, 0.0, 1.0]), 2)
    alike = mixed(output, value, one_row(mixing=[0.0, 0.0, -1.0]), 2)

    torch.testing.assert_close(own, value)
    torch.testing.assert_close(alike, value.mean(dim=2, keepdim=True).expand_as(value))


def test_a_group_follows_its_own_coordinates_alone() -> None:
    rows = one_row(temperature=[0.0, 0.3, 0.0], mixing=[0.2, 0.0, 0.0])
    query, value = heads(0, 1), heads(1, 1)

    assert torch.equal(tempered(query, rows, 2), query)
    assert not torch.equal(tempered(query, rows, 1), query)
    assert torch.equal(mixed(query, value, rows, 1), query)


@pytest.mark.parametrize("axis", range(4))
@pytest.mark.parametrize("n_heads", [5, 8, 10, 24])
def test_every_head_axis_favors_other_heads(axis: int, n_heads: int) -> None:
    slope = torch.zeros(1, 4)
    slope[0, axis] = 0.5

    weight = head_weights(slope, n_heads).flatten()

    assert float(weight.max() / weight.min()) > 1.5
    mirrored = head_weights(-slope, n_heads).flatten()
    assert bool(((weight > 1) <= (mirrored < 1)).all())


def test_a_row_does_not_depend_on_its_neighbors() -> None:
    generator = torch.Generator().manual_seed(4)
    whole = torch.rand(3, 10, generator=generator) - 0.5
    value, output = heads(1), heads(2)

    together = weighted(mixed(output, value, modulation(whole), 0), modulation(whole))

    for row in range(3):
        mine = slice(row, row + 1)
        rows = modulation(whole[mine])
        alone = weighted(mixed(output[mine], value[mine], rows, 0), rows)
        assert torch.equal(together[mine], alone)


def test_the_derivative_by_the_coordinates_is_finite() -> None:
    for scale in (0.0, 1.0):
        given = (scale * torch.linspace(-0.3, 0.3, 10)[None]).requires_grad_()
        rows = modulation(given)
        query = tempered(heads(0, 1), rows, 0)

        weighted(mixed(query, heads(1, 1), rows, 1), rows).square().sum().backward()

        assert given.grad is not None
        assert bool(given.grad.isfinite().all())


@given(coordinates, coordinates)
def test_near_coordinates_give_near_outputs(
    first: list[float], second: list[float]
) -> None:
    value, output = heads(1, 1), heads(2, 1)

    one, other = (
        weighted(mixed(output, value, rows, 1), rows)
        for rows in (rows_of(first), rows_of(second))
    )

    # Weights grow by at most their cosines' sum, and each weight is at most the
    # number of heads; mixing adds at most the norms of both.
    apart = math.dist(first, second)
    bound = apart * N_HEADS * 4 * float(output.norm() + value.norm())
    assert float((one - other).norm()) <= bound + 1e-4
