from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from diffusers import UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor2_0
from torch import Tensor

from multibo.warp.errors import UnsupportedAttentionError, WarpRemovedError
from multibo.warp.install import warped
from multibo.warp.parametrization import plan
from multibo.warp.processors import PassThrough, WarpedSelfAttention
from tests.support.tiny_model import IDENTITY, a_family, random_warps, tiny_unet
from tests.support.warp_families import the_family, uniform

FAMILY = a_family()


@pytest.fixture(scope="module")
def unet() -> UNet2DConditionModel:
    return tiny_unet()


@torch.inference_mode()
def predict(
    unet: UNet2DConditionModel, warps: Sequence[Sequence[int]] | None, seed: int = 5
) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    latents = torch.randn(3, 4, 8, 8, generator=generator)
    context = torch.randn(3, 6, 32, generator=generator)
    vectors = [[value / 4096 for value in warp] for warp in warps or ()]
    keywords = {"warp": plan(FAMILY, vectors, [(8, 8), (4, 4)])} if warps else None
    prediction: Tensor = unet(
        latents,
        torch.tensor(700),
        encoder_hidden_states=context,
        cross_attention_kwargs=keywords,
    ).sample
    return prediction


def test_the_identity_gives_the_bits_of_the_plain_model(
    unet: UNet2DConditionModel,
) -> None:
    plain = predict(unet, None)

    with warped(unet, FAMILY):
        assert torch.equal(predict(unet, [IDENTITY] * 3), plain)
        assert torch.equal(predict(unet, None), plain)


def test_a_row_does_not_depend_on_the_warps_of_its_neighbors(
    unet: UNet2DConditionModel,
) -> None:
    first, second, _ = random_warps(3)
    plain = predict(unet, None)

    with warped(unet, FAMILY):
        mixed = predict(unet, [first, IDENTITY, second])
        other = predict(unet, [first, second, IDENTITY])

    assert torch.equal(mixed[1], plain[1])
    assert torch.equal(mixed[0], other[0])
    assert not torch.equal(mixed[0], plain[0])


@pytest.mark.parametrize("axis", range(16))
def test_every_axis_changes_the_prediction(
    unet: UNet2DConditionModel, axis: int
) -> None:
    warp = [0] * 16
    warp[axis] = 4096
    plain = predict(unet, None)

    with warped(unet, FAMILY):
        moved = predict(unet, [warp] * 3)

    assert float((moved - plain).abs().max()) > 1e-4


@pytest.mark.parametrize("block", ["down", "mid", "up"])
def test_only_the_self_attention_of_the_named_blocks_is_warped(
    unet: UNet2DConditionModel, block: str
) -> None:
    with warped(unet, a_family(blocks=(block,))):
        kinds = {name: type(p) for name, p in unet.attn_processors.items()}

    for name, kind in kinds.items():
        wanted = name.startswith(block) and ".attn1." in name
        assert kind is (WarpedSelfAttention if wanted else PassThrough)


def test_the_stock_processors_come_back_also_after_an_exception(
    unet: UNet2DConditionModel,
) -> None:
    before = dict(unet.attn_processors)

    with pytest.raises(RuntimeError, match="mid-way"), warped(unet, FAMILY):
        raise RuntimeError("mid-way")

    assert dict(unet.attn_processors) == before
    with warped(unet, FAMILY):
        pass
    assert dict(unet.attn_processors) == before


def test_a_second_warp_inside_the_first_is_refused(
    unet: UNet2DConditionModel,
) -> None:
    with (
        warped(unet, FAMILY),
        pytest.raises(UnsupportedAttentionError, match="attn1"),
        warped(unet, FAMILY),
    ):
        pass

    assert {type(p) for p in unet.attn_processors.values()} == {AttnProcessor2_0}


def test_fused_projections_are_noticed_before_and_during_a_render() -> None:
    unet = tiny_unet()

    with pytest.raises(WarpRemovedError, match="Fused"), warped(unet, FAMILY):
        unet.fuse_qkv_projections()
    unet.fuse_qkv_projections()

    with pytest.raises(UnsupportedAttentionError, match="Fused"), warped(unet, FAMILY):
        pass


def test_the_cross_attention_takes_the_keyword_in_silence(
    unet: UNet2DConditionModel, caplog: pytest.LogCaptureFixture
) -> None:
    with warped(unet, FAMILY), caplog.at_level("WARNING"):
        predict(unet, random_warps(3))

    assert "not expected" not in caplog.text


def predict_modulated(
    unet: UNet2DConditionModel, vectors: Sequence[Sequence[float]]
) -> Tensor:
    warp = plan(MODULATED, vectors, [(8, 8), (4, 4)])
    generator = torch.Generator().manual_seed(5)
    with torch.inference_mode():
        prediction: Tensor = unet(
            torch.randn(3, 4, 8, 8, generator=generator),
            torch.tensor(700),
            encoder_hidden_states=torch.randn(3, 6, 32, generator=generator),
            cross_attention_kwargs={"warp": warp},
        ).sample
    return prediction


MODULATED = the_family("mw-26", window=(0.0, 1.0))


def test_the_identity_of_a_modulated_family_gives_the_bits_of_the_plain_model(
    unet: UNet2DConditionModel,
) -> None:
    plain = predict(unet, None)
    vector = uniform(1, 26)[0].tolist()

    with warped(unet, MODULATED):
        whole = predict_modulated(unet, [[0.0] * 26] * 3)
        mixed = predict_modulated(unet, [[0.0] * 26, vector, [0.0] * 26])

    assert torch.equal(whole, plain)
    assert torch.equal(mixed[0], plain[0])
    assert torch.equal(mixed[2], plain[2])
    assert not torch.equal(mixed[1], plain[1])


# The layers have two heads, which the last three axes of the heads treat alike.
@pytest.mark.parametrize("axis", range(16, 23))
def test_every_modulation_changes_the_prediction(
    unet: UNet2DConditionModel, axis: int
) -> None:
    vector = [0.0] * 26
    vector[axis] = 1.0
    plain = predict(unet, None)

    with warped(unet, MODULATED):
        moved = predict_modulated(unet, [vector] * 3)

    assert float((moved - plain).abs().max()) > 1e-4


def test_attention_that_does_more_than_the_stock_one_is_not_modulated() -> None:
    unet = tiny_unet()
    unet.get_submodule(
        "mid_block.attentions.0.transformer_blocks.0.attn1"
    ).norm_q = torch.nn.LayerNorm(8)
    with warped(unet, MODULATED):  # norms of queries and keys are repeated
        pass
    unet.get_submodule(
        "mid_block.attentions.0.transformer_blocks.0.attn1"
    ).residual_connection = True

    with (
        pytest.raises(UnsupportedAttentionError, match=r"mid_block.*residual"),
        warped(unet, MODULATED),
    ):
        pass
