"""Where, on what and with which settings a figure was taken."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from multibo.render.pipelines import Pipeline


def circumstances(pipeline: Pipeline, benchmark: str) -> dict[str, Any]:
    """Return where, on what and with which settings figures were taken.

    Args:
        pipeline: what is measured.
        benchmark: its name.
    """
    model = pipeline.model
    return {
        "benchmark": benchmark,
        "model": f"{model.name}@{model.revision}",
        "steps": model.steps,
        "guidance": model.guidance,
        "warp_space": model.default_warp_space,
        "window": list(model.warp_space("").window),
        "numerics": pipeline.numerics,
        **surroundings(),
    }


def surroundings() -> dict[str, Any]:
    """Return where and when a figure is taken, whatever is measured."""
    return {
        "torch": torch.__version__,
        "python": platform.python_version(),
        "machine": {
            "processor": _processor(),
            "cores": os.cpu_count(),
            "load_1_min": round(os.getloadavg()[0], 2),
        },
        "commit": _commit(),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    text = info.read_text(encoding="utf-8") if info.is_file() else ""
    found = re.search(r"^model name\s*: (.+)$", text, flags=re.MULTILINE)
    return found.group(1) if found else platform.machine()


def _commit() -> str:
    command = ["git", "rev-parse", "HEAD"]
    folder = Path(__file__).parent
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    return done.stdout.decode().strip() or "unknown"
