"""What a picture is made of, its canonical bytes and its content address."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

SEED_LIMIT: Final = 2**63
"""Base seeds lie in `[0, SEED_LIMIT)`."""
ANGLE_QUANTUM: Final = 4096
"""Stored integers per radian of a turn."""
WHOLE: Final = (1, 1)
"""The grid of parts that has but one: the whole picture."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A rotation of the start noise on its sphere, toward the noise of other seeds.

    With z the noise so far, e_j the noise of `seeds[j]` made orthogonal to z and to
    the directions before it and given z's norm, and a = `angles` in radians:
    z' = cos|a| z + sin|a| sum_j a_j / |a| e_j. The norm stays; a = 0 changes nothing.

    A turn in parts does this place by place: the picture is a grid of parts, direction
    j acts in part j, line by line and from the first again after the last, and between
    the centers of two parts its angle fades from one to the other.
    """

    seeds: tuple[int, ...]
    """Seeds of the directions, distinct, each in `[0, SEED_LIMIT)`."""
    angles: tuple[int, ...]
    """One per direction, in units of 1/4096 rad."""
    parts: tuple[int, int] = WHOLE
    """Columns and rows of the grid of parts, each >= 1."""


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
    turns: tuple[Turn, ...] = ()
    """What is done to the noise of `base_seed`, in order."""

    def canonical(self) -> bytes:
        """Return the one byte form of this spec: sorted keys, no spaces, UTF-8.

        Without turns the field is left out, as are the parts of a turn that has but
        one, so that images made before there were any keep their address.
        """
        document = asdict(self)
        if not self.turns:
            del document["turns"]
        for turn in document.get("turns", ()):
            if turn["parts"] == WHOLE:
                del turn["parts"]
        return json.dumps(
            document, sort_keys=True, separators=(",", ":"), ensure_ascii=False
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
        """What rows must share to be rendered in one batch.

        The guidance is part of it where the negative prompt is empty: a model may have
        learned to predict at one guidance without asking for a negative prompt.
        """
        guided = "cfg" if self.guidance > 1 else "nocfg"
        if guided == "cfg" and not self.negative_prompt:
            guided = f"cfg{self.guidance:g}"
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
        if not isinstance(document, dict) or names != {*document, "turns"}:
            raise ValueError("not a render spec")
        warp = tuple(document["warp"])
        turns = tuple(_turn(turn) for turn in document.get("turns", ()))
        return cls(**{**document, "warp": warp, "turns": turns})


def _turn(document: Any) -> Turn:
    if not isinstance(document, dict) or {*document, "parts"} != _TURN_FIELDS:
        raise ValueError("not a turn of a render spec")
    columns, rows = document.get("parts", WHOLE)
    return Turn(tuple(document["seeds"]), tuple(document["angles"]), (columns, rows))


_TURN_FIELDS: Final = {"seeds", "angles", "parts"}
