"""The environment variables that the processes read."""

from __future__ import annotations

import re
from typing import Final

from tests.support.tree import ROOT

STANDARD: Final = frozenset({"OTEL_EXPORTER_OTLP_ENDPOINT"})


def documented_variables() -> frozenset[str]:
    """Those of docs/operations.md, which a test of its own holds to the code."""
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    return frozenset(re.findall(r"`(MULTIBO_\w+)", text)) | STANDARD
