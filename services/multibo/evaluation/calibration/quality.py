"""Are warped pictures still pictures of this model? Checks without a reference.

Off the manifold that the decoder was trained on, a picture does not survive the way
through the autoencoder; and a picture that fell apart no longer shows its prompt.
"""

import statistics
from collections.abc import Sequence
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


@dataclass(frozen=True, slots=True)
class Ordinary:
    """Unwarped pictures of the same prompts from several seeds."""

    mean: Quality
    deviation: Quality
    """Standard deviation over the seeds of one prompt, meant over the prompts."""

    def admits(self, found: Quality) -> bool:
        """Return whether warped pictures are as good as many an unwarped one.

        Args:
            found: their means over the same prompts.

        Returns:
            Whether neither mean is worse by more than one standard deviation.
        """
        mean, deviation = self.mean, self.deviation
        error = mean.reconstruction_error + deviation.reconstruction_error
        if found.reconstruction_error > error:
            return False
        if None in (found.agreement, mean.agreement, deviation.agreement):
            return True
        agreement = (mean.agreement or 0.0) - (deviation.agreement or 0.0)
        return (found.agreement or 0.0) >= agreement


def ordinary(per_case: Sequence[Sequence[Quality]]) -> Ordinary:
    """Return mean and deviation.

    Args:
        per_case: for each prompt, each seed's quality; at least two seeds.
    """
    means = [mean_quality(seeds) for seeds in per_case]
    deviations = [_deviation(seeds) for seeds in per_case]
    return Ordinary(mean_quality(means), mean_quality(deviations))


def mean_quality(qualities: Sequence[Quality]) -> Quality:
    """Return the mean.

    Args:
        qualities: at least one.
    """
    agreements = [each.agreement for each in qualities if each.agreement is not None]
    return Quality(
        statistics.mean(each.reconstruction_error for each in qualities),
        statistics.mean(agreements) if agreements else None,
    )


def _deviation(seeds: Sequence[Quality]) -> Quality:
    agreements = [each.agreement for each in seeds if each.agreement is not None]
    return Quality(
        statistics.stdev(each.reconstruction_error for each in seeds),
        statistics.stdev(agreements) if agreements else None,
    )


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
