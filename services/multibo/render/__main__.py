"""Starts one render worker: `python -m multibo.render`."""

import logging
import os
import sys

from multibo.blobs.errors import BlobError
from multibo.jobs.errors import JobsError
from multibo.render.errors import RenderError
from multibo.render.settings import Settings
from multibo.telemetry.errors import MetricsListenError
from multibo.telemetry.logs import configure_logs
from multibo.telemetry.tracing import open_tracing

EXIT_SETUP_FAILED = 78  # as in `worker`, which is loaded after the logs


def main() -> int:
    """Read the settings, run the worker, return the exit status."""
    try:
        settings = Settings.from_environment(os.environ)
    except RenderError as error:
        configure_logs("render", "INFO")
        logging.getLogger("multibo.render").critical("%s", error)
        return EXIT_SETUP_FAILED
    configure_logs("render", settings.log_level)
    # After the logs: loading torch takes a second, and its warnings belong there.
    from multibo.render.worker import Worker

    try:
        with open_tracing("render", os.environ) as tracing:
            return Worker(settings, tracing).run()
    except (RenderError, JobsError, BlobError, MetricsListenError) as error:
        logging.getLogger("multibo.render").critical(
            "setup failed", extra={"reason": str(error)}
        )
        return EXIT_SETUP_FAILED


if __name__ == "__main__":
    sys.exit(main())
