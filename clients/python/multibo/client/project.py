"""The sessions and models of one project, asynchronously."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Mapping
from types import TracebackType

from multibo.client import convert
from multibo.client.channel import Transport, new_request_id
from multibo.client.session import AsyncSession
from multibo.client.types import Model, SessionInfo, SessionState, WarpSpace
from multibo.v1 import (
    model_service_pb2,
    session_pb2,
    session_service_pb2,
)


class AsyncProject:
    """A connection to the optimizer, on behalf of one project.

    Made by `connect_async`; close it, or enter it as a context.
    """

    def __init__(self, transport: Transport, project: str) -> None:
        self._transport = transport
        self._name = f"projects/{project}"

    @property
    def name(self) -> str:
        """Resource name, `projects/{project}`."""
        return self._name

    async def __aenter__(self) -> AsyncProject:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection; calls under way are canceled."""
        await self._transport.close()

    async def create_session(
        self,
        prompt: str,
        *,
        model: str = "",
        negative_prompt: str | None = None,
        rounds: int = 0,
        k: int = 0,
        seed: int | None = None,
        steps: int = 0,
        guidance: float | None = None,
        warp_space: str = "",
        casting_rounds: int | None = None,
        control_share: float | None = None,
        probe_share: float | None = None,
        labels: Mapping[str, str] | None = None,
        session_id: str = "",
    ) -> AsyncSession:
        """Begin a search.

        Args:
            prompt: what the image shows, in words.
            model: name of the catalog's model; empty means its first.
            negative_prompt: what the image must not show; None means the model's own.
            rounds: answers the session may take, 1..200; 0 means 50.
            k: candidates per round, 2..8; 0 means 4.
            seed: of everything random, 0..2^63 - 1; None lets the server draw one.
            steps: denoising steps per image; 0 means the model's own.
            guidance: classifier-free guidance scale; None means the model's own.
            warp_space: resource name of what is searched; empty means the model's own.
            casting_rounds: rounds at most, 0..50, that show other start noises before
                the search begins; None means the model's own.
            control_share: share of the candidates, in `[0, 1]`, that show a fresh
                start noise once it has begun; None means 0.
            probe_share: share of the rounds, in `[0, 1]`, that repeat an earlier
                slate; None means 0.
            labels: marks of the caller's own, to find the session by.
            session_id: last part of its name; empty lets the server make one.

        Raises:
            FieldInvalidError: if a value is outside its range.
            ModelNotFoundError: if the catalog has no such model.
            SessionExistsError: if the id is taken.
        """
        spec = session_pb2.SessionSpec(
            prompt=prompt,
            model=f"models/{model}" if model and "/" not in model else model,
            negative_prompt=negative_prompt,
            rounds=rounds,
            slate_size=k,
            seed=seed,
            steps=steps,
            guidance=guidance,
            warp_space=warp_space,
            casting_rounds=casting_rounds,
            control_share=control_share,
            probe_share=probe_share,
            labels=labels,
        )
        return await self._created(spec, session_id)

    async def _created(
        self, spec: session_pb2.SessionSpec, session_id: str
    ) -> AsyncSession:
        reply: session_service_pb2.CreateSessionResponse = await self._transport.write(
            self._transport.sessions.CreateSession,
            session_service_pb2.CreateSessionRequest(
                parent=self._name,
                session_id=session_id,
                spec=spec,
                request_id=new_request_id(),
            ),
        )
        return AsyncSession(self._transport, convert.session_info(reply.session))

    async def session(self, name: str) -> AsyncSession:
        """Return a session with its latest round.

        Args:
            name: resource name, or only its last part.

        Raises:
            SessionNotFoundError: if there is none.
        """
        reply: session_service_pb2.GetSessionResponse = await self._transport.read(
            self._transport.sessions.GetSession,
            session_service_pb2.GetSessionRequest(
                name=self._session_name(name), view=session_pb2.SESSION_VIEW_FULL
            ),
        )
        return AsyncSession(self._transport, convert.session_info(reply.session))

    async def sessions(
        self,
        *,
        states: Collection[SessionState] = (),
        labels: Mapping[str, str] | None = None,
    ) -> AsyncGenerator[SessionInfo, None]:
        """Yield the project's sessions, newest first, page by page.

        Args:
            states: only sessions in one of these; empty means all.
            labels: only sessions that carry all of these.
        """
        token = ""
        while True:
            request = session_service_pb2.ListSessionsRequest(
                parent=self._name,
                page_token=token,
                states=[f"SESSION_STATE_{state.value}" for state in states],
                labels=labels,
            )
            reply: session_service_pb2.ListSessionsResponse = (
                await self._transport.read(
                    self._transport.sessions.ListSessions, request
                )
            )
            for session in reply.sessions:
                yield convert.session_info(session)
            token = reply.next_page_token
            if not token:
                return

    async def import_session(
        self, document: bytes, *, digest: str = "", session_id: str = ""
    ) -> AsyncSession:
        """Begin a session from an exported document.

        Args:
            document: as exported, byte for byte.
            digest: as exported; empty means that nothing is compared.
            session_id: last part of its name; empty lets the server make one.

        Raises:
            DocumentInvalidError: if the document is damaged or of another schema.
            ModelNotFoundError: if the catalog lacks its model.
            SessionExistsError: if the id is taken.
        """
        reply: session_service_pb2.ImportSessionResponse = await self._transport.write(
            self._transport.sessions.ImportSession,
            session_service_pb2.ImportSessionRequest(
                parent=self._name,
                session_id=session_id,
                document=document,
                digest=digest,
                request_id=new_request_id(),
            ),
        )
        return AsyncSession(self._transport, convert.session_info(reply.session))

    async def delete_session(self, name: str, *, allow_missing: bool = False) -> None:
        """Have the server forget a session.

        Args:
            name: resource name, or only its last part.
            allow_missing: whether a session that does not exist is fine.

        Raises:
            SessionNotFoundError: if there is none.
        """
        await self._transport.write(
            self._transport.sessions.DeleteSession,
            session_service_pb2.DeleteSessionRequest(
                name=self._session_name(name), allow_missing=allow_missing
            ),
        )

    async def models(self) -> list[Model]:
        """Return the models of the catalog, in its order."""
        models: list[Model] = []
        token = ""
        while True:
            reply: model_service_pb2.ListModelsResponse = await self._transport.read(
                self._transport.models.ListModels,
                model_service_pb2.ListModelsRequest(page_token=token),
            )
            models.extend(convert.model(model) for model in reply.models)
            token = reply.next_page_token
            if not token:
                return models

    async def warp_space(self, name: str) -> WarpSpace:
        """Return a warp space.

        Args:
            name: resource name, as in `SessionSpec.warp_space`.

        Raises:
            ModelNotFoundError: if the catalog has no such warp space.
        """
        reply: model_service_pb2.GetWarpSpaceResponse = await self._transport.read(
            self._transport.models.GetWarpSpace,
            model_service_pb2.GetWarpSpaceRequest(name=name),
        )
        return convert.warp_space(reply.warp_space)

    def _session_name(self, name: str) -> str:
        return name if "/" in name else f"{self._name}/sessions/{name}"
