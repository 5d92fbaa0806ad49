"""Logs: one JSON object a line, fields beside the event, nothing private."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from multibo.telemetry.errors import LogLevelError
from multibo.telemetry.logs import (
    PRIVATE_FIELDS,
    WITHHELD,
    JsonFormatter,
    configure_logs,
)

logger = logging.getLogger(__name__)


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """A stream that receives the logs; the process's own set-up comes back after."""
    root = logging.getLogger()
    handlers, level, hook = tuple(root.handlers), root.level, sys.excepthook
    received = io.StringIO()
    configure_logs("optimizer", "INFO", stream=received)
    yield received
    root.handlers[:] = handlers
    root.setLevel(level)
    sys.excepthook = hook
    logging.captureWarnings(capture=False)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_line_with_its_fields_beside_it(stream: io.StringIO) -> None:
    logger.info("round proposed", extra={"session": "local/first", "round": 3})

    (line,) = lines(stream)
    assert line["event"] == "round proposed"
    assert line["session"] == "local/first"
    assert line["round"] == 3
    assert line["level"] == "INFO"
    assert line["process"] == "optimizer"
    assert line["logger"] == __name__
    assert isinstance(line["pid"], int)


def test_times_are_utc_with_milliseconds() -> None:
    record = logging.makeLogRecord({"msg": "x", "created": 1_800_000_000.25})

    document = json.loads(JsonFormatter("render").format(record))

    assert document["time"] == "2027-01-15T08:00:00.250Z"


def test_events_below_the_level_are_dropped(stream: io.StringIO) -> None:
    logger.debug("batch formed")
    logger.warning("lease lost")

    assert [line["event"] for line in lines(stream)] == ["lease lost"]


def test_a_line_break_in_a_value_does_not_break_the_line(stream: io.StringIO) -> None:
    logger.info("round proposed", extra={"reason": "first\nsecond"})

    (line,) = lines(stream)
    assert line["reason"] == "first\nsecond"


@pytest.mark.parametrize("field", sorted(PRIVATE_FIELDS))
def test_a_private_field_is_withheld(field: str, stream: io.StringIO) -> None:
    logger.info("session created", extra={field: "what a person wrote"})

    assert lines(stream)[0][field] == WITHHELD
    assert "person" not in stream.getvalue()


def test_a_field_cannot_replace_what_a_record_says_of_itself(
    stream: io.StringIO,
) -> None:
    logger.info("worker ready", extra={"level": "forged", "process_id": 7})

    (line,) = lines(stream)
    assert line["level"] == "INFO"
    assert line["level_"] == "forged"
    assert line["process_id"] == 7


def test_an_exception_travels_with_its_type_and_trace(stream: io.StringIO) -> None:
    try:
        int("no number")
    except ValueError:
        logger.exception("render failed")

    (line,) = lines(stream)
    assert line["error_type"] == "ValueError"
    assert "Traceback" in line["trace"]


def test_values_that_json_does_not_know_become_text(stream: io.StringIO) -> None:
    logger.info(
        "image stored",
        extra={"path": Path("/a/b"), "states": {"b", "a"}, "kind": ValueError("no")},
    )

    (line,) = lines(stream)
    assert line["path"] == "/a/b"
    assert line["states"] == ["a", "b"]
    assert line["kind"] == "no"


@given(text=st.text(), field=st.text())
def test_any_text_survives_the_way_through_a_line(text: str, field: str) -> None:
    record = logging.makeLogRecord({"msg": text, "reason": field})

    written = JsonFormatter("optimizer").format(record)

    assert "\n" not in written
    assert json.loads(written)["event"] == text
    assert json.loads(written)["reason"] == field


def test_a_second_call_replaces_the_first(stream: io.StringIO) -> None:
    later = io.StringIO()

    configure_logs("gateway", "warning", stream=later)
    logger.info("page served")
    logger.warning("page missing")

    assert stream.getvalue() == ""
    assert [line["process"] for line in lines(later)] == ["gateway"]


def test_an_unknown_level_is_refused_and_changes_nothing(stream: io.StringIO) -> None:
    with pytest.raises(LogLevelError, match="loud") as caught:
        configure_logs("optimizer", "loud")

    logger.info("round proposed")
    assert caught.value.level == "loud"
    assert "INFO" in caught.value.known
    assert len(lines(stream)) == 1


def test_warnings_become_events(stream: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn("old spelling", DeprecationWarning, stacklevel=1)

    (line,) = lines(stream)
    assert line["logger"] == "py.warnings"
    assert "old spelling" in line["event"]


def test_an_uncaught_exception_ends_as_a_critical_event() -> None:
    program = (
        "from multibo.telemetry.logs import configure_logs\n"
        "configure_logs('render', 'INFO')\n"
        "raise RuntimeError('the disk is gone')\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    line = json.loads(done.stderr)
    assert done.returncode == 1
    assert line["level"] == "CRITICAL"
    assert line["error_type"] == "RuntimeError"
    assert "the disk is gone" in line["trace"]


def test_an_interrupt_is_no_event(
    stream: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    error = KeyboardInterrupt()

    sys.excepthook(KeyboardInterrupt, error, None)

    assert stream.getvalue() == ""
    assert "KeyboardInterrupt" in capsys.readouterr().err
