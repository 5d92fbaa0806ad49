"""`python -m multibo.gateway`: read the settings, serve."""

import asyncio
import os
import sys

from multibo.blobs.errors import BlobError
from multibo.gateway.errors import SettingInvalidError
from multibo.gateway.server import serve
from multibo.gateway.settings import Settings
from multibo.telemetry.logs import configure_logs


def main() -> int:
    """Run the process.

    Returns:
        Exit status: 0 after a clean stop, 2 for a setting that cannot be used.
    """
    try:
        settings = Settings.from_environment(os.environ)
    except SettingInvalidError as error:
        sys.stderr.write(f"multibo.gateway: {error}\n")
        return 2
    configure_logs("gateway", settings.log_level)
    try:
        asyncio.run(serve(settings))
    except BlobError as error:
        sys.stderr.write(f"multibo.gateway: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
