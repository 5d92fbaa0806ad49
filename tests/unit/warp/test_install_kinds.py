"""Ours are in place, or it is an error: on every kind of attention."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest
import torch
from diffusers.models.attention_processor import (
    AttnProcessor2_0,
    IPAdapterAttnProcessor2_0,
    PAGCFGIdentitySelfAttnProcessor2_0,
    SlicedAttnProcessor,
    XFormersAttnProcessor,
)
from torch import Tensor, nn

from multibo.render.architectures.flux import Flux
from multibo.render.architectures.pixart import PixArt
from multibo.render.architectures.port import Architecture
from multibo.render.architectures.sd3 import Sd3
from multibo.render.architectures.sdxl import SdxlUnet
from multibo.warp.errors import UnsupportedAttentionError, WarpRemovedError
from multibo.warp.install import warped
from multibo.warp.parametrization import plan
from multibo.warp.processors import PassThrough, WarpedSelfAttention
from multibo.warp.processors_flux import FluxPassThrough, WarpedFluxAttention
from multibo.warp.space import warp_space
from multibo.warp.transform import WarpPlan
from tests.support import tiny_architectures as tiny
from tests.support.tiny_model import IDENTITY, a_family, random_warps, tiny_unet
from tests.support.warp_families import the_family

N_ROWS: Final = 2
CPU: Final = torch.device("cpu")
ADAPTERS: Final[dict[str, Callable[[], Architecture]]] = {
    "SDXL": lambda: SdxlUnet(ready(tiny.sdxl()), CPU, 64),
    "SD 3.5": lambda: Sd3(ready(tiny.sd35()), CPU, 12),
    "FLUX.1": lambda: Flux(ready(tiny.flux()), CPU, 12),
    "PixArt": lambda: PixArt(ready(tiny.pixart()), CPU, 12),
}
ROPE: Final = a_family(space=warp_space("rope-16", 1))
MODULATED: Final = the_family("mw-26", window=(0.0, 1.0))


def ready(parts: Any) -> Any:
    for part in parts.components.values():
        if isinstance(part, nn.Module):
            part.eval()
    tiny.spread(getattr(parts, "unet", None) or parts.transformer)
    return parts


@pytest.fixture(scope="module", params=list(ADAPTERS))
def model(request: pytest.FixtureRequest) -> Architecture:
    torch.manual_seed(0)
    return ADAPTERS[request.param]()


@torch.inference_mode()
def predict(model: Architecture, warp: WarpPlan | None) -> Tensor:
    generator = torch.Generator().manual_seed(5)
    shape = model.noise_shape(32, 32)
    latents = torch.randn(N_ROWS, *shape, generator=generator)
    text = model.encode("comic portrait hat")
    inputs = {name: torch.stack([each] * N_ROWS) for name, each in text.tensors.items()}
    extras = {
        "sizes": torch.full((N_ROWS, 6), 32.0),
        "guidance": torch.full((N_ROWS,), 2.5),
    }
    if isinstance(model, SdxlUnet):
        del extras["guidance"]
    return model.predict(latents, torch.tensor(700.0), {**inputs, **extras}, warp)


def a_plan(model: Architecture, warps: list[tuple[int, ...]], family: Any) -> WarpPlan:
    vectors = [[value / 4096 for value in warp] for warp in warps]
    height, width = model.noise_shape(32, 32)[1:]
    return plan(family, vectors, model.grids(height, width))


def families(model: Architecture) -> list[Any]:
    return [a_family(), ROPE] if isinstance(model, Flux) else [a_family()]


def test_the_identity_gives_the_bits_of_the_plain_model(model: Architecture) -> None:
    plain = predict(model, None)

    for family in families(model):
        with warped(model.denoiser, family):
            none = predict(model, None)
            zero = predict(model, a_plan(model, [IDENTITY] * N_ROWS, family))
        assert torch.equal(none, plain)
        assert torch.equal(zero, plain)


def test_a_row_does_not_depend_on_its_neighbor(model: Architecture) -> None:
    plain = predict(model, None)
    first, second = random_warps(2)

    for family in families(model):
        with warped(model.denoiser, family):
            one = predict(model, a_plan(model, [first, IDENTITY], family))
            other = predict(model, a_plan(model, [first, second], family))
        assert torch.equal(one[1], plain[1])
        assert torch.equal(one[0], other[0])
        assert float((one[0] - plain[0]).abs().max()) > 1e-3
        assert float((other[1] - plain[1]).abs().max()) > 1e-3


@pytest.mark.parametrize("part", ["down", "mid", "up"])
def test_a_part_of_the_model_can_be_warped_alone(
    model: Architecture, part: str
) -> None:
    denoiser: Any = model.denoiser

    with warped(denoiser, a_family(blocks=(part,))):
        ours = dict(denoiser.attn_processors)

    acting = [
        layer
        for layer, processor in ours.items()
        if isinstance(processor, WarpedSelfAttention | WarpedFluxAttention)
    ]
    idle = set(ours) - set(acting)
    assert acting
    assert all(isinstance(ours[each], PassThrough | FluxPassThrough) for each in idle)
    assert not [layer for layer in acting if "cross" in layer]


def test_the_stock_processors_come_back_also_after_an_exception(
    model: Architecture,
) -> None:
    denoiser: Any = model.denoiser
    before = dict(denoiser.attn_processors)

    with pytest.raises(RuntimeError, match="mid-way"), warped(denoiser, a_family()):
        raise RuntimeError("mid-way")

    assert dict(denoiser.attn_processors) == before


def test_positions_move_only_where_attention_has_some(model: Architecture) -> None:
    if isinstance(model, Flux):
        return
    with (
        pytest.raises(UnsupportedAttentionError, match="without positions"),
        warped(model.denoiser, ROPE),
    ):
        pass


@pytest.mark.parametrize("name", ["SDXL", "PixArt"])
def test_a_modulation_changes_its_row_alone(name: str) -> None:
    model = ADAPTERS[name]()
    plain, rows = predict(model, None), [(0,) * 16 + (4096,) * 10, (0,) * 26]

    with warped(model.denoiser, MODULATED):
        both = predict(model, a_plan(model, rows, MODULATED))

    assert torch.equal(both[1], plain[1])
    assert float((both[0] - plain[0]).abs().max()) > 1e-3


@pytest.mark.parametrize("name", ["SD 3.5", "FLUX.1"])
def test_attention_of_another_kind_is_not_modulated(name: str) -> None:
    refused = pytest.raises(UnsupportedAttentionError, match="not modulated")
    with refused, warped(ADAPTERS[name]().denoiser, MODULATED):
        pass


@pytest.mark.parametrize("name", ["SD 3.5", "PixArt"])
def test_fused_projections_are_refused(name: str) -> None:
    denoiser: Any = ADAPTERS[name]().denoiser

    with pytest.raises(WarpRemovedError, match="Fused"), warped(denoiser, a_family()):
        denoiser.fuse_qkv_projections()
    denoiser.fuse_qkv_projections()
    with (
        pytest.raises(UnsupportedAttentionError, match="Fused"),
        warped(denoiser, a_family()),
    ):
        pass


def test_flux_keeps_ours_when_its_projections_are_fused() -> None:
    model = ADAPTERS["FLUX.1"]()
    denoiser: Any = model.denoiser
    zero = a_plan(model, [IDENTITY] * N_ROWS, a_family())
    with warped(denoiser, a_family()):
        before = predict(model, zero)
        denoiser.fuse_qkv_projections()
        after = predict(model, zero)

    assert float((before - after).abs().max()) < 1e-5


def _sliced(unet: Any) -> None:
    unet.set_attention_slice(1)


def _xformers(unet: Any) -> None:
    unet.set_attn_processor(XFormersAttnProcessor())


def _ip_adapter(unet: Any) -> None:
    # What `load_ip_adapter` puts into every cross-attention.
    name, layer = next(
        (name.removesuffix(".processor"), name)
        for name in unet.attn_processors
        if ".attn2." in name
    )
    attention = unet.get_submodule(name)
    adapter = IPAdapterAttnProcessor2_0(
        hidden_size=attention.inner_dim, cross_attention_dim=32
    )
    unet.set_attn_processor({**unet.attn_processors, layer: adapter})


def _guided_by_perturbation(unet: Any) -> None:
    # What the pipelines with perturbed-attention guidance put into attn1.
    layer = next(name for name in unet.attn_processors if ".attn1." in name)
    replaced = {**unet.attn_processors, layer: PAGCFGIdentitySelfAttnProcessor2_0()}
    unet.set_attn_processor(replaced)


@pytest.mark.parametrize(
    ("replace", "kind"),
    [
        (_sliced, SlicedAttnProcessor),
        (_xformers, XFormersAttnProcessor),
        (_ip_adapter, IPAdapterAttnProcessor2_0),
        (_guided_by_perturbation, PAGCFGIdentitySelfAttnProcessor2_0),
    ],
)
def test_whatever_would_replace_ours_is_refused_by_name(
    replace: Callable[[Any], None], kind: type
) -> None:
    unet = tiny_unet()

    with (
        pytest.raises(WarpRemovedError, match=kind.__name__),
        warped(unet, a_family()),
    ):
        replace(unet)
    assert {type(each) for each in unet.attn_processors.values()} == {AttnProcessor2_0}

    replace(unet)
    with (
        pytest.raises(UnsupportedAttentionError, match=kind.__name__),
        warped(unet, a_family()),
    ):
        pass


class LowRank(nn.Module):
    """A linear layer with an adapter beside it, as LoRA makes of it."""

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        self.layer = layer
        self.down = nn.Linear(layer.in_features, 2, bias=False)
        self.up = nn.Linear(2, layer.out_features, bias=False)

    def forward(self, tokens: Tensor) -> Tensor:
        whole: Tensor = self.layer(tokens) + self.up(self.down(tokens))
        return whole


@contextmanager
def adapted(denoiser: nn.Module) -> Iterator[None]:
    """Put an adapter beside every query, key and value projection."""
    found = [
        (parent, name, child)
        for parent in denoiser.modules()
        for name, child in parent.named_children()
        if name in ("to_q", "to_k", "to_v") and isinstance(child, nn.Linear)
    ]
    for parent, name, child in found:
        setattr(parent, name, LowRank(child))
    yield
    for parent, name, child in found:
        setattr(parent, name, child)


def test_adapters_beside_the_projections_survive(model: Architecture) -> None:
    bare = predict(model, None)
    family = a_family()

    with adapted(model.denoiser):
        plain = predict(model, None)
        with warped(model.denoiser, family):
            zero = predict(model, a_plan(model, [IDENTITY] * N_ROWS, family))
            moved = predict(model, a_plan(model, random_warps(2), family))

    assert not torch.equal(plain, bare)
    assert torch.equal(zero, plain)
    assert not torch.equal(moved, plain)
