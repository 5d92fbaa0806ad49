"""One graph serves every warp vector."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from multibo.render.architectures.port import Architecture
from multibo.warp.install import warped
from tests.support.tiny_model import a_family, random_warps
from tests.unit.warp.test_install_kinds import (
    ADAPTERS,
    N_ROWS,
    ROPE,
    a_plan,
    predict,
)

FAMILIES = {"tokens": a_family(), "positions": ROPE}
CASES = [*((name, "tokens") for name in ADAPTERS), ("FLUX.1", "positions")]


def compiled(model: Architecture, backend: str) -> None:
    """Replace the model's forward by its compiled graph."""
    torch._dynamo.reset()
    denoiser: Any = model.denoiser
    denoiser.forward = torch.compile(
        denoiser.forward, backend=backend, fullgraph=True, dynamic=False
    )


def assert_one_graph(name: str, kind: str, backend: str, tolerance: float) -> None:
    model, family = ADAPTERS[name](), FAMILIES[kind]
    warps = random_warps(3 * N_ROWS)
    plans = [a_plan(model, warps[n : n + N_ROWS], family) for n in (0, 2, 4)]
    with warped(model.denoiser, family):
        eager = [predict(model, each) for each in plans]
    compiled(model, backend)
    with warped(model.denoiser, family):
        first = predict(model, plans[0])

    with (
        torch._dynamo.config.patch(error_on_recompile=True),
        warped(model.denoiser, family),
    ):
        later = [predict(model, each) for each in plans[1:]]

    for ours, expected in zip([first, *later], eager, strict=True):
        assert float((ours - expected).abs().max()) <= tolerance


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_a_new_warp_never_compiles_the_model_again(name: str, kind: str) -> None:
    assert_one_graph(name, kind, "eager", 0.0)


@pytest.mark.slow
@pytest.mark.timeout(1200)  # a C++ compiler works on each
@pytest.mark.parametrize(("name", "kind"), CASES)
def test_the_compiled_model_predicts_the_same(name: str, kind: str) -> None:
    assert_one_graph(name, kind, "inductor", 1e-4)
