"""What every Redis adapter needs: one refusal for its errors, bytes for its replies."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files

from redis.asyncio import Redis
from redis.commands.core import AsyncScript
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from multibo.optimizer.app.errors import StoreUnavailableError


@asynccontextmanager
async def store_errors() -> AsyncIterator[None]:
    """Raise `StoreUnavailableError` where Redis is away, full or loading."""
    try:
        yield
    except (RedisConnectionError, RedisTimeoutError, OSError) as error:
        raise StoreUnavailableError("the session store is away") from error
    except RedisError as error:
        raise StoreUnavailableError("the session store refused a command") from error


def as_bytes(value: object) -> bytes:
    """Return a reply that has to be bytes (the client never decodes)."""
    if not isinstance(value, bytes):
        raise TypeError(f"expected bytes from Redis, got {type(value).__name__}")
    return value


def as_text(value: object) -> str:
    """Return a reply that has to be bytes, as text."""
    return as_bytes(value).decode()


def script_of(redis: Redis, name: str) -> AsyncScript:
    """Return a script of ours, ready to be called.

    Args:
        redis: that runs it.
        name: of the file, without its suffix.
    """
    text = (files("multibo.optimizer.adapters") / "lua" / f"{name}.lua").read_text()
    return redis.register_script(text)
