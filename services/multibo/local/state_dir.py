"""The state directory: all that a stack keeps, and the lock that makes it one's own.

- `lock`: held by the running supervisor
- `endpoints.json`: addresses, while the stack is ready
- `ports.json`: the last run's ports, taken again if free
- `redis/`: the server's append-only file and socket
- `images/`: rendered images
- `logs/`: one file per process
- `image_urls.key`: signs the addresses of images
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from pathlib import Path
from types import TracebackType
from typing import IO

from multibo.client import discovery
from multibo.local.errors import StackAlreadyRunningError, StateDirUnusableError
from multibo.local.logs import LogFile


class StateDir:
    """One state directory, locked while the context is entered."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().absolute()
        self._lock: IO[str] | None = None

    @property
    def redis(self) -> Path:
        """Folder of the Redis server's data."""
        return self.path / "redis"

    @property
    def images(self) -> Path:
        """Folder of the rendered images."""
        return self.path / "images"

    @property
    def logs(self) -> Path:
        """Folder of the log files."""
        return self.path / "logs"

    def log(self, process: str) -> LogFile:
        """Return the log file of a process.

        Args:
            process: its name.
        """
        return LogFile(self.logs / f"{process}.log")

    def __enter__(self) -> StateDir:
        try:
            for folder in (self.path, self.redis, self.images, self.logs):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = (self.path / "lock").open("a+")
        except OSError as error:
            raise StateDirUnusableError(self.path, str(error)) from error
        self._take(self._lock)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._endpoints.unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.truncate(0)
            self._lock.close()
            self._lock = None

    def _take(self, lock: IO[str]) -> None:
        # The kernel drops the lock with the process, however that ends; children
        # do not inherit the descriptor.
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            holder = lock.read().strip()
            lock.close()
            pid = int(holder) if holder.isdigit() else None
            raise StackAlreadyRunningError(self.path, pid=pid) from error
        except OSError as error:
            lock.close()
            raise StateDirUnusableError(self.path, str(error)) from error
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        # Left by a supervisor that was killed.
        self._endpoints.unlink(missing_ok=True)

    @property
    def _endpoints(self) -> Path:
        return self.path / discovery.FILE_NAME

    def announce(self, endpoints: discovery.Endpoints) -> None:
        """Write the addresses for clients to find.

        Args:
            endpoints: of the stack that is now ready.
        """
        _replace(self._endpoints, endpoints.to_json())

    def image_urls_key(self) -> str:
        """Return the key that signs image URLs, made by the first stack."""
        path = self.path / "image_urls.key"
        if not path.exists():
            path.touch(mode=0o600)
        key = path.read_text().strip()
        if not key:
            key = secrets.token_hex(32)
            path.write_text(key + "\n")
        return key

    def remembered_ports(self) -> dict[str, int]:
        """Return the ports of the last run by process name; empty if unknown."""
        try:
            ports = json.loads((self.path / "ports.json").read_text())
            return {str(name): int(port) for name, port in ports.items()}
        except (OSError, ValueError, AttributeError, TypeError):
            return {}

    def remember_ports(self, ports: dict[str, int]) -> None:
        """Keep the ports for the next run.

        Args:
            ports: by process name.
        """
        _replace(self.path / "ports.json", json.dumps(ports) + "\n")


def _replace(path: Path, text: str) -> None:
    """Write a file that a reader sees whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text)
    draft.replace(path)
