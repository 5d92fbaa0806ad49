"""Are warped pictures still pictures of this model? Checks without a reference.

Off the manifold that the decoder was trained on, a picture does not survive the way
through the autoencoder; and a picture that fell apart no longer shows its prompt.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from multibo.evaluation.judge import prompt_agreement


@dataclass(frozen=True, slots=True)
class Quality:
    """Means over some pictures."""

    reconstruction_error: float
    """Root mean square difference to what the autoencoder makes of the picture."""
    agreement: float | None
    """Cosine of picture and prompt; None where no judge knows the model."""


def quality(vae: Any, pictures: Tensor, prompt: str, *, judged: bool = True) -> Quality:
    """Return how good pictures are.

    Args:
        vae: the model's autoencoder.
        pictures: `n x 3 x height x width` in `[0, 1]`.
        prompt: what they were asked to show.
        judged: whether the embedded judge knows such pictures.
    """
    with torch.inference_mode():
        given = pictures.to(vae.device, vae.dtype) * 2 - 1
        latents = vae.encode(given).latent_dist.mode()
        again = vae.decode(latents, return_dict=False)[0]
    error = ((again - given) / 2).float().square().flatten(1).mean(dim=1).sqrt()
    agreement = None
    if judged:
        agreement = float(prompt_agreement(pictures, prompt).mean())
    return Quality(float(error.mean()), agreement)
