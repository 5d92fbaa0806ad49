"""One thread, as the engine's process has."""

from collections.abc import Iterator

import pytest
from threadpoolctl import threadpool_limits


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Spare matrices this small the wait for a second thread."""
    with threadpool_limits(1):
        yield
