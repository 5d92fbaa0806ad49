"""What the evaluation takes from its environment."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """Read once in `__main__`, then passed down."""

    environment: Mapping[str, str]
    """Decides the state directory of a stack that is served to a person."""
    redis_url: str = ""
    """`MULTIBO_REDIS_URL`: a server to use instead of one of the stack's own."""
    once: bool = False
    """`ONCE=1`: play one session and exit instead of serving the page."""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """Return the settings of an environment.

        Args:
            environment: that of the process.
        """
        return cls(
            environment=environment,
            redis_url=environment.get("MULTIBO_REDIS_URL", ""),
            once=environment.get("ONCE", "") == "1",
        )
