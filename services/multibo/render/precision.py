"""How a model is held in memory: number format, device, and what may be unloaded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import torch

from multibo.render.errors import PrecisionRefusedError

DTYPES: Final = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}
AUTO: Final = "auto"
OFFLOADS: Final = ("none", "model", "sequential")


@dataclass(frozen=True, slots=True)
class Precision:
    """Number format and place of a model's weights.

    What is said here decides the bits of a picture, so it is in the numerics tag.
    """

    dtype: torch.dtype = torch.float32
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    offload: str = "none"
    """Which weights wait in main memory: none, whole models, or single layers."""

    @classmethod
    def named(cls, *, dtype: str, device: str, offload: str = "none") -> Precision:
        """Return the precision that a catalog entry names.

        Args:
            dtype: float32, bfloat16 or float16; auto takes the fastest that the device
                computes in and that leaves pictures the same to the eye.
            device: cpu, cuda or cuda:N; auto takes the accelerator if there is one.
            offload: none, model or sequential.

        Raises:
            PrecisionRefusedError: if there is no such format or device here.
        """
        if dtype not in (AUTO, *DTYPES):
            raise PrecisionRefusedError(f"no number format {dtype!r}")
        if offload not in OFFLOADS:
            raise PrecisionRefusedError(f"no way to offload {offload!r}")
        place = _device(device)
        if offload != "none" and place.type == "cpu":
            raise PrecisionRefusedError(f"offload {offload!r} needs an accelerator")
        chosen = _fastest(place) if dtype == AUTO else DTYPES[dtype]
        return cls(chosen, place, offload)

    @property
    def tag(self) -> str:
        """The part of the numerics tag that this decides."""
        name = str(self.dtype).removeprefix("torch.")
        return name if self.offload == "none" else f"{name}/offload-{self.offload}"


def _fastest(place: torch.device) -> torch.dtype:
    if place.type == "cuda":
        half = torch.cuda.is_bf16_supported(including_emulation=False)
        return torch.bfloat16 if half else torch.float16
    # Without these instructions a processor is slower in bfloat16 than in float32.
    # Older releases of torch do not tell; then the safe choice.
    told = hasattr(torch.cpu, "get_capabilities")
    found = torch.cpu.get_capabilities() if told else {}
    fast = found.get("avx512_bf16", False) or found.get("amx_bf16", False)
    return torch.bfloat16 if fast else torch.float32


def _device(name: str) -> torch.device:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    kind = name.partition(":")[0]
    if kind not in ("cpu", "cuda"):
        raise PrecisionRefusedError(f"no device {name!r}")
    if kind == "cuda" and not torch.cuda.is_available():
        raise PrecisionRefusedError(f"device {name!r} is not available on this machine")
    return torch.device(name)
