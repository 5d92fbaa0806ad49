"""A scripted server on the test's loop, and a client connected to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from multibo.client import AsyncProject, connect_async
from tests.support.scripted_optimizer import ScriptedOptimizer, serving


@pytest.fixture
async def optimizer() -> AsyncIterator[ScriptedOptimizer]:
    scripted = ScriptedOptimizer()
    async with serving(scripted):
        yield scripted


@pytest.fixture
async def project(optimizer: ScriptedOptimizer) -> AsyncIterator[AsyncProject]:
    async with connect_async(optimizer.address) as project:
        yield project
