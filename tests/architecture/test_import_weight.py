"""What a process pays at import: the contracts again, but at run time."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Final

import pytest

HEAVY: Final = (
    *("torch", "botorch", "diffusers", "transformers", "celery", "redis"),
    *("multibo.telemetry.otel", "opentelemetry.exporter"),
)
OURS_ALONE: Final = ("opentelemetry",)
"""redis-py imports it wherever it is installed."""
LIGHT: Final = {
    "multibo.client": (*HEAVY, *OURS_ALONE, "numpy", "uvicorn"),
    "multibo.local.cli": (*HEAVY, "numpy", "uvicorn"),
    "multibo.jobs.spec": (*HEAVY, "grpc", "numpy"),
    "multibo.blobs.filesystem": (*HEAVY, "grpc", "numpy"),
    "multibo.telemetry.logs": (*HEAVY, "grpc", "numpy", "prometheus_client"),
    "multibo.warp.space": (*HEAVY, "grpc"),
    "multibo.optimizer.session": (*HEAVY, "grpc"),
    "multibo.optimizer.app": (*HEAVY, "grpc"),
    "multibo.optimizer.server": (
        *("torch", "diffusers", "transformers", "s3fs", "multibo.telemetry.otel"),
    ),
    "multibo.render.celery_app": ("grpc", "google.protobuf"),
    "multibo.render.worker": ("grpc", "s3fs", "multibo.telemetry.otel"),
    "multibo.gateway.server": (*HEAVY,),
}
"""What must stay out of `sys.modules` when the left-hand module is imported."""


def loaded_by(module: str) -> set[str]:
    """The modules a fresh interpreter holds after importing one of ours."""
    program = f"import json, sys, {module}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("module", LIGHT)
def test_an_import_stays_light(module: str) -> None:
    assert set(LIGHT[module]) & loaded_by(module) == set()
