"""A scripted server on the test's loop, and a client connected to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from multibo.client import AsyncProject, AsyncSession, connect_async
from multibo.v1 import session_service_pb2
from tests.support.scripted_optimizer import ScriptedOptimizer, a_session, serving


@pytest.fixture
async def optimizer() -> AsyncIterator[ScriptedOptimizer]:
    scripted = ScriptedOptimizer()
    async with serving(scripted):
        yield scripted


@pytest.fixture
async def project(optimizer: ScriptedOptimizer) -> AsyncIterator[AsyncProject]:
    async with connect_async(optimizer.address) as project:
        yield project


@pytest.fixture
async def session(project: AsyncProject, optimizer: ScriptedOptimizer) -> AsyncSession:
    optimizer.on(
        "CreateSession", session_service_pb2.CreateSessionResponse(session=a_session())
    )
    return await project.create_session("comic portrait")
