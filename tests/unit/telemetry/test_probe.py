"""A container's health check."""

from __future__ import annotations

import pytest

from multibo.telemetry.exposition import exposed
from multibo.telemetry.metrics import Meter
from multibo.telemetry.probe import main


def test_a_ready_process_is_healthy_and_another_is_not() -> None:
    ready = [True]
    with exposed(Meter(), "127.0.0.1:0", ready=lambda: ready[0]) as port:
        healthy = main([f"http://127.0.0.1:{port}/readyz"])
        ready[0] = False

        assert main([f"http://127.0.0.1:{port}/readyz"]) == 1

    assert healthy == 0
    assert main([f"http://127.0.0.1:{port}/readyz"]) == 1


@pytest.mark.parametrize("arguments", [[], ["a", "b"], ["file:///etc/passwd"]])
def test_anything_but_one_address_is_a_mistake(arguments: list[str]) -> None:
    assert main(arguments) == 2
