"""How a model is loaded, as its catalog entry tells; all of it may be left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from multibo.jobs.errors import CatalogInvalidError

DTYPES: Final = ("auto", "float32", "bfloat16", "float16")
OFFLOADS: Final = ("none", "model", "sequential")


@dataclass(frozen=True, slots=True)
class LoadingSpec:
    """Number format and place of a model's weights, and where they come from."""

    dtype: str = ""
    """auto, float32, bfloat16 or float16; empty leaves it to the worker's settings."""
    device: str = "cpu"
    """cpu, cuda, cuda:N, or auto: the accelerator if there is one."""
    offload: str = "none"
    """Which weights wait in main memory: none, model (whole ones) or sequential."""
    hub: str = ""
    """Where the weights can be fetched: `owner/name` of the hub; never done by us."""
    hub_revision: str = ""
    """Commit, branch or tag on the hub."""
    has_golden: bool = True
    """Whether a golden picture lies beside the weights."""

    @property
    def fetch_command(self) -> str:
        """What a person types to get the weights; empty if nobody knows."""
        if not self.hub:
            return ""
        revision = f" --revision {self.hub_revision}" if self.hub_revision else ""
        return f"hf download {self.hub}{revision}"


def loading_from_table(name: str, table: Mapping[str, Any]) -> LoadingSpec:
    """Return how a model is loaded.

    Args:
        name: of the model.
        table: its catalog entry.

    Raises:
        CatalogInvalidError: if a value is none of those known.
    """
    spec = LoadingSpec(
        dtype=table.get("dtype", ""),
        device=table.get("device", "cpu"),
        offload=table.get("offload", "none"),
        hub=table.get("hub", ""),
        hub_revision=table.get("hub_revision", ""),
        has_golden=table.get("golden", True),
    )
    if spec.dtype not in ("", *DTYPES):
        raise CatalogInvalidError(f"{name}: dtype is one of {', '.join(DTYPES)}")
    if spec.offload not in OFFLOADS:
        raise CatalogInvalidError(f"{name}: offload is one of {', '.join(OFFLOADS)}")
    return spec
