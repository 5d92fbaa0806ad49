"""What passes between the optimizer and its engine process: framed pickles.

Both ends are the same installation on the same host, so pickle is safe and exact:
a slate comes back bit for bit. Standard library only: the child reads this module
before it may load numpy.
"""

from __future__ import annotations

import pickle
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from multibo.optimizer.preference.dataset import Answer

HEADER: Final = struct.Struct(">I")
"""Length of the pickle that follows, in bytes."""


@dataclass(frozen=True, slots=True)
class RecommendationRequest:
    """The arguments of `recommend`, as one value."""

    dimension: int
    history: tuple[Answer, ...]
    prior: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class PriorRequest:
    """The arguments of `prior_of`, as one value."""

    dimension: int
    history: tuple[Answer, ...]
    prior: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class AdviceRequest:
    """The arguments of `advise`, as one value."""

    dimension: int
    history: tuple[Answer, ...]
    prior: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class PredictionRequest:
    """The arguments of `predict`, as one value."""

    dimension: int
    k: int
    history: tuple[Answer, ...]
    slate_warps: tuple[tuple[int, ...], ...]
    prior: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class MapRequest:
    """The arguments of `preference_map`, as one value."""

    dimension: int
    history: tuple[Answer, ...]
    x_axis: int | None
    y_axis: int | None
    prior: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class EngineHello:
    """The child's first word: it has loaded everything and made a slate."""

    engine_version: str


@dataclass(frozen=True, slots=True)
class EngineFailure:
    """The child could not answer; it has logged why and serves the next request."""

    reason: str


def frame(message: object) -> bytes:
    """Return a message as it goes down the pipe."""
    body = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    return HEADER.pack(len(body)) + body


def message_of(body: bytes) -> object:
    """Return the message of a frame's body."""
    message: object = pickle.loads(body)
    return message
