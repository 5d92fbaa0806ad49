"""`python -m multibo.telemetry.probe URL`: exit status 0 if it answers 200.

For container health checks: the images carry no curl.
"""

from __future__ import annotations

import sys
import urllib.error
import urllib.request
from http import HTTPStatus
from typing import Final

_PATIENCE_S: Final = 2.0


def main(arguments: list[str]) -> int:
    """Ask once.

    Args:
        arguments: one `http://` address.

    Returns:
        Exit status: 0 for 200, 1 for anything else, 2 for other arguments.
    """
    if len(arguments) != 1 or not arguments[0].startswith("http://"):
        sys.stderr.write("usage: python -m multibo.telemetry.probe http://...\n")
        return 2
    # A proxy of the environment has no business between a container and itself.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(arguments[0], timeout=_PATIENCE_S) as answer:
            return 0 if answer.status == HTTPStatus.OK else 1
    except (urllib.error.URLError, OSError, ValueError) as error:
        if isinstance(error, urllib.error.HTTPError):
            error.close()
        sys.stderr.write(f"{arguments[0]}: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
