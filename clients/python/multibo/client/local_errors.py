"""What goes wrong on this side of the wire; `errors` has these and the server's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


class ClientError(Exception):
    """Base of every error of `multibo.client`."""


class AddressUnknownError(ClientError):
    """No address was given and no stack runs here; start one or name an address."""

    def __init__(self, state_dir: Path) -> None:
        super().__init__(
            "no address given, MULTIBO_ADDRESS is not set and no stack announces "
            f"itself in {state_dir}; start one with `multibo up`"
        )
        self.state_dir = state_dir


class RoundFailedError(ClientError):
    """Fewer than two images of the round could be rendered; propose again."""

    def __init__(self, name: str, *, failures: Mapping[int, str]) -> None:
        causes = "; ".join(f"{slot}: {why}" for slot, why in failures.items())
        super().__init__(f"round {name} failed ({causes})")
        self.name = name
        self.failures = failures
        """Cause by slot."""


class RoundClosedError(ClientError):
    """Somebody else closed the round while it was awaited; propose again."""

    def __init__(self, name: str, *, state: str) -> None:
        super().__init__(f"round {name} is {state}")
        self.name = name
        self.state = state


class WaitTimedOutError(ClientError):
    """The round was not open in time; wait again, nothing is lost."""

    def __init__(self, name: str, *, timeout_s: float) -> None:
        super().__init__(f"{name} was not ready within {timeout_s:g} s")
        self.name = name
        self.timeout_s = timeout_s


class TokenUnusableError(ClientError):
    """The token was not sent: it is damaged, or others could read it on the way."""
