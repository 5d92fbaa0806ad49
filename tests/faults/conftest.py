"""What the fault tests share: forked processes, a small model, the trial of a row."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.support import lives
from tests.support.deployment import Deploy, Deployment, database, deployed
from tests.support.durable_writes import a_catalog
from tests.support.fault_rows import Trial, trial_of
from tests.support.lives import Lives
from tests.support.servers import Server


@pytest.fixture
def trial(request: pytest.FixtureRequest) -> Trial:
    """The row that a test tries; see `in_short_and_full`."""
    repeats = int(request.config.getoption("--fault-repeats"))
    return trial_of(request.param, repeats)


@pytest.fixture(scope="session")
def tiny_catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that renders in milliseconds."""
    return a_catalog(tmp_path_factory.mktemp("tiny"))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def parent(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Lives]:
    """The process from which all others are forked."""
    log = tmp_path_factory.mktemp("lives") / "lives.log"
    async with lives.started(log) as parent:
        yield parent


@pytest.fixture
def deploy(
    parent: Lives, private_redis: Server, tmp_path: Path, tiny_catalog: Path
) -> Deploy:
    """Make deployments on one server, each with a folder and a database of its own."""

    def deploy(
        number: int = 0, **parts: Any
    ) -> AbstractAsyncContextManager[Deployment]:
        url = database(private_redis.url, number)
        return deployed(parent, url, tmp_path / str(number), tiny_catalog, **parts)

    return deploy
