"""The schedule of flow-matching models: it depends on the size of the picture."""

from __future__ import annotations

from typing import Any, Final

from multibo.render.errors import SchedulerUnsupportedError

FLOW: Final = "FlowMatchEulerDiscreteScheduler"


def assert_flow(scheduler: Any) -> None:
    """Refuse a scheduler that is none of flow matching.

    Args:
        scheduler: of a loaded pipeline.

    Raises:
        SchedulerUnsupportedError: if it is another.
    """
    if type(scheduler).__name__ != FLOW:
        raise SchedulerUnsupportedError(type(scheduler).__name__, supported=(FLOW,))


def size_shift(config: Any, n_tokens: int, *, largest: float) -> float:
    """Return how far the time steps are shifted toward noise for a picture size.

    Linear in the number of tokens, from `base_shift` to `max_shift` (Esser et al.,
    2024), with the defaults of the stock pipelines.

    Args:
        config: of the scheduler.
        n_tokens: tokens of the picture.
        largest: `max_shift` if the scheduler names none.
    """
    few = config.get("base_image_seq_len", 256)
    many = config.get("max_image_seq_len", 4096)
    low = config.get("base_shift", 0.5)
    high = config.get("max_shift", largest)
    slope = (high - low) / (many - few)
    offset = low - slope * few
    return float(n_tokens * slope + offset)
