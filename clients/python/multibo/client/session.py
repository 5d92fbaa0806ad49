"""One session, asynchronously."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from multibo.client import convert, requests
from multibo.client.awaited_round import OPEN_WITHIN_S
from multibo.client.candidate import AsyncCandidate
from multibo.client.channel import new_request_id
from multibo.client.events import Event
from multibo.client.round import AsyncRound
from multibo.client.session_insight import SessionInsight
from multibo.client.types import (
    ExportedSession,
    ForkMode,
    SessionInfo,
    SessionSpec,
)
from multibo.client.watch import Patience, Watch
from multibo.v1 import (
    round_pb2,
    round_service_pb2,
    session_pb2,
    session_service_pb2,
)


class AsyncSession(SessionInsight):
    """One person's search for one image."""

    async def refresh(self) -> SessionInfo:
        """Fetch the session with its latest round.

        Returns:
            What `info` now holds.

        Raises:
            SessionNotFoundError: if it is gone.
        """
        reply: session_service_pb2.GetSessionResponse = await self._transport.read(
            self._transport.sessions.GetSession,
            session_service_pb2.GetSessionRequest(
                name=self.name, view=session_pb2.SESSION_VIEW_FULL
            ),
        )
        self._info = convert.session_info(reply.session)
        return self._info

    async def propose(
        self, *, wait: bool = True, timeout_s: float = OPEN_WITHIN_S
    ) -> AsyncRound:
        """Return the next round; while one is unanswered, that one.

        Args:
            wait: whether to return only once all its images have ended.
            timeout_s: how long to wait for that.

        Raises:
            BudgetSpentError: if the session's rounds are spent.
            SessionFinishedError: if the session is finished.
            RoundFailedError: if fewer than two images could be rendered.
            WaitTimedOutError: if the images take longer; the round goes on.
        """
        reply: round_service_pb2.ProposeRoundResponse = await self._transport.write(
            self._transport.rounds.ProposeRound,
            round_service_pb2.ProposeRoundRequest(parent=self.name),
        )
        round = self._round(reply.round)
        if wait:
            await round.wait_until_open(timeout_s=timeout_s)
        return round

    async def round(self, number: int) -> AsyncRound:
        """Return a round as it is now.

        Args:
            number: from 0, as in its name.

        Raises:
            RoundNotFoundError: if there is none.
        """
        reply: round_service_pb2.GetRoundResponse = await self._transport.read(
            self._transport.rounds.GetRound,
            round_service_pb2.GetRoundRequest(name=f"{self.name}/rounds/{number}"),
        )
        return self._round(reply.round)

    async def rounds(
        self, *, include_obsolete: bool = False, after: int | None = None
    ) -> AsyncGenerator[AsyncRound, None]:
        """Yield the rounds, oldest first, page by page.

        Args:
            include_obsolete: whether also those whose feedback was undone.
            after: only rounds with a greater number; None means all.
        """
        token = ""
        while True:
            reply: round_service_pb2.ListRoundsResponse = await self._transport.read(
                self._transport.rounds.ListRounds,
                round_service_pb2.ListRoundsRequest(
                    parent=self.name,
                    page_token=token,
                    include_obsolete=include_obsolete,
                    after_round=after,
                ),
            )
            for round in reply.rounds:
                yield self._round(round)
            token = reply.next_page_token
            if not token:
                return

    def _round(self, round: round_pb2.Round) -> AsyncRound:
        return AsyncRound(self._transport, self.name, convert.round_info(round))

    async def undo(self, *, etag: str = "") -> SessionInfo:
        """Take the last feedback back; its round opens again.

        Args:
            etag: of the session that the person was looking at; empty means as it is
                now, for a person who is alone with it.

        Returns:
            What `info` now holds, with the round.

        Raises:
            NothingToUndoError: if there is no feedback left.
            EtagMismatchError: if the session has changed meanwhile.
            SessionFinishedError: if the session is finished.
        """
        reply: session_service_pb2.UndoFeedbackResponse = await self._transport.write(
            self._transport.sessions.UndoFeedback,
            session_service_pb2.UndoFeedbackRequest(
                name=self.name,
                request_id=new_request_id(),
                etag=etag or (await self.refresh()).etag,
            ),
        )
        self._info = convert.session_info(reply.session)
        return self._info

    async def redo(self, *, etag: str = "") -> SessionInfo:
        """Bring the feedback undone last back, and the rounds after it.

        Args:
            etag: as in `undo`.

        Returns:
            What `info` now holds, with the latest round.

        Raises:
            NothingToRedoError: if nothing was undone, or feedback was given since.
            EtagMismatchError: if the session has changed meanwhile.
            SessionFinishedError: if the session is finished.
        """
        reply: session_service_pb2.RedoFeedbackResponse = await self._transport.write(
            self._transport.sessions.RedoFeedback,
            session_service_pb2.RedoFeedbackRequest(
                name=self.name,
                request_id=new_request_id(),
                etag=etag or (await self.refresh()).etag,
            ),
        )
        self._info = convert.session_info(reply.session)
        return self._info

    async def fork(
        self,
        *,
        mode: ForkMode = ForkMode.HISTORY,
        through: int | None = None,
        spec: SessionSpec | None = None,
        session_id: str = "",
    ) -> AsyncSession:
        """Begin a session from what was learned in this one, which stays as it is.

        Args:
            mode: whether it takes over the rounds, or only what they say about the
                person.
            through: number of the last round taken over; None means all.
            spec: of the new session, for a warm start only:
                `replace(session.info.spec, prompt=...)`; None means this one's.
            session_id: last part of its name; empty lets the server make one.

        Raises:
            FieldInvalidError: if the spec does not go with the mode.
            RoundNotFoundError: if there is no such round.
            SessionExistsError: if the id is taken.
        """
        request = session_service_pb2.ForkSessionRequest(
            name=self.name,
            session_id=session_id,
            through_round=through,
            mode=f"FORK_MODE_{mode.value}",
            spec=None if spec is None else requests.session_spec(spec),
            request_id=new_request_id(),
        )
        reply: session_service_pb2.ForkSessionResponse = await self._transport.write(
            self._transport.sessions.ForkSession, request
        )
        return AsyncSession(self._transport, convert.session_info(reply.session))

    async def export(self) -> ExportedSession:
        """Return the session as a document for `import_session`.

        Raises:
            ExportTooLargeError: if it does not fit into a message.
        """
        reply: session_service_pb2.ExportSessionResponse = await self._transport.read(
            self._transport.sessions.ExportSession,
            session_service_pb2.ExportSessionRequest(name=self.name),
        )
        return ExportedSession(reply.document, reply.digest, reply.schema)

    async def finish(self, accepted: AsyncCandidate | None = None) -> SessionInfo:
        """Make the session read-only.

        Args:
            accepted: the candidate the person takes, if any; it must be READY.

        Returns:
            What `info` now holds.

        Raises:
            CandidateNotReadyError: if the accepted candidate has no image.
        """
        reply: session_service_pb2.FinishSessionResponse = await self._transport.write(
            self._transport.sessions.FinishSession,
            session_service_pb2.FinishSessionRequest(
                name=self.name,
                accepted_candidate="" if accepted is None else accepted.name,
            ),
        )
        self._info = convert.session_info(reply.session)
        return self._info

    async def delete(self) -> None:
        """Have the server forget the session; fine if it already has."""
        await self._transport.write(
            self._transport.sessions.DeleteSession,
            session_service_pb2.DeleteSessionRequest(
                name=self.name, allow_missing=True
            ),
        )

    def watch(
        self,
        *,
        include_progress: bool = False,
        include_previews: bool = False,
        patience: Patience | None = None,
    ) -> AsyncGenerator[Event, None]:
        """Follow the session, across lost connections, for as long as wanted.

        Args:
            include_progress: whether denoising steps are reported.
            include_previews: whether candidates are shown before they are ready.
            patience: how long to wait for what; None means the defaults.

        Returns:
            Events, beginning with a snapshot; close it when done.
        """
        return Watch(
            self._transport,
            self.name,
            include_progress=include_progress,
            include_previews=include_previews,
            patience=patience,
        ).events()
