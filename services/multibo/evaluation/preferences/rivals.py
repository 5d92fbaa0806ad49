"""The optimizers of the leaderboard, by name."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

from multibo.evaluation.preferences.model_free import Evolution, RandomSlates
from multibo.evaluation.preferences.rival import OpenRival

OURS: Final = "multibo"
STOCK: Final = "botorch-qeubo"


@dataclass(frozen=True, slots=True)
class Entrant:
    """A row of the table."""

    title: str
    packages: tuple[str, ...] = ("numpy",)
    """Whose versions its figures depend on."""

    def origin(self) -> dict[str, str]:
        """Return what it runs on here."""
        versions = {name: version(name) for name in self.packages}
        return {"python": platform.python_version(), **versions}


_ENGINE: Final = ("multibo", "numpy", "scipy")

ENTRANTS: Final = {
    OURS: Entrant("ours", _ENGINE),
    "multibo-no-target": Entrant("ours without target search", _ENGINE),
    "multibo-no-gp": Entrant("ours without the choice GP", _ENGINE),
    "multibo-not-noise-aware": Entrant("ours without noise awareness", _ENGINE),
    "random": Entrant("random slates, winner kept"),
    "evolution": Entrant("(1+3) evolution strategy"),
    "choice-gp-qts": Entrant("choice GP + qTS", _ENGINE),
    STOCK: Entrant(
        "stock BoTorch: PairwiseGP + qEUBO",
        ("botorch", "gpytorch", "linear_operator", "torch", "scipy", "numpy"),
    ),
}


def open_rival(name: str) -> OpenRival:
    """Return what makes a rival.

    Args:
        name: one of `ENTRANTS`.

    Raises:
        KeyError: if it is none.
    """
    # Imported late: BoTorch takes seconds, and the command line only wants names.
    match name:
        case "botorch-qeubo":
            from multibo.evaluation.preferences.stock_botorch import StockBotorch

            return StockBotorch
        case "choice-gp-qts":
            from multibo.evaluation.preferences.choice_gp import ChoiceGp

            return ChoiceGp
        case "evolution":
            return Evolution
        case "random":
            return RandomSlates
    return _engine_with(name)


def _engine_with(name: str) -> OpenRival:
    from multibo.evaluation.preferences.ours import Ours
    from multibo.optimizer.preference.slate import ALL_PARTS, Parts

    parts = {
        OURS: ALL_PARTS,
        "multibo-no-target": Parts(target=False),
        "multibo-no-gp": Parts(choice_gp=False),
        "multibo-not-noise-aware": Parts(noise_aware=False),
    }[name]
    return lambda dimension: Ours(dimension, parts)
