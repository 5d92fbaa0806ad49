"""Where figures come from: versions, machine, commit, time."""

import os
import platform
import subprocess
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Final

from multibo.optimizer.preference.slate import ENGINE_VERSION

_PACKAGES: Final = ("multibo", "torch", "diffusers", "transformers", "numpy")
_GIT_TIMEOUT_S: Final = 5


@dataclass(frozen=True, slots=True)
class Provenance:
    """Everything needed to judge, and to repeat, a measurement."""

    time: str
    """UTC, ISO 8601."""
    commit: str
    """Of the source tree, `-dirty` if it was changed; empty for an installed one."""
    engine: str
    python: str
    packages: dict[str, str]
    machine: str
    processor: str
    n_cores: int
    memory_bytes: int

    @classmethod
    def collect(cls) -> "Provenance":
        """Return the provenance of figures to be measured here and now.

        Before the measurement: afterwards the source tree may be another.
        """
        return cls(
            time=datetime.now(UTC).isoformat(timespec="seconds"),
            commit=_commit(Path(__file__).parent),
            engine=ENGINE_VERSION,
            python=platform.python_version(),
            packages={name: metadata.version(name) for name in _PACKAGES},
            machine=f"{platform.system()} {platform.machine()}",
            processor=_processor(Path("/proc/cpuinfo")),
            n_cores=_n_cores(),
            memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        )

    def to_json(self) -> dict[str, object]:
        """Return plain JSON values."""
        return asdict(self)


def _commit(folder: Path) -> str:
    command = ["git", "describe", "--always", "--abbrev=40", "--dirty"]
    try:
        output = subprocess.run(
            [*command, "--exclude=*"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_GIT_TIMEOUT_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return output.stdout.strip()


def _processor(cpuinfo: Path) -> str:
    """Return the processor's marketing name where Linux tells it."""
    if not cpuinfo.is_file():
        return platform.processor()
    lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    names = (line.split(":", 1)[1] for line in lines if line.startswith("model name"))
    return next((name.strip() for name in names), platform.processor())


def _n_cores() -> int:
    """Return the cores this process may use, where the system tells."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
