"""One running stack for all end-to-end tests that do not harm it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from multibo.client import Project, connect
from multibo.local.errors import RedisServerNotFoundError
from multibo.local.supervisor import Stack
from tests.support import servers


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The embedded stack, started as `multibo up` starts it."""
    stack = Stack(state_dir=tmp_path_factory.mktemp("stack"), speculation="images")
    try:
        stack.start()
    except RedisServerNotFoundError as missing:
        if servers.in_ci():
            raise
        pytest.skip(str(missing))
    yield stack
    stack.stop()


@pytest.fixture
def multibo(stack: Stack) -> Iterator[Project]:
    """A connection through the public client."""
    with connect(stack.endpoints.grpc) as project:
        yield project
