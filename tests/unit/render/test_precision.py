from __future__ import annotations

import pytest
import torch

from multibo.render.errors import PrecisionRefusedError
from multibo.render.precision import Precision


@pytest.mark.parametrize("name", ["float32", "bfloat16", "float16"])
def test_a_format_is_found_by_its_name(name: str) -> None:
    precision = Precision.named(dtype=name, device="cpu")

    assert precision == Precision(getattr(torch, name), torch.device("cpu"))
    assert precision.tag == name


@pytest.mark.parametrize(
    ("instructions", "expected"),
    [
        ({"avx512_bf16": True, "amx_bf16": False}, torch.bfloat16),
        ({"amx_bf16": True}, torch.bfloat16),
        ({"avx512_f": True, "avx512_bf16": False}, torch.float32),
        ({"architecture": "aarch64"}, torch.float32),
    ],
)
def test_auto_halves_numbers_only_where_the_processor_can(
    instructions: dict[str, object],
    expected: torch.dtype,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: instructions)

    assert Precision.named(dtype="auto", device="cpu").dtype == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"dtype": "float8"},
        {"device": "tpu"},
        {"offload": "disk"},
        {"offload": "model"},
    ],
)
def test_what_is_not_to_be_had_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(PrecisionRefusedError):
        Precision.named(**{"dtype": "float32", "device": "cpu", **changes})
