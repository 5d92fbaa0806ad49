"""The public client of MultiBO.

```python
from multibo.client import connect

with connect() as multibo:
    session = multibo.create_session("comic portrait, brown long hair")
    round = session.propose()
    session.recommendation().image()
```

`connect_async` gives the same with `await`. Errors are in `multibo.client.errors`, what
the server tells in `multibo.client.types`, what it has learned in
`multibo.client.insight`.
"""

from __future__ import annotations

import os
from typing import Final

import grpc

from multibo.client import discovery, errors, events, insight, types
from multibo.client.candidate import AsyncCandidate
from multibo.client.channel import Transport, check_token, open_channel
from multibo.client.errors import ClientError
from multibo.client.loop import LoopThread
from multibo.client.project import AsyncProject
from multibo.client.recommendation import AsyncRecommendation
from multibo.client.round import AsyncRound
from multibo.client.session import AsyncSession
from multibo.client.sync_project import Project
from multibo.client.sync_round import Candidate, Recommendation, Round
from multibo.client.sync_session import Session

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
    "insight",
    "types",
]

DEFAULT_PROJECT: Final = "local"


def connect(
    address: str = "",
    *,
    project: str = DEFAULT_PROJECT,
    credentials: grpc.ChannelCredentials | None = None,
    token: str = "",
) -> Project:
    """Return a connection for a program without an event loop.

    Nothing is sent before the first call.

    Args:
        address: gRPC target of the optimizer: `host:port` or `unix:/path`. Empty means
            the environment's MULTIBO_ADDRESS, and without that the stack that
            `multibo up` runs on its default state directory.
        project: whose sessions; `multibo up` serves `local`.
        credentials: for TLS; None means plain text.
        token: bearer token or API key to send with every call. Empty means the
            environment's MULTIBO_TOKEN, and without that none.

    Raises:
        AddressUnknownError: if no address was given and none was found.
        TokenUnusableError: if the token is damaged, or would leave this machine in
            plain text.
    """
    target, token = _endpoint(address, token, credentials)
    loop = LoopThread()

    async def open_on_loop() -> AsyncProject:
        # A channel belongs to the loop it was made on.
        return _open(target, project, credentials, token)

    return Project(loop, loop.run(open_on_loop()))


def connect_async(
    address: str = "",
    *,
    project: str = DEFAULT_PROJECT,
    credentials: grpc.ChannelCredentials | None = None,
    token: str = "",
) -> AsyncProject:
    """Return a connection for the running event loop; see `connect`.

    Args:
        address: gRPC target; empty means what `connect` says.
        project: whose sessions.
        credentials: for TLS; None means plain text.
        token: bearer token or API key to send with every call. Empty means the
            environment's MULTIBO_TOKEN, and without that none.

    Raises:
        AddressUnknownError: if no address was given and none was found.
        TokenUnusableError: if the token is damaged, or would leave this machine in
            plain text.
    """
    target, token = _endpoint(address, token, credentials)
    return _open(target, project, credentials, token)


def _endpoint(
    address: str, token: str, credentials: grpc.ChannelCredentials | None
) -> tuple[str, str]:
    target = address or discovery.find_address(os.environ)
    held = token or discovery.find_token(os.environ)
    check_token(held, target, encrypted=credentials is not None)
    return target, held


def _open(
    target: str,
    project: str,
    credentials: grpc.ChannelCredentials | None,
    token: str,
) -> AsyncProject:
    return AsyncProject(Transport(open_channel(target, credentials), token), project)
