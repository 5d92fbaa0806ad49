"""Turned rows in batches, on a model of random weights."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from multibo.jobs.spaces import plain_warp
from multibo.jobs.spec import Turn
from multibo.render.errors import TurnRefusedError
from multibo.render.pipelines import Pipeline, load_pipeline
from tests.support.tiny_model import a_row, random_warps, tiny_model

TURN = Turn((11, 12), (2000, -900))


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    model = tiny_model(tmp_path_factory.mktemp("tiny"))
    spaces = model.warp_spaces | plain_warp()
    return load_pipeline(replace(model, warp_spaces=spaces), threads=1)


def test_a_turned_row_has_the_same_bits_whatever_its_neighbors(
    pipeline: Pipeline,
) -> None:
    turned, warp = a_row(turns=(TURN,)), random_warps(1)[0]
    both = a_row(turns=(TURN,), warp=warp)

    one = pipeline.render_pixels([turned, both, a_row()])
    other = pipeline.render_pixels([a_row(base_seed=3), a_row(), turned])

    assert one[0] is not None
    assert one[1] is not None
    assert one[2] is not None
    assert other[1] is not None
    assert other[2] is not None
    assert torch.equal(one[0], other[2])
    assert torch.equal(one[2], other[1])
    assert not torch.equal(one[0], one[2])
    assert not torch.equal(one[0], one[1])


def test_an_idle_turn_gives_the_bits_of_the_base_seed(pipeline: Pipeline) -> None:
    idle = a_row(turns=(Turn((11, 12), (0, 0)),))

    first, second = pipeline.render_pixels([idle, a_row()])

    assert first is not None
    assert second is not None
    assert torch.equal(first, second)


def test_noise_alone_is_searched_on_the_plain_model(pipeline: Pipeline) -> None:
    plain = a_row(warp_space="plain-0@1", warp=(), turns=(TURN,))

    (picture,) = pipeline.render_pixels([plain])
    (same,) = pipeline.render_pixels([a_row(turns=(TURN,))])

    assert picture is not None
    assert same is not None
    assert torch.equal(picture, same)


def test_a_turn_that_spans_nothing_is_refused(pipeline: Pipeline) -> None:
    with pytest.raises(TurnRefusedError, match="repeats"):
        pipeline.render_pixels([a_row(base_seed=7, turns=(Turn((7,), (9,)),))])
