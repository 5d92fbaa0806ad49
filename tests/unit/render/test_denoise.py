from __future__ import annotations

import pytest
import torch

from multibo.render import denoise
from multibo.render.embeddings import TextEmbedding
from multibo.render.noise import seed_noise
from tests.support.tiny_model import a_row


def row(seed: int) -> denoise.Row:
    return denoise.Row(
        spec=a_row(base_seed=seed),
        vector=(0.0,) * 16,
        prompt=TextEmbedding({}, 0, 6),
        negative=TextEmbedding({}, 0, 6),
        noise=seed_noise(seed, (4, 8, 8)),
    )


def batch_of(n_rows: int) -> denoise.Batch:
    return denoise.start_batch([row(seed) for seed in range(n_rows)])


@pytest.mark.parametrize(
    ("n_rows", "size"), [(1, 1), (2, 2), (3, 3), (4, 4), (5, 6), (7, 8), (8, 8)]
)
def test_a_batch_has_the_smallest_padded_size_that_holds_its_rows(
    n_rows: int, size: int
) -> None:
    batch = batch_of(n_rows)

    assert len(batch.rows) == len(batch.owners) == len(batch.latents) == size
    assert batch.live == frozenset(range(n_rows))


@pytest.mark.parametrize("n_rows", [0, 9])
def test_no_batch_holds_no_rows_or_more_than_eight(n_rows: int) -> None:
    with pytest.raises(ValueError, match="no batch holds"):
        denoise.padded_size(n_rows)


def test_the_start_noise_is_the_seeds_alone() -> None:
    generator = torch.Generator("cpu").manual_seed(2**63 - 1)
    expected = torch.randn((1, 4, 8, 8), generator=generator)[0]

    noise = seed_noise(2**63 - 1, (4, 8, 8))

    assert torch.equal(noise, expected)
    assert torch.equal(batch_of(4).latents[2], seed_noise(2, (4, 8, 8)))


def test_a_row_that_leaves_becomes_padding_while_the_size_is_needed() -> None:
    batch = batch_of(4)

    rest, places = denoise.without(batch, frozenset({1}))

    assert rest.owners == (0, None, 2, 3)
    assert places == [0, 1, 2, 3]
    assert rest.latents is batch.latents
    assert batch.live == frozenset({0, 1, 2, 3})


def test_the_batch_shrinks_once_the_others_fit_half_the_places() -> None:
    batch = batch_of(7)

    rest, places = denoise.without(batch, frozenset({0, 2, 4, 5}))

    assert rest.owners == (1, 3, 6)
    assert places == [1, 3, 6]
    assert torch.equal(rest.latents, batch.latents[[1, 3, 6]])
    assert rest.rows[2] is batch.rows[6]


@pytest.mark.parametrize("n_rows", [3, 6, 8])
def test_one_row_that_leaves_changes_the_size_for_nobody(n_rows: int) -> None:
    rest, places = denoise.without(batch_of(n_rows), frozenset({0}))

    assert len(rest.owners) == n_rows
    assert places == list(range(n_rows))


def test_five_of_eight_keep_their_places() -> None:
    rest, _ = denoise.without(batch_of(8), frozenset({1, 2, 3}))

    assert rest.owners == (0, None, None, None, 4, 5, 6, 7)


def test_rows_may_leave_in_several_turns_and_twice() -> None:
    batch, _ = denoise.without(batch_of(4), frozenset({0}))

    rest, _ = denoise.without(batch, frozenset({0, 3}))

    assert rest.owners == (1, 2)


def test_nobody_is_left_when_all_rows_leave() -> None:
    rest, _ = denoise.without(batch_of(3), frozenset({0, 1, 2}))

    assert rest.live == frozenset()
