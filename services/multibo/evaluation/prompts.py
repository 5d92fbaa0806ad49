"""What the simulated people type: short, so that much of the target stays unsaid."""

from typing import Final

PROMPTS: Final = (
    "comic portrait, brown long hair, light skin, blue background",
    "toon portrait, spiky hair, mint background",
    "line art portrait, full hair, peach background",
    "big smile portrait, curly bob hair, lavender background",
    "flat persona portrait, curly bun hair, green background",
    "bold cartoon portrait, fluffy hair, yellow background",
    "voxel portrait, shoulder length hair, orange background",
    "ink sketch portrait, pomp hair, sky blue background",
    "comic portrait, short hair, dark skin, pink background",
    "toon portrait, brown bun hair, laugh mouth, teal background",
)


def prompt_for(seed: int) -> str:
    """Return the prompt a seed stands for.

    Args:
        seed: >= 0; neighbors differ.
    """
    return PROMPTS[seed % len(PROMPTS)]
