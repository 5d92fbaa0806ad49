"""What a watched session reports."""

from __future__ import annotations

from dataclasses import dataclass

from multibo.client.types import CandidateInfo, RoundInfo, SessionInfo


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole session; forget what earlier events said."""

    session: SessionInfo


@dataclass(frozen=True, slots=True)
class SessionChanged:
    """A command changed the session; its rounds are reported separately."""

    session: SessionInfo


@dataclass(frozen=True, slots=True)
class RoundChanged:
    """A round was proposed or changed its state."""

    round: RoundInfo


@dataclass(frozen=True, slots=True)
class CandidateChanged:
    """A candidate changed its state."""

    candidate: CandidateInfo


@dataclass(frozen=True, slots=True)
class Progress:
    """A candidate has come a denoising step further; best effort."""

    candidate: str
    """Name of the candidate."""
    slot: int
    step: int
    n_steps: int


@dataclass(frozen=True, slots=True)
class Preview:
    """How a candidate looks so far; best effort."""

    candidate: str
    """Name of the candidate."""
    slot: int
    data: bytes
    """A small picture, at most 16 KiB."""
    media_type: str


Event = Snapshot | SessionChanged | RoundChanged | CandidateChanged | Progress | Preview
