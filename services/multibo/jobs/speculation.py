"""Rows rendered ahead: what a session may show next, before anybody asks for it.

They are hints and nothing else. No session holds them, no event tells of them, no
quota counts them; losing one costs the time it would have saved.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from multibo.jobs.errors import JobDocumentError
from multibo.jobs.spec import RenderSpec

LIFE_MS: Final = 120_000
"""A speculative row is forgotten after this; its picture, if any, stays."""


class SpeculativeState(StrEnum):
    """Where a speculative row stands."""

    QUEUED = "queued"
    RENDERING = "rendering"
    RENDERED = "rendered"


@dataclass(frozen=True, slots=True)
class SpeculativeRow:
    """A picture that may be shown next."""

    spec: RenderSpec
    answers: tuple[int, ...]
    """The chosen slots after which it is."""
    probability: float
    """That it is."""

    @property
    def digest(self) -> str:
        """Name of the row in its session."""
        return digest_of(self.spec)

    @property
    def place(self) -> float:
        """Its place in the queue: what is most likely to be shown comes first."""
        return 1.0 - self.probability


def digest_of(spec: RenderSpec) -> str:
    """Return what names a speculative row: SHA-256 of the spec, 64 digits."""
    return hashlib.sha256(spec.canonical()).hexdigest()


def row_to_json(row: SpeculativeRow) -> str:
    """Return the stored document of a row, queued.

    Spec and answers are strings: Redis' cjson would damage seeds and empty lists.
    """
    document = {
        "state": SpeculativeState.QUEUED.value,
        "compat": row.spec.compat_key,
        "answers": "".join(f"{slot}," for slot in row.answers),
        "spec": row.spec.canonical().decode(),
    }
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def spec_of(document: bytes | str) -> RenderSpec:
    """Return what a stored document renders.

    Args:
        document: what `row_to_json` or a Lua script wrote.

    Raises:
        JobDocumentError: if it is damaged.
    """
    try:
        return RenderSpec.from_canonical(json.loads(document)["spec"])
    except (KeyError, TypeError, ValueError) as error:
        raise JobDocumentError(f"unreadable speculative row: {error}") from error


def is_asked(document: bytes | str) -> bool:
    """Say whether somebody waits for a row by now: then it is not given up.

    Args:
        document: what `row_to_json` or a Lua script wrote.
    """
    return bool(json.loads(document).get("asked"))
