"""How large the models are and how long each stage trains."""

from dataclasses import dataclass
from typing import Final

SEQUENCE_TOKENS: Final = 64
VOCABULARY_TOKENS: Final = 1024
LATENT_CHANNELS: Final = 8
LATENT_SIDE: Final = 16


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one stage optimizes; it ends at whichever limit it meets first."""

    n_rows: int
    """Pairs in a batch."""
    learning_rate: float
    """The peak, after 3 % of warm-up; a cosine takes it down to 3 % of itself."""
    second_moment: float
    """AdamW's decay of the squared gradients."""
    weight_decay: float
    limit_s: float
    n_steps: int = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole training run."""

    n_drawings: int
    vae_channels: tuple[int, int, int, int]
    unet_channels: tuple[int, int]
    unet_heads: int
    unet_groups: int
    vae: Recipe
    clip: Recipe
    unet: Recipe


FULL: Final = Plan(
    n_drawings=80_000,
    vae_channels=(32, 64, 128, 192),
    unet_channels=(128, 256),
    unet_heads=8,
    unet_groups=32,
    vae=Recipe(128, 5e-4, 0.99, 1e-3, limit_s=4.5 * 60),
    clip=Recipe(2048, 1e-3, 0.98, 0.05, limit_s=2 * 60),
    unet=Recipe(1024, 6e-4, 0.99, 1e-2, limit_s=13 * 60),
)
"""What made the embedded model, on one H100."""

TOY: Final = Plan(
    n_drawings=24,
    vae_channels=(16, 16, 16, 16),
    unet_channels=(32, 64),
    unet_heads=4,
    unet_groups=16,
    vae=Recipe(2, 5e-4, 0.99, 1e-3, limit_s=60, n_steps=3),
    clip=Recipe(4, 1e-3, 0.98, 0.05, limit_s=60, n_steps=3),
    unet=Recipe(4, 6e-4, 0.99, 1e-2, limit_s=60, n_steps=3),
)
"""Every stage in seconds on a CPU; the pictures mean nothing."""
