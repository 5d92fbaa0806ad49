from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from multibo.render.errors import DeltaUnusableError
from multibo.render.low_rank import LowRankDelta, add_delta, read_delta
from tests.support.deltas import LAYERS, random_factors, save_random_delta
from tests.support.tiny_model import tiny_unet


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("delta")
    return save_random_delta(folder / "delta.safetensors", tiny_unet())


def test_a_delta_is_read_as_it_was_written_but_for_half_precision(path: Path) -> None:
    written = random_factors(tiny_unet())

    delta = read_delta(path)

    assert delta.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert path.stat().st_mode & 0o777 == 0o644
    for layer, factors in written.items():
        for read, given in zip(delta.factors[layer], factors, strict=True):
            assert torch.equal(read, given.half())


def test_a_delta_changes_its_layers_and_no_other(path: Path) -> None:
    model, before = tiny_unet(), dict(tiny_unet().named_parameters())

    add_delta(model, read_delta(path))

    changed = {
        name.removesuffix(".weight")
        for name, weight in model.named_parameters()
        if not torch.equal(weight, before[name])
    }
    assert changed == set(LAYERS)


def test_the_changed_layer_adds_a_product_of_two_thin_ones() -> None:
    layer, tokens = nn.Linear(6, 4), torch.randn(3, 6)
    up, down = torch.randn(4, 2).half().float(), torch.randn(2, 6).half().float()
    expected = layer(tokens) + tokens @ down.T @ up.T

    add_delta(nn.ModuleDict({"one": layer}), delta_of(one=(up, down)))

    assert torch.allclose(layer(tokens), expected, atol=1e-6)


def test_a_convolution_changes_at_the_center_of_its_kernel() -> None:
    layer = nn.Conv2d(3, 5, 3)
    before = layer.weight.detach().clone()
    up, down = torch.ones(5, 1), torch.ones(1, 3)

    add_delta(nn.ModuleDict({"one": layer}), delta_of(one=(up, down)))

    change = layer.weight.detach() - before
    assert torch.allclose(change[:, :, 1, 1], torch.ones(5, 3), atol=1e-6)
    assert change.count_nonzero() == 15


@pytest.mark.parametrize(
    ("layer", "up", "down", "reason"),
    [
        ("two", torch.ones(4, 1), torch.ones(1, 6), "no layer two"),
        ("one", torch.ones(5, 1), torch.ones(1, 6), "another shape"),
        ("one", torch.ones(4, 1), torch.ones(2, 6), "another shape"),
        ("norm", torch.ones(4, 1), torch.ones(1, 6), "LayerNorm"),
    ],
)
def test_a_delta_of_another_model_is_refused_and_changes_nothing(
    layer: str, up: torch.Tensor, down: torch.Tensor, reason: str
) -> None:
    model = nn.ModuleDict({"one": nn.Linear(6, 4), "norm": nn.LayerNorm(6)})
    before = model["one"].weight.detach().clone()

    with pytest.raises(DeltaUnusableError, match=reason):
        add_delta(model, delta_of(**{layer: (up, down)}))

    assert torch.equal(model["one"].weight, before)


@pytest.mark.parametrize("names", [["a.up"], ["a.up", "a.down", "a.more"], []])
def test_a_file_of_anything_but_pairs_is_refused(
    names: list[str], tmp_path: Path
) -> None:
    save_file({name: torch.ones(1, 1) for name in names}, tmp_path / "delta")

    with pytest.raises(DeltaUnusableError):
        read_delta(tmp_path / "delta")


def test_a_missing_or_damaged_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "damaged").write_bytes(b"no tensors")

    for name in ("damaged", "missing"):
        with pytest.raises(DeltaUnusableError, match=name):
            read_delta(tmp_path / name)


def delta_of(**factors: tuple[torch.Tensor, torch.Tensor]) -> LowRankDelta:
    return LowRankDelta(factors, digest="0" * 64)
