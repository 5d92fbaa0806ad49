"""The embedded model, its judge and the catalog that names them."""

from pathlib import Path

_FOLDER = Path(__file__).resolve().parent


def catalog_path() -> Path:
    """Return the catalog of the models that ship with the product."""
    return _FOLDER / "catalog.toml"


def judge_path() -> Path:
    """Return the folder of the small CLIP model that judges avatars in evaluation."""
    return _FOLDER / "avatars" / "judge"
