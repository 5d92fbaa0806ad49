"""The client for programs without an event loop: each call runs the core and waits.

No behavior lives here; every method says which one of the core it runs.
"""

from __future__ import annotations

from collections.abc import Iterator

from multibo.client.awaited_round import OPEN_WITHIN_S
from multibo.client.events import Event
from multibo.client.insight import (
    Figure,
    FigureFormat,
    FigureKind,
    PreferenceMap,
    StoppingAdvice,
)
from multibo.client.loop import LoopThread
from multibo.client.session import AsyncSession
from multibo.client.sync_round import Candidate, Recommendation, Round
from multibo.client.types import ExportedSession, ForkMode, SessionInfo, SessionSpec


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

    def rounds(
        self, *, include_obsolete: bool = False, after: int | None = None
    ) -> Iterator[Round]:
        """Run `AsyncSession.rounds`.

        Args:
            include_obsolete: whether also those whose feedback was undone.
            after: only rounds with a greater number; None means all.
        """
        cores = self._core.rounds(include_obsolete=include_obsolete, after=after)
        for core in self._loop.iterate(cores):
            yield Round(self._loop, core)

    def undo(self, *, etag: str = "") -> SessionInfo:
        """Run `AsyncSession.undo`.

        Args:
            etag: of the session that the person was looking at; empty means as it is
                now.
        """
        return self._loop.run(self._core.undo(etag=etag))

    def redo(self, *, etag: str = "") -> SessionInfo:
        """Run `AsyncSession.redo`.

        Args:
            etag: as in `undo`.
        """
        return self._loop.run(self._core.redo(etag=etag))

    def fork(
        self,
        *,
        mode: ForkMode = ForkMode.HISTORY,
        through: int | None = None,
        spec: SessionSpec | None = None,
        session_id: str = "",
    ) -> Session:
        """Run `AsyncSession.fork`.

        Args:
            mode: whether it takes over the rounds, or only what they say about the
                person.
            through: number of the last round taken over; None means all.
            spec: of the new session, for a warm start only; None means this one's.
            session_id: last part of its name; empty lets the server make one.
        """
        core = self._core.fork(
            mode=mode, through=through, spec=spec, session_id=session_id
        )
        return Session(self._loop, self._loop.run(core))

    def export(self) -> ExportedSession:
        """Run `AsyncSession.export`."""
        return self._loop.run(self._core.export())

    def recommendation(self) -> Recommendation:
        """Run `AsyncSession.recommendation`."""
        core = self._loop.run(self._core.recommendation())
        return Recommendation(self._loop, core)

    def stopping_advice(self) -> StoppingAdvice:
        """Run `AsyncSession.stopping_advice`."""
        return self._loop.run(self._core.stopping_advice())

    def preference_map(self, *, x_axis: str = "", y_axis: str = "") -> PreferenceMap:
        """Run `AsyncSession.preference_map`.

        Args:
            x_axis: the slice's horizontal axis; empty means the most important.
            y_axis: the slice's vertical axis; empty means the next important.
        """
        core = self._core.preference_map(x_axis=x_axis, y_axis=y_axis)
        return self._loop.run(core)

    def figure(
        self,
        kind: FigureKind = FigureKind.MAP,
        format: FigureFormat = FigureFormat.PNG,
    ) -> Figure:
        """Run `AsyncSession.figure`.

        Args:
            kind: what to show.
            format: the file format.
        """
        return self._loop.run(self._core.figure(kind, format))

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

    def watch(
        self, *, include_progress: bool = False, include_previews: bool = False
    ) -> Iterator[Event]:
        """Run `AsyncSession.watch`.

        Args:
            include_progress: whether denoising steps are reported.
            include_previews: whether candidates are shown before they are ready.
        """
        return self._loop.iterate(
            self._core.watch(
                include_progress=include_progress, include_previews=include_previews
            )
        )
