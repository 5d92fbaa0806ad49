"""The public client of MultiBO.

```python
from multibo.client import connect

with connect() as multibo:
    session = multibo.create_session("comic portrait, brown long hair")
    round = session.propose()
    session.recommendation().image()
```

`connect_async` gives the same with `await`. Errors are in `multibo.client.errors`, what
the server tells in `multibo.client.types`.
"""

from __future__ import annotations

import os
from typing import Final

import grpc

from multibo.client import discovery, errors, events, types
from multibo.client.channel import Transport, open_channel
from multibo.client.errors import ClientError
from multibo.client.loop import LoopThread
from multibo.client.project import AsyncProject
from multibo.client.round import AsyncCandidate, AsyncRound
from multibo.client.session import AsyncRecommendation, AsyncSession
from multibo.client.sync_project import Project
from multibo.client.sync_session import Candidate, Recommendation, Round, Session

__all__ = [
    "AsyncCandidate",
    "AsyncProject",
    "AsyncRecommendation",
    "AsyncRound",
    "AsyncSession",
    "Candidate",
    "ClientError",
    "Project",
    "Recommendation",
    "Round",
    "Session",
    "connect",
    "connect_async",
    "errors",
    "events",
    "types",
]

DEFAULT_PROJECT: Final = "local"


def connect(
    address: str = "",
    *,
    project: str = DEFAULT_PROJECT,
    credentials: grpc.ChannelCredentials | None = None,
) -> Project:
    """Return a connection for a program without an event loop.

    Nothing is sent before the first call.

    Args:
        address: gRPC target of the optimizer: `host:port` or `unix:/path`. Empty means
            the environment's MULTIBO_ADDRESS, and without that the stack that
            `multibo up` runs on its default state directory.
        project: whose sessions; `multibo up` serves `local`.
        credentials: for TLS; None means plain text.

    Raises:
        AddressUnknownError: if no address was given and none was found.
    """
    target = address or discovery.find_address(os.environ)
    loop = LoopThread()

    async def open_on_loop() -> AsyncProject:
        # A channel belongs to the loop it was made on.
        return _open(target, project, credentials)

    return Project(loop, loop.run(open_on_loop()))


def connect_async(
    address: str = "",
    *,
    project: str = DEFAULT_PROJECT,
    credentials: grpc.ChannelCredentials | None = None,
) -> AsyncProject:
    """Return a connection for the running event loop; see `connect`.

    Args:
        address: gRPC target; empty means what `connect` says.
        project: whose sessions.
        credentials: for TLS; None means plain text.

    Raises:
        AddressUnknownError: if no address was given and none was found.
    """
    target = address or discovery.find_address(os.environ)
    return _open(target, project, credentials)


def _open(
    target: str, project: str, credentials: grpc.ChannelCredentials | None
) -> AsyncProject:
    return AsyncProject(Transport(open_channel(target, credentials)), project)
