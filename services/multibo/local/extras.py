"""Which of the optional dependencies are installed; nothing is imported for it."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from typing import Final

MODULES: Final[Mapping[str, tuple[str, ...]]] = {
    "optimizer": ("torch", "botorch", "redis", "celery", "grpc_health"),
    "render": ("torch", "diffusers", "transformers", "safetensors", "PIL"),
    "gateway": ("uvicorn",),
    "evaluation": ("torch", "transformers", "PIL", "matplotlib"),
}
"""Modules by extra, enough of them to tell whether it was installed."""
INSTALL: Final = "pip install 'multibo[local]'"


def missing_modules(extra: str) -> tuple[str, ...]:
    """Return the modules of an extra that are not installed.

    Args:
        extra: one of `MODULES`.
    """
    return tuple(
        name for name in MODULES[extra] if importlib.util.find_spec(name) is None
    )


def missing_for_stack() -> tuple[str, ...]:
    """Return the modules that `multibo up` needs and does not find, sorted."""
    missing = {name for extra in MODULES for name in missing_modules(extra)}
    return tuple(sorted(missing))
