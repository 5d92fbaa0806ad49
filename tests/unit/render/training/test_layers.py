from __future__ import annotations

import pytest
import torch
from torch import nn

from multibo.render.low_rank import LowRankDelta, add_delta
from multibo.render.training.layers import Average, attach, trained
from tests.support.tiny_model import tiny_unet


def answer(unet: nn.Module) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    latents = torch.randn(2, 4, 8, 8, generator=generator)
    states = torch.randn(2, 64, 32, generator=generator)
    with torch.no_grad():
        said: torch.Tensor = unet(latents, torch.tensor([900, 40]), states).sample
    return said


def test_a_change_starts_as_none() -> None:
    unet = tiny_unet()

    attach(unet, rank=2)

    assert torch.equal(answer(unet), answer(tiny_unet()))


def test_what_was_trained_is_what_a_delta_adds() -> None:
    unet, plain = tiny_unet(), tiny_unet()
    layers = attach(unet, rank=2)
    for weight in trained(layers.values()):
        nn.init.normal_(weight, std=0.1)

    add_delta(plain, LowRankDelta(Average(layers).factors(), digest=""))

    assert torch.allclose(answer(plain), answer(unet), atol=1e-4)
    assert not torch.allclose(answer(plain), answer(tiny_unet()), atol=1e-2)


def test_only_the_change_is_trained() -> None:
    unet = tiny_unet()

    layers = attach(unet, rank=2)

    asked = [weight for weight in unet.parameters() if weight.requires_grad]
    assert {id(one) for one in asked} == {id(one) for one in trained(layers.values())}
    assert not {"conv_in", "conv_out", "down_blocks.0.downsamplers.0.conv"} & {*layers}


def test_the_average_follows_the_weights() -> None:
    layers = attach(tiny_unet(), rank=2)
    average = Average(layers)
    for layer in layers.values():
        nn.init.ones_(layer.up.weight)

    average.update(memory=0.75)

    up, _ = next(iter(average.factors().values()))
    assert up.unique().tolist() == pytest.approx([0.25])
