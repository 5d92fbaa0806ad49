"""`python -m multibo.optimizer`: read the settings, serve."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Final

from multibo.blobs.errors import BlobError
from multibo.jobs.errors import CatalogInvalidError
from multibo.optimizer.errors import OptimizerError
from multibo.optimizer.server import serve
from multibo.optimizer.settings import Settings
from multibo.telemetry.errors import MetricsListenError
from multibo.telemetry.logs import configure_logs
from multibo.telemetry.tracing import open_tracing

_UNUSABLE: Final = (
    OptimizerError,
    CatalogInvalidError,
    BlobError,
    MetricsListenError,
)


def main() -> int:
    """Run the process.

    Returns:
        Exit status: 0 after a clean stop, 2 for a setting that cannot be used.
    """
    try:
        settings = Settings.from_environment(os.environ)
        configure_logs("optimizer", settings.log_level)
        with open_tracing("optimizer", os.environ) as tracing:
            asyncio.run(serve(settings, tracing))
    except _UNUSABLE as error:
        sys.stderr.write(f"multibo.optimizer: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
