"""`SessionService`: creating, finding, ending and watching sessions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Final, Protocol

from google.protobuf.message import Message

from multibo.optimizer.api import validate
from multibo.optimizer.api.convert.event import watch_response
from multibo.optimizer.api.convert.model import check_revision
from multibo.optimizer.api.convert.session import (
    STATES,
    create_command,
    fork_command,
    session_message,
)
from multibo.optimizer.api.idempotency import request_key
from multibo.optimizer.api.limits import WatchSlots
from multibo.optimizer.api.paging import PageTokens, page_limit
from multibo.optimizer.api.registration import Context
from multibo.optimizer.api.stalling import unstalled
from multibo.optimizer.app import create, finish, fork, read, transfer, undo, watch
from multibo.optimizer.app.ports import App
from multibo.optimizer.app.values import Page, SessionView
from multibo.optimizer.session import ids
from multibo.optimizer.session.model import Session
from multibo.v1 import session_pb2
from multibo.v1 import session_service_pb2 as wire

_TRANSPORT: Final = ("x-multibo-transport", "grpc-web")
"""The gateway marks a browser's calls; its streams have to be shorter."""
_MAX_SCANS: Final = 20
"""Pages of the store one listing reads at most: a rare label must not read all."""


class SessionServicer:
    """Converts, calls one use case, and converts back."""

    def __init__(
        self,
        app: App,
        tokens: PageTokens,
        watches: WatchSlots,
        draining: asyncio.Event,
    ) -> None:
        self._app = app
        self._tokens = tokens
        self._watches = watches
        self._draining = draining

    async def create_session(self, request: wire.CreateSessionRequest) -> bytes:
        """Create a session; see the contract."""
        validate.create_session(request)
        command = create_command(request)
        check_revision(self._app.catalog, command.model, request.spec.model_revision)
        key = request_key(request, request.request_id.lower())
        return await create.create_session(
            self._app, command, key, _reply(wire.CreateSessionResponse)
        )

    async def get_session(
        self, request: wire.GetSessionRequest
    ) -> wire.GetSessionResponse:
        """Return a session; see the contract."""
        name = ids.parse_session(request.name)
        validate.view(request.view)
        full = request.view == session_pb2.SESSION_VIEW_FULL
        view = await read.get_session(self._app, name, full=full)
        return wire.GetSessionResponse(session=session_message(view))

    async def list_sessions(
        self, request: wire.ListSessionsRequest
    ) -> wire.ListSessionsResponse:
        """Return a page of a project's sessions; see the contract."""
        project = ids.parse_project(request.parent)
        validate.list_sessions(request)
        listing = _listing(request)
        cursor = await self._tokens.open(request.page_token, listing)
        page = await self._matching(project, request, cursor)
        return wire.ListSessionsResponse(
            sessions=[
                session_message(create.view(self._app, session))
                for session in page.sessions
            ],
            next_page_token=await self._tokens.seal(page.next_cursor, listing),
        )

    async def _matching(
        self, project: str, request: wire.ListSessionsRequest, cursor: str
    ) -> Page:
        limit = page_limit(request.page_size)
        found: list[Session] = []
        for _ in range(_MAX_SCANS):
            # Never more than still fit, so the cursor stands behind the last one.
            page = await read.list_sessions(
                self._app, project, limit=limit - len(found), cursor=cursor
            )
            found.extend(one for one in page.sessions if _matches(one, request))
            cursor = page.next_cursor
            if not cursor or len(found) == limit:
                break
        return Page(tuple(found), cursor)

    async def delete_session(
        self, request: wire.DeleteSessionRequest
    ) -> wire.DeleteSessionResponse:
        """Remove a session; see the contract."""
        validate.etag(request.etag)
        await finish.delete_session(
            self._app,
            ids.parse_session(request.name),
            allow_missing=request.allow_missing,
            etag=request.etag,
        )
        return wire.DeleteSessionResponse()

    async def finish_session(
        self, request: wire.FinishSessionRequest
    ) -> wire.FinishSessionResponse:
        """Make a session read-only; see the contract."""
        name = ids.parse_session(request.name)
        accepted = (
            ids.parse_candidate(request.accepted_candidate, field="accepted_candidate")
            if request.accepted_candidate
            else None
        )
        validate.etag(request.etag)
        view = await finish.finish_session(
            self._app, name, accepted=accepted, etag=request.etag
        )
        return wire.FinishSessionResponse(session=session_message(view))

    async def undo_feedback(self, request: wire.UndoFeedbackRequest) -> bytes:
        """Take the last feedback back; see the contract."""
        name = ids.parse_session(request.name)
        validate.going_back(request)
        key = request_key(request, request.request_id.lower())
        return await undo.undo_feedback(
            self._app, name, key, _reply(wire.UndoFeedbackResponse), etag=request.etag
        )

    async def redo_feedback(self, request: wire.RedoFeedbackRequest) -> bytes:
        """Bring the feedback undone last back; see the contract."""
        name = ids.parse_session(request.name)
        validate.going_back(request)
        key = request_key(request, request.request_id.lower())
        return await undo.redo_feedback(
            self._app, name, key, _reply(wire.RedoFeedbackResponse), etag=request.etag
        )

    async def fork_session(self, request: wire.ForkSessionRequest) -> bytes:
        """Start a session from another; see the contract."""
        validate.fork_session(request)
        command = fork_command(request)
        if command.spec is not None:
            revision = request.spec.model_revision
            check_revision(self._app.catalog, command.spec.model, revision)
        key = request_key(request, request.request_id.lower())
        return await fork.fork_session(
            self._app, command, key, _reply(wire.ForkSessionResponse)
        )

    async def export_session(
        self, request: wire.ExportSessionRequest
    ) -> wire.ExportSessionResponse:
        """Return a session as a document; see the contract."""
        name = ids.parse_session(request.name)
        document = await transfer.export_session(self._app, name)
        return wire.ExportSessionResponse(
            document=document.data, digest=document.digest, schema=document.schema
        )

    async def import_session(self, request: wire.ImportSessionRequest) -> bytes:
        """Create a session from a document; see the contract."""
        project = ids.parse_project(request.parent)
        validate.import_session(request)
        command = transfer.ImportSession(
            project, request.session_id, request.document, request.digest
        )
        key = request_key(request, request.request_id.lower())
        return await transfer.import_session(
            self._app, command, key, _reply(wire.ImportSessionResponse)
        )

    async def watch_session(
        self, request: wire.WatchSessionRequest, context: Context
    ) -> AsyncIterator[wire.WatchSessionResponse]:
        """Stream what happens to a session; see the contract."""
        name = ids.parse_session(request.name)
        limits = self._app.limits
        browser = _TRANSPORT in tuple(context.invocation_metadata() or ())
        events = watch.watch_session(
            self._app,
            name,
            request.cursor,
            include_progress=request.include_progress,
            include_previews=request.include_previews,
            draining=self._draining,
            limit_s=limits.watch_browser_s if browser else limits.watch_s,
        )
        with self._watches.held(name.project):
            # The generator must not outlive the call.
            async with aclosing(events) as following:
                async for watched in unstalled(following):
                    yield watch_response(name, watched)


class _Reply(Protocol):
    def __call__(self, *, session: session_pb2.Session) -> Message: ...


def _reply(kind: _Reply) -> Callable[[SessionView], bytes]:
    return lambda view: kind(session=session_message(view)).SerializeToString()


def _listing(request: wire.ListSessionsRequest) -> bytes:
    """Return what a page token is bound to: the request but for its place."""
    bound = wire.ListSessionsRequest()
    bound.CopyFrom(request)
    bound.ClearField("page_token")
    bound.ClearField("page_size")
    return b"ListSessions\n" + bound.SerializeToString(deterministic=True)


def _matches(session: Session, request: wire.ListSessionsRequest) -> bool:
    if request.states and STATES[session.state] not in request.states:
        return False
    labels = dict(session.spec.labels)
    return all(labels.get(key) == value for key, value in request.labels.items())
