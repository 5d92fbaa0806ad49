"""An optimizer over memory, served on a free port."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from multibo.optimizer.app.ports import App
from tests.support.fakes import an_app
from tests.support.wire import Wire, serving


@pytest.fixture
def app() -> App:
    """Ports in memory; renders at once."""
    return an_app()


@pytest.fixture
async def wire(app: App) -> AsyncIterator[Wire]:
    """Stubs of every service, over a real channel."""
    async with serving(app) as wire:
        yield wire
