"""The chart as Helm renders it, and what the cluster would say to it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import yaml

from tests.support.tree import ROOT

CHART: Final = ROOT / "deploy" / "helm" / "multibo"
HELM: Final = Path(sys.executable).with_name("helm")

Manifest = dict[str, Any]


def rendered(*values: Path | str) -> list[Manifest]:
    """The manifests for a values file, and `key=value` settings on top."""
    done = helm(*values)
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def refusal(*values: Path | str) -> str:
    """What Helm says to values that cannot be installed."""
    done = helm(*values)
    assert done.returncode != 0
    return done.stderr


def helm(*values: Path | str) -> subprocess.CompletedProcess[str]:
    options = []
    for value in values:
        options += ["-f" if isinstance(value, Path) else "--set", str(value)]
    return subprocess.run(
        [HELM, "template", "rel", CHART, "--namespace", "mbo", *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def of_kind(manifests: list[Manifest], kind: str) -> list[Manifest]:
    return [one for one in manifests if one["kind"] == kind]


def containers(manifests: list[Manifest]) -> list[Manifest]:
    workloads = of_kind(manifests, "Deployment") + of_kind(manifests, "StatefulSet")
    return [
        container
        for one in workloads
        for container in one["spec"]["template"]["spec"]["containers"]
    ]
