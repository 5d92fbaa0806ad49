"""What the use cases need from the outside; adapters fulfill it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from multibo.jobs.catalog import Catalog
from multibo.jobs.job import ImageRef, RenderJob
from multibo.optimizer.app.drawings import Drawing, FigureFormat
from multibo.optimizer.app.stores import EventFeed as EventFeed
from multibo.optimizer.app.stores import SessionStore as SessionStore
from multibo.optimizer.app.values import Limits, Readiness, SignedUrl
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
