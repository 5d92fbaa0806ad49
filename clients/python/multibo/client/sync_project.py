"""The project for programs without an event loop; see `sync_session`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from types import TracebackType

from multibo.client.loop import LoopThread
from multibo.client.project import AsyncProject
from multibo.client.sync_session import Session
from multibo.client.types import Model, SessionInfo, SessionState, WarpSpace


class Project:
    """A connection on behalf of one project; see `AsyncProject`.

    Made by `connect`; close it, or enter it as a context.
    """

    def __init__(self, loop: LoopThread, core: AsyncProject) -> None:
        self._loop = loop
        self._core = core

    def __enter__(self) -> Project:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def name(self) -> str:
        """Resource name, `projects/{project}`."""
        return self._core.name

    def close(self) -> None:
        """Close the connection."""
        self._loop.run(self._core.close())
        self._loop.close()

    def create_session(
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
    ) -> Session:
        """Run `AsyncProject.create_session`.

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
        """
        core = self._core.create_session(
            prompt,
            model=model,
            negative_prompt=negative_prompt,
            rounds=rounds,
            k=k,
            seed=seed,
            steps=steps,
            guidance=guidance,
            warp_space=warp_space,
            casting_rounds=casting_rounds,
            control_share=control_share,
            probe_share=probe_share,
            labels=labels,
            session_id=session_id,
        )
        return Session(self._loop, self._loop.run(core))

    def session(self, name: str) -> Session:
        """Run `AsyncProject.session`.

        Args:
            name: resource name, or only its last part.
        """
        return Session(self._loop, self._loop.run(self._core.session(name)))

    def sessions(
        self,
        *,
        states: Collection[SessionState] = (),
        labels: Mapping[str, str] | None = None,
    ) -> Iterator[SessionInfo]:
        """Run `AsyncProject.sessions`.

        Args:
            states: only sessions in one of these; empty means all.
            labels: only sessions that carry all of these.
        """
        return self._loop.iterate(self._core.sessions(states=states, labels=labels))

    def import_session(
        self, document: bytes, *, digest: str = "", session_id: str = ""
    ) -> Session:
        """Run `AsyncProject.import_session`.

        Args:
            document: as exported, byte for byte.
            digest: as exported; empty means that nothing is compared.
            session_id: last part of its name; empty lets the server make one.
        """
        core = self._core.import_session(document, digest=digest, session_id=session_id)
        return Session(self._loop, self._loop.run(core))

    def delete_session(self, name: str, *, allow_missing: bool = False) -> None:
        """Run `AsyncProject.delete_session`.

        Args:
            name: resource name, or only its last part.
            allow_missing: whether a session that does not exist is fine.
        """
        self._loop.run(self._core.delete_session(name, allow_missing=allow_missing))

    def models(self) -> list[Model]:
        """Run `AsyncProject.models`."""
        return self._loop.run(self._core.models())

    def warp_space(self, name: str) -> WarpSpace:
        """Run `AsyncProject.warp_space`.

        Args:
            name: resource name.
        """
        return self._loop.run(self._core.warp_space(name))
