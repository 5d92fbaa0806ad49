"""Settings of the optimizer process, from `MULTIBO_OPTIMIZER_<FIELD>`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from multibo.optimizer.errors import SettingInvalidError
from multibo.telemetry.logs import LEVELS

PREFIX: Final = "MULTIBO_OPTIMIZER_"
SHARED: Final = "MULTIBO_"
DAY_S: Final = 24 * 3600


@dataclass(frozen=True, slots=True)
class Settings:
    """Read once in `__main__`, then passed down."""

    redis_url: str
    """redis-py's spelling; falls back to `MULTIBO_REDIS_URL`, which all share."""
    blob_url: str
    """Where images are; falls back to `MULTIBO_BLOB_URL`."""
    catalog: Path
    """The models; falls back to `MULTIBO_CATALOG`."""
    listen: str = "127.0.0.1:50051"
    """`host:port`, `[v6]:port` or `unix:/path`."""
    session_ttl_s: int = 7 * DAY_S
    """A session nobody touches for this long is forgotten."""
    max_calls: int = 256
    """Unary calls at a time."""
    max_watches: int = 1_000
    """Open watches of this process."""
    max_project_watches: int = 100
    """Open watches of one project among them."""
    log_level: str = "INFO"
    """One of `multibo.telemetry.logs.LEVELS`."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read the settings.

        Args:
            environment: the process environment.

        Raises:
            SettingInvalidError: if a value is missing or cannot be used.
        """
        read = _Reader(environment)
        plain = cls(
            redis_url=read.shared("REDIS_URL", "redis://host:port/0 or unix:///path"),
            blob_url=read.shared("BLOB_URL", "file:///folder"),
            catalog=Path(read.shared("CATALOG", "the path of a catalog.toml")),
        )
        return replace(
            plain,
            listen=read.text("LISTEN", plain.listen),
            session_ttl_s=read.positive("SESSION_TTL_S", plain.session_ttl_s),
            max_calls=read.positive("MAX_CALLS", plain.max_calls),
            max_watches=read.positive("MAX_WATCHES", plain.max_watches),
            max_project_watches=read.positive(
                "MAX_PROJECT_WATCHES", plain.max_project_watches
            ),
            log_level=read.level("LOG_LEVEL", plain.log_level),
        )


class _Reader:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def text(self, field: str, default: str) -> str:
        return self._environment.get(PREFIX + field, "") or default

    def shared(self, field: str, expected: str) -> str:
        value = self.text(field, self._environment.get(SHARED + field, ""))
        if not value:
            raise SettingInvalidError(name=SHARED + field, value="", expected=expected)
        return value

    def positive(self, field: str, default: int) -> int:
        value = self.text(field, str(default))
        if not value.isdecimal() or not int(value):
            raise SettingInvalidError(
                name=PREFIX + field, value=value, expected="a positive whole number"
            )
        return int(value)

    def level(self, field: str, default: str) -> str:
        value = self.text(field, default)
        if value.upper() not in LEVELS:
            raise SettingInvalidError(
                name=PREFIX + field, value=value, expected=" ".join(LEVELS)
            )
        return value
