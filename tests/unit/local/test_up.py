"""What `multibo up` makes of its environment."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from multibo.client.discovery import Endpoints
from multibo.local import up
from multibo.local.up import UpOptions

WORK_AHEAD = "MULTIBO_OPTIMIZER_SPECULATION"


class StandingStack:
    """Notes how it was described; nothing runs."""

    described: Mapping[str, Any] = {}
    endpoints = Endpoints("127.0.0.1:1", "http://127.0.0.1:2", "", 0)
    logs = Path("logs")

    def __init__(self, **parts: Any) -> None:
        StandingStack.described = parts

    def __enter__(self) -> StandingStack:
        return self

    def __exit__(self, *_error: object) -> None:
        pass

    def request_stop(self, *, hurry: bool = False) -> None:
        assert not hurry

    def wait(self) -> None:
        os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize(
    ("environment", "done"), [({}, "images"), ({WORK_AHEAD: "off"}, "off")]
)
def test_a_machine_of_one_person_works_ahead_unless_told_otherwise(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    done: str,
) -> None:
    monkeypatch.setattr(up, "Stack", StandingStack)

    up.run(UpOptions(tmp_path, "", "", 1, open_browser=False), environment)

    assert StandingStack.described["speculation"] == done
