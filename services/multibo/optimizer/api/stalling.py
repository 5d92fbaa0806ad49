"""Streams whose reader has stopped reading: cut, not kept.

A message that the reader has no room for suspends the call between two messages, where
nothing looks after it: neither its end, nor a drain, nor whether its credentials still
hold. So each message has a timer of its own. What a stream holds meanwhile is that one
message; what happens in the session is asked for when there is room for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final, TypeVar

PATIENCE_S: Final = 25.0
"""As long as our clients wait for a sign of life; with the credentials' leeway of 30 s
a stalled stream still ends within a minute of their expiry."""

Message = TypeVar("Message")


async def unstalled(
    messages: AsyncIterator[Message], *, patience_s: float = PATIENCE_S
) -> AsyncIterator[Message]:
    """Yield messages; cancel the call that does not take one in time.

    Args:
        messages: of a stream.
        patience_s: how long the reader may take for one of them.
    """
    call = asyncio.current_task()
    assert call is not None
    loop = asyncio.get_running_loop()
    async for message in messages:
        # No refusal can be told: it would wait behind what is not read. A client that
        # reads on hears nothing more and opens another stream, as after any silence.
        stalled = loop.call_later(patience_s, call.cancel)
        try:
            yield message
        finally:
            stalled.cancel()
