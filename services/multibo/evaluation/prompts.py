"""What the simulated people type: short, so that much of the target stays unsaid."""

import random
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
_OTHERS: Final = {
    "hair": (
        "black short hair",
        "blonde long hair",
        "auburn curly bob hair",
        "white full hair",
        "brown bun hair",
    ),
    "skin": ("light skin", "tan skin", "dark skin"),
    "mouth": ("smile mouth", "sad mouth", "surprised mouth"),
    "background": (
        "white background",
        "sky blue background",
        "yellow background",
        "green background",
        "purple background",
        "red background",
    ),
}
"""By their last word, attributes that can take the place of one another."""


def prompt_for(seed: int) -> str:
    """Return the prompt a seed stands for.

    Args:
        seed: >= 0; neighbors differ.
    """
    return PROMPTS[seed % len(PROMPTS)]


def changed_prompt(prompt: str, n_changes: int, source: random.Random) -> str:
    """Return a prompt that differs in some of its attributes.

    Args:
        prompt: attributes separated by commas, the style first.
        n_changes: attributes to change; fewer, if not so many can be. A prompt in
            which none can gets another background.
        source: of the randomness.
    """
    said = prompt.split(", ")
    open_to_change = [part for part in said[1:] if _others(part)]
    n_changes = min(n_changes, len(open_to_change))
    if n_changes == 0:
        return f"{prompt}, {source.choice(_OTHERS['background'])}"
    for part in source.sample(open_to_change, n_changes):
        said[said.index(part)] = source.choice(_others(part))
    return ", ".join(said)


def _others(attribute: str) -> tuple[str, ...]:
    kind = attribute.rpartition(" ")[2]
    return tuple(other for other in _OTHERS.get(kind, ()) if other != attribute)
