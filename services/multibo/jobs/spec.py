"""What a picture is made of, its canonical bytes and its content address."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from typing import Final

SEED_LIMIT: Final = 2**63
"""Base seeds lie in `[0, SEED_LIMIT)`."""


@dataclass(frozen=True, slots=True)
class RenderSpec:
    """Everything that decides the pixels of one candidate, but for the numerics.

    The warp is kept quantized, in units of 1/4096: what is rendered is exactly
    what the preference model stores.
    """

    model: str
    revision: str
    prompt: str
    negative_prompt: str
    base_seed: int
    """Seed of the start noise, `0 <= base_seed < SEED_LIMIT`."""
    warp_space: str
    """`family@revision`, a warp space of the model."""
    warp: tuple[int, ...]
    """Quantized warp vector; the identity is all zeros."""
    steps: int
    guidance: float
    width_px: int
    height_px: int

    def canonical(self) -> bytes:
        """Return the one byte form of this spec: sorted keys, no spaces, UTF-8."""
        return json.dumps(
            asdict(self), sort_keys=True, separators=(",", ":"), ensure_ascii=False
        ).encode()

    def address(self, numerics: str) -> str:
        """Return the image's name: SHA-256 over the spec and the numerics tag.

        Args:
            numerics: the renderer's tag (library version, device class, dtype,
                attention backend, compiled or not); two tags never share an image.

        Returns:
            64 hexadecimal digits.
        """
        return hashlib.sha256(self.canonical() + b"\n" + numerics.encode()).hexdigest()

    @property
    def compat_key(self) -> str:
        """What rows must share to be rendered in one batch."""
        guided = "cfg" if self.guidance > 1 else "nocfg"
        return (
            f"{self.model}:{self.revision}:{self.width_px}x{self.height_px}"
            f":s{self.steps}:{guided}:{self.warp_space}"
        )

    @classmethod
    def from_canonical(cls, data: bytes | str) -> RenderSpec:
        """Return the spec that `canonical` wrote.

        Args:
            data: the canonical JSON.

        Raises:
            ValueError: if `data` is no JSON object of exactly our fields.
        """
        document = json.loads(data)
        names = {field.name for field in fields(cls)}
        if not isinstance(document, dict) or set(document) != names:
            raise ValueError("not a render spec")
        return cls(**{**document, "warp": tuple(document["warp"])})
