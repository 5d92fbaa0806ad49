"""The worker's settings."""

from __future__ import annotations

import math
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from multibo.render.errors import SettingInvalidError
from multibo.render.stopping import GRACE_S
from multibo.telemetry.logs import LEVELS

_PREFIX: Final = "MULTIBO_RENDER_"


@dataclass(frozen=True, slots=True)
class Settings:
    """Read once in `__main__` from `MULTIBO_RENDER_<FIELD>`, then passed down."""

    redis_url: str
    """From `MULTIBO_REDIS_URL`, which every process shares."""
    blob_url: str
    """From `MULTIBO_BLOB_URL`, which every process shares."""
    catalog: Path
    """From `MULTIBO_CATALOG`, which every process shares."""
    models: tuple[str, ...] = ()
    """Catalog names to serve; empty means all."""
    threads: int | None = None
    """CPU threads of the arithmetic; None leaves them as they are."""
    dtype: str = "auto"
    """Number format of the arithmetic: auto, float32, bfloat16 or float16."""
    batch_rows: int = 4
    """Rows rendered together at most, 1..8."""
    memory_budget_mb: int = 0
    """What the weights of all loaded models may take; 0 sets no limit."""
    grace_s: float = GRACE_S
    """After SIGTERM a batch is finished if it fits into this, else given back."""
    previews: bool = True
    """Whether rows are shown before they are done, to who asks for it."""
    metrics_listen: str = ""
    """Where `GET /metrics` and the probes are answered; nowhere if empty."""
    log_level: str = "INFO"
    process: str = ""
    """Name of this process in the fleet."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Return the settings of an environment.

        Args:
            environment: such as `os.environ`.

        Raises:
            SettingInvalidError: if one is missing or out of its range.
        """
        try:
            threads = environment.get("MULTIBO_RENDER_THREADS") or ""
            models = environment.get("MULTIBO_RENDER_MODELS", "")
            return cls(
                redis_url=environment["MULTIBO_REDIS_URL"],
                blob_url=environment["MULTIBO_BLOB_URL"],
                catalog=Path(environment["MULTIBO_CATALOG"]),
                models=tuple(name for name in models.split(",") if name),
                threads=_whole(environment, "THREADS", least=1) if threads else None,
                dtype=environment.get("MULTIBO_RENDER_DTYPE") or "auto",
                batch_rows=_whole(environment, "BATCH_ROWS", "4", least=1, most=8),
                memory_budget_mb=_whole(environment, "MEMORY_BUDGET_MB", "0"),
                grace_s=_whole(environment, "GRACE_S", f"{GRACE_S:.0f}"),
                previews=_switch(environment, "PREVIEWS", "on"),
                metrics_listen=environment.get("MULTIBO_RENDER_METRICS_LISTEN", ""),
                log_level=_level(environment, "LOG_LEVEL", "INFO"),
                process=f"{socket.gethostname()}-{os.getpid()}",
            )
        except KeyError as error:
            raise SettingInvalidError(f"{error.args[0]} is not set") from None
        except ValueError as error:
            raise SettingInvalidError(str(error)) from error


def _whole(
    environment: Mapping[str, str],
    field: str,
    default: str = "",
    *,
    least: int = 0,
    most: float = math.inf,
) -> int:
    text = environment.get(_PREFIX + field) or default
    if not text.isdecimal() or not least <= int(text) <= most:
        raise ValueError(f"{_PREFIX}{field} is no whole number of {least} to {most}")
    return int(text)


def _switch(environment: Mapping[str, str], field: str, default: str) -> bool:
    value = environment.get(_PREFIX + field) or default
    if value not in ("on", "off"):
        raise ValueError(f"{_PREFIX}{field} is neither on nor off")
    return value == "on"


def _level(environment: Mapping[str, str], field: str, default: str) -> str:
    value = environment.get(_PREFIX + field) or default
    if value.upper() not in LEVELS:
        raise ValueError(f"{_PREFIX}{field} is none of {', '.join(LEVELS)}")
    return value
