"""What the use cases need from the outside; adapters fulfill it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from multibo.jobs.catalog import Catalog
from multibo.jobs.job import ImageRef, RenderJob
from multibo.optimizer.app.drawings import Drawing, FigureFormat
from multibo.optimizer.app.values import (
    Change,
    Committed,
    Content,
    FeedEvent,
    Limits,
    Page,
    Readiness,
    Receipt,
    RequestKey,
    SignedUrl,
)
from multibo.optimizer.preference.advice import Advice
from multibo.optimizer.preference.dataset import Answer
from multibo.optimizer.preference.prediction import Prediction
from multibo.optimizer.preference.preference_map import PreferenceMap
from multibo.optimizer.preference.slate import (
    Proposal,
    ProposalRequest,
    Recommendation,
)
from multibo.optimizer.session.ids import SessionName
from multibo.optimizer.session.model import (
    LogEntry,
    Round,
    Session,
    Slate,
)


class SessionStore(Protocol):
    """Where sessions live. Any method may raise `StoreUnavailableError`."""

    async def create(
        self,
        session: Session,
        receipt: Receipt | None,
        content: Content | None = None,
    ) -> Session | None:
        """Store a new session unless its name is taken.

        Args:
            session: with rev 1.
            receipt: kept 24 h per project.
            content: rounds it starts with; none if not given.

        Returns:
            None when stored, else the session that holds the name.
        """
        ...

    async def read(self, name: SessionName) -> Session:
        """Return the session.

        Args:
            name: which.

        Raises:
            SessionNotFoundError: if there is none.
        """
        ...

    async def read_round(self, name: SessionName, number: int) -> Round:
        """Return a round with its jobs as they are now.

        Args:
            name: the session.
            number: the round.

        Raises:
            SessionNotFoundError: if there is no such session.
            RoundNotFoundError: if it has no such round.
        """
        ...

    async def read_rounds(
        self, name: SessionName, *, after: int, limit: int
    ) -> tuple[Round, ...]:
        """Return up to `limit` rounds with a number above `after`, in order."""
        ...

    async def read_log(
        self, name: SessionName
    ) -> tuple[tuple[LogEntry, ...], Mapping[int, Slate]]:
        """Return the log, oldest first, and the slates by round number."""
        ...

    async def commit(self, change: Change) -> Committed:
        """Write a change if the stored rev is still the one it was made from.

        Args:
            change: everything to write.

        Returns:
            DONE; CONTENDED if another command won; REPLAYED if the request id
            is known. Only DONE has written anything.

        Raises:
            SessionNotFoundError: if the session is gone.
        """
        ...

    async def replay(self, name: SessionName, key: RequestKey) -> bytes | None:
        """Return the stored reply of a command given before, or None.

        Args:
            name: the session.
            key: the command.

        Raises:
            RequestIdConflictError: if the id came with other content.
        """
        ...

    async def replay_create(self, project: str, key: RequestKey) -> bytes | None:
        """Return the stored reply of a creating command, or None.

        Args:
            project: the project.
            key: the command.

        Raises:
            RequestIdConflictError: if the id came with other content.
        """
        ...

    async def list_sessions(self, project: str, *, limit: int, cursor: str) -> Page:
        """Return sessions of a project, newest first.

        Args:
            project: whose.
            limit: at most this many.
            cursor: of the page before, or "".

        Raises:
            CursorInvalidError: if the cursor is not ours.
        """
        ...

    async def delete(self, name: SessionName) -> bool:
        """Remove everything of a session; return whether it was there."""
        ...

    async def secret(self) -> bytes:
        """Return 32 bytes shared by all replicas, made at first use."""
        ...

    async def ping(self) -> None:
        """Raise `StoreUnavailableError` if the store does not answer."""
        ...


class EventFeed(Protocol):
    """The event stream of a session."""

    async def head(self, name: SessionName) -> str:
        """Return the cursor behind the newest event."""
        ...

    async def keeps(self, name: SessionName, cursor: str) -> bool:
        """Return whether every event after `cursor` is still there."""
        ...

    def follow(
        self, name: SessionName, cursor: str, *, idle_s: float
    ) -> AsyncIterator[FeedEvent | None]:
        """Yield events after `cursor` for ever; None when `idle_s` passed silently."""
        ...


class RenderFleet(Protocol):
    """How jobs reach the workers. Best effort: the reconciler repairs losses."""

    async def wake(self, name: SessionName, jobs: Sequence[RenderJob]) -> None:
        """Push row references and tell the fleet to drain; never raises."""
        ...

    async def readiness(self, model: str) -> Readiness:
        """Return how many workers serve `model` and how long a row waits."""
        ...


class Engine(Protocol):
    """The preference engine, in a process of its own; it answers, if need be degraded.

    Everywhere `prior` is the warm start the session began with, empty for none.
    """

    async def propose(self, request: ProposalRequest, *, timeout_s: float) -> Proposal:
        """Return K warp vectors; a degraded slate rather than an error."""
        ...

    async def recommend(
        self,
        dimension: int,
        history: tuple[Answer, ...],
        prior: tuple[float, ...] = (),
        *,
        timeout_s: float,
    ) -> Recommendation:
        """Return the incumbent and the predicted maximizer."""
        ...

    async def prior_of(
        self,
        dimension: int,
        history: tuple[Answer, ...],
        prior: tuple[float, ...] = (),
        *,
        timeout_s: float,
    ) -> tuple[float, ...]:
        """Return what a history says about the person, for a warm start."""
        ...

    async def advise(
        self,
        dimension: int,
        history: tuple[Answer, ...],
        prior: tuple[float, ...] = (),
        *,
        timeout_s: float,
    ) -> Advice:
        """Return whether going on is worth it, in words."""
        ...

    async def predict(
        self,
        dimension: int,
        k: int,
        history: tuple[Answer, ...],
        slate_warps: tuple[tuple[int, ...], ...],
        prior: tuple[float, ...] = (),
        *,
        timeout_s: float,
    ) -> Prediction:
        """Return what the person will answer, and how good predictions have been."""
        ...

    async def preference_map(
        self,
        dimension: int,
        history: tuple[Answer, ...],
        x_axis: int | None = None,
        y_axis: int | None = None,
        prior: tuple[float, ...] = (),
        *,
        timeout_s: float,
    ) -> PreferenceMap:
        """Return what was learned, as plain values to draw."""
        ...


class Figures(Protocol):
    """How drawings become files."""

    async def render(self, drawing: Drawing, format: FigureFormat) -> bytes:
        """Return the file, at most `drawings.MAX_BYTES`."""
        ...


class Images(Protocol):
    """Where pictures are read."""

    async def get(self, address: str) -> bytes:
        """Return the file under a content address."""
        ...

    async def url(self, image: ImageRef, *, project: str) -> SignedUrl:
        """Return a URL of a picture.

        Args:
            image: which.
            project: on whose behalf.

        Raises:
            ImageUrlsNotOfferedError: if this deployment signs none.
        """
        ...


class Clock(Protocol):
    """Time enters here."""

    def now_ms(self) -> int:
        """Return milliseconds since the epoch."""
        ...


@dataclass(frozen=True, slots=True)
class App:
    """The ports a use case may call; made once, in `server`."""

    store: SessionStore
    feed: EventFeed
    fleet: RenderFleet
    engine: Engine
    figures: Figures
    images: Images
    catalog: Catalog
    clock: Clock
    limits: Limits
