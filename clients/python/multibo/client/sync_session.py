"""The client for programs without an event loop: each call runs the core and waits.

No behavior lives here; every method says which one of the core it runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from multibo.client.events import Event
from multibo.client.loop import LoopThread
from multibo.client.round import OPEN_WITHIN_S, AsyncCandidate, AsyncRound
from multibo.client.session import AsyncRecommendation, AsyncSession
from multibo.client.types import (
    CandidateInfo,
    CandidateRole,
    CandidateState,
    RecommendationInfo,
    RoundInfo,
    RoundState,
    SessionInfo,
)


class Candidate:
    """One warp vector and its image; see `AsyncCandidate`."""

    def __init__(self, loop: LoopThread, core: AsyncCandidate) -> None:
        self._loop = loop
        self._core = core

    @property
    def core(self) -> AsyncCandidate:
        """The asynchronous twin; use it on its own loop only."""
        return self._core

    @property
    def info(self) -> CandidateInfo:
        """What was last heard of the candidate."""
        return self._core.info

    @property
    def name(self) -> str:
        """Resource name."""
        return self._core.name

    @property
    def slot(self) -> int:
        """Place in the slate, from 0."""
        return self._core.slot

    @property
    def role(self) -> CandidateRole:
        """Why it is in the slate."""
        return self._core.role

    @property
    def state(self) -> CandidateState:
        """Where it stood when its round was last heard of."""
        return self._core.state

    def image(self) -> bytes:
        """Run `AsyncCandidate.image`."""
        return self._loop.run(self._core.image())


class Round:
    """One slate and the feedback on it; see `AsyncRound`."""

    def __init__(self, loop: LoopThread, core: AsyncRound) -> None:
        self._loop = loop
        self._core = core

    @property
    def info(self) -> RoundInfo:
        """What was last heard of the round."""
        return self._core.info

    @property
    def name(self) -> str:
        """Resource name."""
        return self._core.name

    @property
    def number(self) -> int:
        """From 0, never reused."""
        return self._core.number

    @property
    def state(self) -> RoundState:
        """Where it stood when last heard of."""
        return self._core.state

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The slate, by slot."""
        return tuple(Candidate(self._loop, core) for core in self._core.candidates)

    def refresh(self) -> RoundInfo:
        """Run `AsyncRound.refresh`."""
        return self._loop.run(self._core.refresh())

    def wait_until_open(self, *, timeout_s: float = OPEN_WITHIN_S) -> None:
        """Run `AsyncRound.wait_until_open`.

        Args:
            timeout_s: how long to wait.
        """
        self._loop.run(self._core.wait_until_open(timeout_s=timeout_s))

    def choose(
        self,
        slot: int,
        *,
        shown: Sequence[int] | None = None,
        response_time_s: float | None = None,
    ) -> SessionInfo:
        """Run `AsyncRound.choose`.

        Args:
            slot: the picked candidate.
            shown: slots the person really saw, in display order; None means all
                that were READY.
            response_time_s: from the last image visible to the answer.
        """
        return self._loop.run(
            self._core.choose(slot, shown=shown, response_time_s=response_time_s)
        )


class Recommendation:
    """The incumbent; see `AsyncRecommendation`."""

    def __init__(self, loop: LoopThread, core: AsyncRecommendation) -> None:
        self._loop = loop
        self._core = core

    @property
    def info(self) -> RecommendationInfo:
        """What the preference model believes."""
        return self._core.info

    @property
    def candidate(self) -> Candidate:
        """The incumbent."""
        return Candidate(self._loop, self._core.candidate)

    def image(self) -> bytes:
        """Run `AsyncRecommendation.image`."""
        return self._loop.run(self._core.image())


class Session:
    """One person's search for one image; see `AsyncSession`."""

    def __init__(self, loop: LoopThread, core: AsyncSession) -> None:
        self._loop = loop
        self._core = core

    @property
    def info(self) -> SessionInfo:
        """What was last heard of the session."""
        return self._core.info

    @property
    def name(self) -> str:
        """Resource name."""
        return self._core.name

    def refresh(self) -> SessionInfo:
        """Run `AsyncSession.refresh`."""
        return self._loop.run(self._core.refresh())

    def propose(self, *, wait: bool = True, timeout_s: float = OPEN_WITHIN_S) -> Round:
        """Run `AsyncSession.propose`.

        Args:
            wait: whether to return only once all images have ended.
            timeout_s: how long to wait for that.
        """
        core = self._loop.run(self._core.propose(wait=wait, timeout_s=timeout_s))
        return Round(self._loop, core)

    def round(self, number: int) -> Round:
        """Run `AsyncSession.round`.

        Args:
            number: from 0, as in its name.
        """
        return Round(self._loop, self._loop.run(self._core.round(number)))

    def recommendation(self) -> Recommendation:
        """Run `AsyncSession.recommendation`."""
        core = self._loop.run(self._core.recommendation())
        return Recommendation(self._loop, core)

    def finish(self, accepted: Candidate | None = None) -> SessionInfo:
        """Run `AsyncSession.finish`.

        Args:
            accepted: the candidate the person takes, if any.
        """
        core = None if accepted is None else accepted.core
        return self._loop.run(self._core.finish(core))

    def delete(self) -> None:
        """Run `AsyncSession.delete`."""
        self._loop.run(self._core.delete())

    def watch(self, *, include_progress: bool = False) -> Iterator[Event]:
        """Run `AsyncSession.watch`.

        Args:
            include_progress: whether denoising steps are reported.
        """
        return self._loop.iterate(self._core.watch(include_progress=include_progress))
