"""What a session may ask for at most; an imported one as well as a created one."""

from __future__ import annotations

import math
import re
from typing import Final

from multibo.jobs.spec import SEED_LIMIT
from multibo.optimizer.session.errors import FieldInvalidError
from multibo.optimizer.session.model import SessionSpec

PROMPT_CHARACTERS: Final = 1_000
MAX_STEPS: Final = 200
MAX_GUIDANCE: Final = 30.0
MIN_SLATE: Final = 2
MAX_SLATE: Final = 8
MAX_ROUNDS: Final = 200
MAX_IMAGES: Final = 10_000
MAX_CASTING_ROUNDS: Final = 50
MAX_DIMENSION: Final = 32
MAX_KEYS: Final = 16
MAX_VALUE_CHARACTERS: Final = 64
KEY_FORM: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}")
MAX_ANSWER_MS: Final = 3_600_000


def check_spec(spec: SessionSpec) -> None:
    """Refuse a spec that no request could have asked for.

    Args:
        spec: with every default filled in.

    Raises:
        FieldInvalidError: naming the first field at fault.
    """
    for field, holds in (
        ("prompt", spec.prompt.strip() and len(spec.prompt) <= PROMPT_CHARACTERS),
        ("negative_prompt", len(spec.negative_prompt) <= PROMPT_CHARACTERS),
        ("base_seed", 0 <= spec.base_seed < SEED_LIMIT),
        ("steps", 1 <= spec.steps <= MAX_STEPS),
        ("guidance", math.isfinite(spec.guidance)),
        ("guidance", 0 <= spec.guidance <= MAX_GUIDANCE),
        ("k", MIN_SLATE <= spec.k <= MAX_SLATE),
        ("rounds", 1 <= spec.rounds <= MAX_ROUNDS),
        ("images", spec.k <= spec.images <= MAX_IMAGES),
        ("casting_rounds", 0 <= spec.casting_rounds <= MAX_CASTING_ROUNDS),
        ("control_share", 0 <= spec.control_share <= 1),  # false for NaN as well
        ("probe_share", 0 <= spec.probe_share <= 1),
        ("warp_space", 0 <= spec.n_noise <= spec.dimension <= MAX_DIMENSION),
        ("warp_space", 0 <= spec.noise_angle <= math.pi / 2),
        ("labels", _are_marks(spec.labels)),
    ):
        if not holds:
            raise FieldInvalidError(field, "is out of range")


def _are_marks(labels: tuple[tuple[str, str], ...]) -> bool:
    return len(dict(labels)) == len(labels) <= MAX_KEYS and all(
        KEY_FORM.fullmatch(key) and len(value) <= MAX_VALUE_CHARACTERS
        for key, value in labels
    )
