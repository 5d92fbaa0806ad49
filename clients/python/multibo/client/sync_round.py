"""Rounds for programs without an event loop; see `sync_session`."""

from __future__ import annotations

from collections.abc import Sequence

from multibo.client.awaited_round import OPEN_WITHIN_S
from multibo.client.candidate import AsyncCandidate
from multibo.client.insight import ChoicePrediction
from multibo.client.loop import LoopThread
from multibo.client.recommendation import AsyncRecommendation
from multibo.client.round import AsyncRound
from multibo.client.types import (
    CandidateInfo,
    CandidateRole,
    CandidateState,
    ImageUrl,
    RecommendationInfo,
    RoundInfo,
    RoundState,
    SessionInfo,
    SkipReason,
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

    def thumbnail(self) -> bytes:
        """Run `AsyncCandidate.thumbnail`."""
        return self._loop.run(self._core.thumbnail())

    def image_url(self, *, thumbnail: bool = False) -> ImageUrl:
        """Run `AsyncCandidate.image_url`.

        Args:
            thumbnail: whether the image is wanted at most 128 pixels long.
        """
        return self._loop.run(self._core.image_url(thumbnail=thumbnail))

    def retry(self) -> CandidateInfo:
        """Run `AsyncCandidate.retry`."""
        return self._loop.run(self._core.retry())


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

    def rank(
        self,
        slots: Sequence[int],
        *,
        shown: Sequence[int] | None = None,
        response_time_s: float | None = None,
    ) -> SessionInfo:
        """Run `AsyncRound.rank`.

        Args:
            slots: two or more, closest first.
            shown: as in `choose`.
            response_time_s: as in `choose`.
        """
        return self._loop.run(
            self._core.rank(slots, shown=shown, response_time_s=response_time_s)
        )

    def tie(
        self,
        slots: Sequence[int],
        *,
        shown: Sequence[int] | None = None,
        response_time_s: float | None = None,
    ) -> SessionInfo:
        """Run `AsyncRound.tie`.

        Args:
            slots: two or more, in any order.
            shown: as in `choose`.
            response_time_s: as in `choose`.
        """
        return self._loop.run(
            self._core.tie(slots, shown=shown, response_time_s=response_time_s)
        )

    def none_of_these(
        self,
        *,
        shown: Sequence[int] | None = None,
        response_time_s: float | None = None,
    ) -> SessionInfo:
        """Run `AsyncRound.none_of_these`.

        Args:
            shown: as in `choose`.
            response_time_s: as in `choose`.
        """
        return self._loop.run(
            self._core.none_of_these(shown=shown, response_time_s=response_time_s)
        )

    def skip(
        self,
        reason: SkipReason = SkipReason.UNSPECIFIED,
        *,
        shown: Sequence[int] | None = None,
        response_time_s: float | None = None,
    ) -> SessionInfo:
        """Run `AsyncRound.skip`.

        Args:
            reason: why there is no answer.
            shown: as in `choose`.
            response_time_s: as in `choose`.
        """
        return self._loop.run(
            self._core.skip(reason, shown=shown, response_time_s=response_time_s)
        )

    def variety(self, *, wait: bool = True, timeout_s: float = OPEN_WITHIN_S) -> Round:
        """Run `AsyncRound.variety`.

        Args:
            wait: whether to return only once all images have ended.
            timeout_s: how long to wait for that.
        """
        core = self._loop.run(self._core.variety(wait=wait, timeout_s=timeout_s))
        return Round(self._loop, core)

    def cancel(self) -> RoundInfo:
        """Run `AsyncRound.cancel`."""
        return self._loop.run(self._core.cancel())

    def prediction(self) -> ChoicePrediction:
        """Run `AsyncRound.prediction`."""
        return self._loop.run(self._core.prediction())


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

    def thumbnail(self) -> bytes:
        """Run `AsyncRecommendation.thumbnail`."""
        return self._loop.run(self._core.thumbnail())

    def image_url(self, *, thumbnail: bool = False) -> ImageUrl:
        """Run `AsyncRecommendation.image_url`.

        Args:
            thumbnail: whether the image is wanted at most 128 pixels long.
        """
        return self._loop.run(self._core.image_url(thumbnail=thumbnail))
