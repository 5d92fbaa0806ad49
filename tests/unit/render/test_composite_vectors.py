"""What holds for every vector of the composite spaces that ship."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from multibo.jobs.catalog import Catalog
from multibo.jobs.spec import ANGLE_QUANTUM, Turn
from multibo.pretrained import catalog_path
from multibo.render.noise import seed_noise, start_noise
from multibo.warp.space import QUANTUM, SearchSpace
from tests.support.tiny_model import a_row

N_VECTORS = 10_000
SHAPE = (2, 6, 6)
BASE_SEED = 5
SPACES = {
    name: entry.space
    for name, entry in Catalog.load(catalog_path())
    .model("avatars")
    .search_spaces.items()
    if entry.space.n_noise
}
every_space = pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)
seeds = st.integers(0, 2**32 - 1)


def stored_vectors(space: SearchSpace, n: int, seed: int = 1) -> npt.NDArray[np.int64]:
    source = np.random.default_rng(seed)
    return source.integers(-QUANTUM, QUANTUM + 1, size=(n, space.dimension))


def turn(space: SearchSpace, angles: tuple[int, ...]) -> Turn:
    return Turn(tuple(range(100, 100 + space.n_noise)), angles, space.parts)


def lengths(space: SearchSpace, angles: tuple[int, ...]) -> list[float]:
    """How far each part of the picture is turned, in radians."""
    n_parts = space.parts[0] * space.parts[1]
    return [
        math.hypot(*angles[part::n_parts]) / ANGLE_QUANTUM for part in range(n_parts)
    ]


@every_space
def test_ten_thousand_random_vectors_turn_no_part_past_a_right_angle(
    space: SearchSpace,
) -> None:
    n_warp = space.dimension - space.n_noise

    for vector in stored_vectors(space, N_VECTORS).tolist():
        warp, angles = space.split(vector)

        assert warp == tuple(vector[:n_warp])
        assert len(angles) == space.n_noise
        assert max(lengths(space, angles)) <= math.pi / 2


@pytest.mark.slow
@pytest.mark.parametrize("name", ["search-8-2x3@1", "search-16-6@1"])
def test_ten_thousand_random_vectors_keep_the_norm_of_the_noise(
    name: str,
) -> None:
    space = SPACES[name]
    norm = float(seed_noise(BASE_SEED, SHAPE).double().norm())

    for vector in stored_vectors(space, N_VECTORS).tolist():
        _, angles = space.split(vector)
        row = a_row(base_seed=BASE_SEED, turns=(turn(space, angles),))
        noise = start_noise(row, SHAPE)

        assert float(noise.double().norm()) == pytest.approx(norm, rel=1e-6)


@every_space
def test_the_identity_keeps_every_bit_of_the_noise(space: SearchSpace) -> None:
    warp, angles = space.split(space.identity)
    row = a_row(base_seed=BASE_SEED, turns=(turn(space, angles),))

    assert not any(warp)
    assert torch.equal(start_noise(row, SHAPE), seed_noise(BASE_SEED, SHAPE))


@every_space
@given(seed=seeds, closeness=st.floats(1e-3, 1.0))
def test_near_vectors_turn_by_near_angles(
    space: SearchSpace, seed: int, closeness: float
) -> None:
    first, other = stored_vectors(space, 2, seed)
    second = np.rint(first + closeness * (other - first)).astype(int)

    one, near = (np.array(space.split(each)[1]) for each in (first, second))

    # Shortening to a right angle brings points of a ball no further apart, and
    # rounding moves a coordinate by a quantum and a half at most.
    moved = space.noise_angle * float(np.linalg.norm(second - first))
    assert float(np.linalg.norm(one - near)) <= moved + 3.1 * math.sqrt(space.n_noise)


@every_space
@given(seed=seeds)
def test_a_stored_vector_splits_alike_after_the_way_there_and_back(
    space: SearchSpace, seed: int
) -> None:
    vector = stored_vectors(space, 1, seed)[0].tolist()

    again = space.quantize(list(space.dequantize(vector)))

    assert space.split(again) == space.split(vector)
