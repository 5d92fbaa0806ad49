"""Where a stack of this machine can be reached: the file that `multibo up` leaves.

The stack writes `endpoints.json` into its state directory once it is ready and
removes it when it stops.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from multibo.client.errors import AddressUnknownError

ADDRESS_VARIABLE: Final = "MULTIBO_ADDRESS"
TOKEN_VARIABLE: Final = "MULTIBO_TOKEN"
FILE_NAME: Final = "endpoints.json"
SCHEMA: Final = 1


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The addresses of a running stack."""

    grpc: str
    """gRPC target of the optimizer: `127.0.0.1:50051` or `unix:/path`."""
    page: str
    """URL of the page, without a final slash."""
    redis: str
    """Redis URL, for tools; the client never connects to it."""
    pid: int
    """Process id of the supervisor."""

    def to_json(self) -> str:
        """Return the document that `from_json` reads."""
        return json.dumps({"schema": SCHEMA, **asdict(self)}, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Endpoints:
        """Read the document.

        Args:
            text: what `to_json` returned.

        Raises:
            ValueError: if it is something else, or of another schema.
        """
        document = json.loads(text)
        if not isinstance(document, dict) or document.pop("schema", None) != SCHEMA:
            raise ValueError(f"not an endpoints document of schema {SCHEMA}")
        try:
            return cls(**document)
        except TypeError as error:
            raise ValueError(str(error)) from error


def default_state_dir(environment: Mapping[str, str]) -> Path:
    """Return the state directory that a stack uses unless told otherwise.

    Args:
        environment: the process environment; `XDG_DATA_HOME` and `HOME` count.

    Returns:
        `$XDG_DATA_HOME/multibo`, or `~/.local/share/multibo`.
    """
    data_home = environment.get("XDG_DATA_HOME", "")
    if Path(data_home).is_absolute():
        return Path(data_home) / "multibo"
    home = environment.get("HOME", "")
    return (Path(home) if home else Path.home()) / ".local" / "share" / "multibo"


def read_endpoints(state_dir: Path) -> Endpoints | None:
    """Return the addresses of the stack on a state directory.

    Args:
        state_dir: the directory given to `multibo up`.

    Returns:
        None if no stack has announced itself there.
    """
    try:
        return Endpoints.from_json((state_dir / FILE_NAME).read_text())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None


def find_address(environment: Mapping[str, str]) -> str:
    """Return the gRPC address to use when none was given.

    Args:
        environment: the process environment.

    Returns:
        `MULTIBO_ADDRESS` if set, else the address of the stack that runs on the
        default state directory.

    Raises:
        AddressUnknownError: if there is neither.
    """
    named = environment.get(ADDRESS_VARIABLE, "")
    if named:
        return named
    state_dir = default_state_dir(environment)
    endpoints = read_endpoints(state_dir)
    if endpoints is None:
        raise AddressUnknownError(state_dir)
    return endpoints.grpc


def find_token(environment: Mapping[str, str]) -> str:
    """Return the token to use when none was given; empty if there is none.

    Args:
        environment: the process environment.
    """
    # Often read from a file, with the file's last newline.
    return environment.get(TOKEN_VARIABLE, "").strip()
