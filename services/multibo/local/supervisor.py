"""The embedded stack: Redis, optimizer, worker and gateway on one machine."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from multibo import pretrained
from multibo.client.discovery import Endpoints
from multibo.local import addresses, probes, processes, redis_binary
from multibo.local.crew import Crew
from multibo.local.errors import RedisUnreachableError
from multibo.local.processes import Plan, RedisPlan
from multibo.local.state_dir import StateDir


def _say_nothing(_line: str) -> None:
    """Report to nobody."""


class Stack:
    """A whole stack, running while the context is entered.

    ```python
    with Stack(state_dir=folder) as stack, connect(stack.endpoints.grpc) as multibo:
        ...
    ```
    """

    def __init__(
        self,
        *,
        state_dir: Path,
        listen: str = "127.0.0.1:0",
        grpc_listen: str = "127.0.0.1:0",
        n_workers: int = 1,
        redis_url: str = "",
        blob_url: str = "",
        blob_url_key: str = "",
        catalog: Path | None = None,
        speculation: str = "",
        report: Callable[[str], None] = _say_nothing,
    ) -> None:
        """Describe the stack; nothing runs yet.

        Args:
            state_dir: what it keeps; a later stack on it resumes every session.
            listen: address of the page, on loopback; port 0 is any free one.
            grpc_listen: address of the optimizer, on loopback, or `unix:/path`.
            n_workers: worker processes; the cores are divided among them.
            redis_url: a server to use and leave alone; empty starts one.
            blob_url: where images go; empty means into the state directory.
            blob_url_key: signs image URLs; empty keeps one in the state directory.
            catalog: models offered; None means the embedded one.
            speculation: what is done ahead of an answer, `off`, `slates` or
                `images`; empty means what the environment says.
            report: told in one line about every step and every restart.

        Raises:
            ListenAddressRefusedError: if an address is malformed or not on loopback.
        """
        self._state = StateDir(state_dir)
        self._page = addresses.parse_loopback(listen)
        self._grpc = grpc_listen
        if not grpc_listen.startswith("unix:"):
            addresses.parse_loopback(grpc_listen)
        self._n_workers = n_workers
        self._redis_url = redis_url
        self._blob_url = blob_url
        self._blob_url_key = blob_url_key
        self._catalog = catalog
        self._speculation = speculation
        self._report = report
        self._held = contextlib.ExitStack()
        self._crew: Crew | None = None
        self._stop_requested = False
        self._endpoints: Endpoints | None = None

    @property
    def endpoints(self) -> Endpoints:
        """Addresses of the running stack.

        Raises:
            RuntimeError: if it does not run.
        """
        if self._endpoints is None:
            raise RuntimeError("the stack does not run")
        return self._endpoints

    @property
    def logs(self) -> Path:
        """Folder of the log files."""
        return self._state.logs

    def __enter__(self) -> Stack:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start everything; return when the page can be opened.

        Raises:
            LocalError: the subclass says what to do; nothing is left running.
        """
        with contextlib.ExitStack() as held:
            held.enter_context(self._state)
            plan = self._settle(held)
            stages = processes.describe(plan)
            self._crew = Crew(stages, log_of=self._state.log, report=self._report)
            held.callback(self._crew.stop)
            if self._stop_requested:
                self._crew.request_stop()
            self._crew.start()
            self._endpoints = Endpoints(
                grpc=plan.grpc_target,
                page=f"http://{plan.page}",
                redis=plan.redis_url if plan.redis else "",
                pid=os.getpid(),
            )
            self._state.announce(self._endpoints)
            self._held = held.pop_all()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for the end of the stack.

        Args:
            timeout_s: None waits for ever.

        Returns:
            Whether it has ended.

        Raises:
            ProcessKeepsExitingError: if a process could not be kept alive.
        """
        return self._crew is None or self._crew.wait(timeout_s)

    def request_stop(self, *, hurry: bool = False) -> None:
        """Begin to stop and return at once; safe in a signal handler.

        Args:
            hurry: kill instead of asking.
        """
        self._stop_requested = True
        if self._crew is not None:
            self._crew.request_stop(hurry=hurry)

    def stop(self) -> None:
        """Stop everything within 15 s and give the state directory free."""
        self._endpoints = None
        self._held.close()

    def pids(self) -> dict[str, int]:
        """Return the process ids of the running processes, by name."""
        return {} if self._crew is None else self._crew.pids()

    def _settle(self, held: contextlib.ExitStack) -> Plan:
        redis = None if self._redis_url else self._own_redis(held)
        if redis is None and not probes.redis_answers(self._redis_url):
            raise RedisUnreachableError(self._redis_url)
        own_url = redis_binary.socket_url(redis.socket) if redis else ""
        grpc_target, page = self._settle_addresses()
        return Plan(
            redis_url=own_url or self._redis_url,
            blob_url=self._blob_url or self._state.images.as_uri(),
            catalog=self._catalog or pretrained.catalog_path(),
            grpc_target=grpc_target,
            page=page,
            n_workers=self._n_workers,
            n_cores=processes.n_usable_cores(),
            blob_url_key=self._blob_url_key or self._state.image_urls_key(),
            speculation=self._speculation,
            redis=redis,
        )

    def _own_redis(self, held: contextlib.ExitStack) -> RedisPlan:
        program = redis_binary.find_program()
        socket = redis_binary.socket_path(self._state.redis)
        held.callback(redis_binary.discard_socket, socket, self._state.redis)
        return RedisPlan(program.path, self._state.redis, socket)

    def _settle_addresses(self) -> tuple[str, addresses.Address]:
        last = self._state.remembered_ports()
        page = addresses.settle_port(self._page, remembered=last.get("page"))
        ports = {"page": page.port}
        target = self._grpc
        if not target.startswith("unix:"):
            optimizer = addresses.settle_port(
                addresses.parse_loopback(target), remembered=last.get("grpc")
            )
            ports["grpc"] = optimizer.port
            target = str(optimizer)
        self._state.remember_ports(ports)
        return target, page
