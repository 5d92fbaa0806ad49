from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from multibo.warp.transform import plan_grid, resample


def tokens(n_rows: int = 2, height: int = 6, width: int = 5) -> Tensor:
    generator = torch.Generator().manual_seed(3)
    return torch.randn(n_rows, height * width, 7, generator=generator)


def moved(x: float, y: float, n_rows: int = 2) -> Tensor:
    """A displacement by the same part of the width and height everywhere."""
    return torch.tensor([x, y]).expand(n_rows, 6, 5, 2)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("side", [5, 7, 16, 33])
def test_no_displacement_returns_every_bit(side: int, dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(3)
    picture = torch.randn(3, side * side, 8, generator=generator).to(dtype)

    read = resample(picture, plan_grid(torch.zeros(3, side, side, 2)))

    assert torch.equal(read, picture)


def test_a_whole_pixel_reads_the_neighbor() -> None:
    picture = tokens().view(2, 6, 5, 7)

    read = resample(tokens(), plan_grid(moved(1 / 5, 0.0))).view(2, 6, 5, 7)

    torch.testing.assert_close(read[:, :, :-1], picture[:, :, 1:])
    torch.testing.assert_close(read[:, :, -1], picture[:, :, -1])


def test_beyond_the_outermost_centers_the_border_goes_on() -> None:
    picture = tokens().view(2, 6, 5, 7)

    read = resample(tokens(), plan_grid(moved(0.0, -0.4 / 6))).view(2, 6, 5, 7)

    assert torch.equal(read[:, 0], picture[:, 0])


def test_reading_is_bilinear_as_in_grid_sample() -> None:
    generator = torch.Generator().manual_seed(4)
    displacement = 0.2 * torch.randn(2, 6, 5, 2, generator=generator)
    y = (torch.arange(6) + 0.5) / 6
    x = (torch.arange(5) + 0.5) / 5
    centers = torch.stack(torch.meshgrid(y, x, indexing="ij")[::-1], dim=-1)
    picture = tokens().transpose(1, 2).reshape(2, 7, 6, 5)
    expected = functional.grid_sample(
        picture,
        (centers + displacement) * 2 - 1,
        padding_mode="border",
        align_corners=False,
    )

    read = resample(tokens(), plan_grid(displacement))

    torch.testing.assert_close(
        read.transpose(1, 2).reshape(2, 7, 6, 5), expected, atol=1e-5, rtol=1e-5
    )


@given(st.floats(-2, 2), st.floats(-2, 2))
def test_weights_are_a_partition_of_one_and_places_exist(x: float, y: float) -> None:
    plan = plan_grid(moved(x, y))

    torch.testing.assert_close(plan.weight.sum(dim=1), torch.ones(60))
    assert bool((plan.weight >= 0).all())
    rows = plan.index.view(2, 30, 4)
    assert int(rows[0].min()) >= 0
    assert int(rows[0].max()) < 30 <= int(rows[1].min())
    assert int(rows[1].max()) < 60


def test_each_row_follows_its_own_displacement() -> None:
    mixed = torch.cat([moved(0.0, 0.0, 1), moved(0.13, -0.2, 1)])

    read = resample(tokens(), plan_grid(mixed))

    assert torch.equal(read[0], tokens()[0])
    alone = resample(tokens()[1:], plan_grid(mixed[1:]))
    assert torch.equal(read[1], alone[0])


def test_a_plan_of_another_batch_is_refused() -> None:
    plan = plan_grid(moved(0.0, 0.0, n_rows=3))

    with pytest.raises(ValueError, match="90 tokens met 2 x 30"):
        resample(tokens(), plan)


def test_the_derivative_by_the_displacement_is_that_of_the_picture() -> None:
    # A ramp of slope 1 per pixel, read away from whole pixels: d read / d x = width.
    ramp = torch.arange(5.0).repeat(6, 1).reshape(1, 30, 1)
    displacement = moved(0.05, 0.05, n_rows=1).clone().requires_grad_()

    resample(ramp, plan_grid(displacement)).sum().backward()

    assert displacement.grad is not None
    inside = displacement.grad[0, :, :-1]
    torch.testing.assert_close(inside[..., 0], torch.full((6, 4), 5.0))
