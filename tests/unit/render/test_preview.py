"""Previews: what a linear map makes of latents, on a model of random weights."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from multibo.jobs.catalog import ModelSpec
from multibo.render import images, preview
from multibo.render.pipelines import Pipeline, load_pipeline
from multibo.render.preview import PreviewMap
from tests.support.tiny_model import a_row


class Looker:
    """Looks at every second step; drops a row before the last one."""

    def __init__(self) -> None:
        self.seen: list[dict[int, Tensor]] = []
        self.steps = 0

    def step(self, step: int, n_steps: int) -> frozenset[int]:
        return frozenset({1}) if step == n_steps - 1 else frozenset()

    def wants_latents(self) -> bool:
        self.steps += 1
        return self.steps % 2 == 0

    def latents(self, rows: Mapping[int, Tensor]) -> None:
        self.seen.append(dict(rows))


def a_linear_decoder(latents: Tensor) -> Tensor:
    mix = torch.tensor([[0.1, 0, 0, 0.05], [0, 0.1, 0, 0], [0.05, 0, 0.1, 0]])
    colors = torch.einsum("rc,chw->rhw", mix, latents) + 0.5
    return functional.interpolate(colors[None], scale_factor=4)[0]


def some_latents(seed: int) -> Tensor:
    return torch.randn(4, 8, 8, generator=torch.Generator().manual_seed(seed))


def test_a_linear_decoder_is_found_from_what_it_made() -> None:
    colors = PreviewMap()
    assert colors.colors(some_latents(0)) is None
    for seed in range(3):
        colors.learn(some_latents(seed), a_linear_decoder(some_latents(seed)))

    found = colors.colors(some_latents(7))

    assert found is not None
    expected = a_linear_decoder(some_latents(7))[:, ::4, ::4]
    assert (found - expected).abs().max() < 0.03


@pytest.mark.parametrize("side", [8, 64, 128, 200])
def test_a_preview_of_any_size_is_small(side: int) -> None:
    noise = torch.rand(3, side, side, generator=torch.Generator().manual_seed(1))

    data = preview.encode(noise)

    assert len(data) <= 4096
    assert images.described(data).media_type == preview.MEDIA_TYPE
    assert max(images.described(data).width_px, images.described(data).height_px) <= 64


def test_looking_changes_no_bit_and_shows_the_rows_that_are_left(
    pipeline: Pipeline,
) -> None:
    rows = [a_row(base_seed=seed) for seed in (1, 2, 3)]
    looker = Looker()

    looked_at = pipeline.render_pixels(rows, looker)

    alone = pipeline.render_pixels(rows)
    assert looked_at[1] is None
    assert [sorted(seen) for seen in looker.seen] == [[0, 1, 2], [0, 2]]
    for place in (0, 2):
        one, other = looked_at[place], alone[place]
        assert one is not None
        assert other is not None
        assert torch.equal(one, other)


def test_what_is_expected_in_the_end_is_the_end_after_the_last_step(
    tiny: ModelSpec,
) -> None:
    fresh = load_pipeline(tiny)
    looker = Looker()

    [pixels] = fresh.render_pixels([a_row()], looker)

    assert pixels is not None
    [first, last] = [_colors(fresh, seen[0]) for seen in looker.seen]
    small = functional.adaptive_avg_pool2d(pixels, last.shape[1:])
    assert (last - small).abs().mean() < (first - small).abs().mean()


class WithoutTheFirst:
    """Drops the first row at once."""

    def step(self, step: int, n_steps: int) -> frozenset[int]:
        return frozenset({0})


def test_the_map_learns_nothing_from_a_row_that_was_given_up(
    tiny: ModelSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh, learned = load_pipeline(tiny), list[Tensor]()
    monkeypatch.setattr(fresh.preview, "learn", lambda *pair: learned.append(pair[1]))
    rows = [a_row(base_seed=seed) for seed in range(4)]

    pictures = fresh.render_pixels(rows, WithoutTheFirst())

    assert pictures[0] is None
    assert pictures[1] is not None
    assert torch.equal(learned[0], pictures[1])


def _colors(pipeline: Pipeline, latents: Tensor) -> Tensor:
    colors = pipeline.preview.colors(latents)
    assert colors is not None
    return colors
