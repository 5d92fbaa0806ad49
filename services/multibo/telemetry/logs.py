"""Logs as JSON lines: one event a line, its values as fields.

An event is a constant text; what varies goes into `extra`:

    logger = logging.getLogger(__name__)
    logger.info("round proposed", extra={"session": name, "round": number})
"""

from __future__ import annotations

import json
import logging
import os
import sys
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, TextIO

from multibo.telemetry.errors import LogLevelError

LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
WITHHELD: Final = "[withheld]"
PRIVATE_FIELDS: Final = frozenset(
    {"prompt", "negative_prompt", "token", "api_key", "authorization", "password"}
)
"""Fields whose values never reach a log, whoever passes them by mistake."""

_RESERVED: Final = frozenset(
    {
        *vars(logging.makeLogRecord({})),
        "message",
        "asctime",
        # Added by Celery and by uvicorn; neither says anything of ours.
        "data",
        "color_message",
    }
)
_ERROR_TYPE: Final = "error_type"


class JsonFormatter(logging.Formatter):
    """One JSON object a record: time, level, process, logger, event, then fields."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line of JSON.

        Args:
            record: any record; fields are what `extra` added to it.
        """
        document: dict[str, object] = {
            "time": _timestamp(record.created),
            "level": record.levelname,
            "process": self._process,
            "pid": record.process,
            "logger": record.name,
            "event": record.getMessage(),
        }
        for name, value in _fields(record).items():
            # A field called "level" must not replace the record's own.
            document[f"{name}_" if name in document else name] = value
        if record.exc_info and record.exc_info[0] is not None:
            document[_ERROR_TYPE] = record.exc_info[0].__qualname__
            document["trace"] = self.formatException(record.exc_info)
        return json.dumps(document, ensure_ascii=False, default=_plain)


def configure_logs(process: str, level: str, *, stream: TextIO | None = None) -> None:
    """Send every log of this process to one stream, as JSON lines.

    Called once, by `__main__`, before anything else; a second call replaces the
    first. Warnings and uncaught exceptions become events too.

    Args:
        process: who speaks: optimizer, render, gateway, local.
        level: one of `LEVELS`, in either case.
        stream: where to; standard error if not given.

    Raises:
        LogLevelError: if the level is unknown.
    """
    wanted = level.upper()
    if wanted not in LEVELS:
        raise LogLevelError(level, known=LEVELS)
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter(process))
    root = logging.getLogger()
    for other in tuple(root.handlers):
        root.removeHandler(other)
    root.addHandler(handler)
    root.setLevel(wanted)
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_uncaught


def _timestamp(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, tz=UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _fields(record: logging.LogRecord) -> dict[str, object]:
    return {
        name: WITHHELD if name in PRIVATE_FIELDS else value
        for name, value in vars(record).items()
        if name not in _RESERVED and not name.startswith("_")
    }


def _plain(value: object) -> object:
    # Logging must not fail on a path, a tensor or an enum: their text will do.
    if isinstance(value, set | frozenset):
        return sorted(str(item) for item in value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return str(value)


def _log_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    logging.getLogger("multibo").critical(
        "uncaught exception", exc_info=(kind, error, trace)
    )
