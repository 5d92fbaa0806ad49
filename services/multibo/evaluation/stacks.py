"""The running service a simulated person talks to: a given one, or one of our own."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from multibo.client import ClientError, Project, connect
from multibo.evaluation.errors import StackError
from multibo.jobs.catalog import Catalog
from multibo.local.errors import LocalError
from multibo.local.supervisor import Stack
from multibo.pretrained import catalog_path
from multibo.render.pipelines import Pipeline, load_pipeline


@contextlib.contextmanager
def connected(address: str | None, *, redis_url: str = "") -> Iterator[Project]:
    """Yield a connection to a service.

    Args:
        address: gRPC target; None starts a stack, on a folder that goes with it.
        redis_url: a server that stack uses instead of its own.

    Raises:
        StackError: if no stack can be started, or the service does not do its part.
    """
    try:
        with contextlib.ExitStack() as held:
            yield _connect(held, address, redis_url)
    except LocalError as error:
        raise StackError(str(error)) from error
    except ClientError as error:
        raise StackError(f"the service failed: {error}") from error


def _connect(
    held: contextlib.ExitStack, address: str | None, redis_url: str
) -> Project:
    if address is None:
        folder = held.enter_context(tempfile.TemporaryDirectory(prefix="multibo-"))
        stack = held.enter_context(
            Stack(state_dir=Path(folder), redis_url=redis_url, report=_say)
        )
        address = stack.endpoints.grpc
    return held.enter_context(connect(address))


def embedded_pipeline() -> Pipeline:
    """Return the embedded model, loaded: it renders targets, not candidates."""
    return load_pipeline(Catalog.load(catalog_path()).default)


def _say(line: str) -> None:
    print(line, flush=True)
