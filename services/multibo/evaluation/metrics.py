"""How far two pictures are apart: what simulated users see, and what judges see.

A metric is a distance, 0 for identical pictures. The user's metric and the judge's
metric of one run are always different ones, so that nobody marks their own work.
"""

from collections.abc import Callable
from typing import Final, Protocol

import torch
from torch import Tensor
from torch.nn import functional

from multibo.evaluation.errors import ProtocolError
from multibo.evaluation.judge import AvatarsClip, AvatarsPatch

_BLURRED_SIDE_PX: Final = 32
_EDGE_WEIGHT: Final = 2.0
# Wang, Simoncelli and Bovik (2003), table of the five scales' exponents.
_SSIM_EXPONENTS: Final = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
_SSIM_WINDOW_PX: Final = 11
_SSIM_SIGMA_PX: Final = 1.5
_SSIM_C1: Final = 0.01**2
_SSIM_C2: Final = 0.03**2


class Metric(Protocol):
    """A distance between pictures."""

    name: str

    def distances(self, pictures: Tensor, target: Tensor) -> Tensor:
        """Return how far each picture is from the target.

        Args:
            pictures: `n x 3 x height x width` in [0, 1].
            target: `3 x height x width` in [0, 1].

        Returns:
            `n` distances, >= 0, and 0 for the target itself.
        """


class BlurredPixels:
    """Colors and edges of a strongly blurred picture: what a glance takes in.

    Root mean square difference of 32 x 32 averages, joined by the differences
    between neighboring averages at twice their weight.
    """

    name = "blurred-pixels"

    def distances(self, pictures: Tensor, target: Tensor) -> Tensor:
        """Return how far each picture is from the target.

        Args:
            pictures: `n x 3 x height x width` in [0, 1].
            target: `3 x height x width` in [0, 1].
        """
        difference = _glance(pictures) - _glance(target.unsqueeze(0))
        return difference.square().mean(dim=1).sqrt()


def _glance(pictures: Tensor) -> Tensor:
    blurred = functional.adaptive_avg_pool2d(pictures, _BLURRED_SIDE_PX)
    across = _EDGE_WEIGHT * blurred.diff(dim=-1)
    down = _EDGE_WEIGHT * blurred.diff(dim=-2)
    return torch.cat([part.flatten(1) for part in (blurred, across, down)], dim=1)


class MultiScaleSsim:
    """1 - multi-scale structural similarity (Wang, Simoncelli and Bovik, 2003).

    Small pictures have fewer scales: the window has to fit into each. The exponents
    of the scales that remain are rescaled to the sum of all five.
    """

    name = "ms-ssim"

    def distances(self, pictures: Tensor, target: Tensor) -> Tensor:
        """Return how far each picture is from the target.

        Args:
            pictures: `n x 3 x height x width` in [0, 1].
            target: `3 x height x width` in [0, 1].
        """
        first, second = pictures, target.unsqueeze(0).expand_as(pictures)
        exponents = _exponents(min(pictures.shape[-2:]))
        similarity = torch.ones(len(pictures))
        for scale, exponent in enumerate(exponents):
            if scale:
                first = functional.avg_pool2d(first, 2)
                second = functional.avg_pool2d(second, 2)
            luminance, contrast = _ssim_terms(first, second)
            last = scale == len(exponents) - 1
            term = luminance * contrast if last else contrast
            similarity = similarity * term.mean(dim=(1, 2, 3)).clamp(min=0) ** exponent
        return (1 - similarity).clamp(min=0)


def _exponents(side_px: int) -> tuple[float, ...]:
    if side_px < _SSIM_WINDOW_PX:
        raise ProtocolError(f"ms-ssim needs {_SSIM_WINDOW_PX} pixels, got {side_px}")
    n_scales = 1
    while n_scales < len(_SSIM_EXPONENTS) and side_px >> n_scales >= _SSIM_WINDOW_PX:
        n_scales += 1
    used = _SSIM_EXPONENTS[:n_scales]
    return tuple(exponent * sum(_SSIM_EXPONENTS) / sum(used) for exponent in used)


def _ssim_terms(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    mean_1, mean_2 = _windowed(first), _windowed(second)
    variance_1 = _windowed(first * first) - mean_1 * mean_1
    variance_2 = _windowed(second * second) - mean_2 * mean_2
    covariance = _windowed(first * second) - mean_1 * mean_2
    luminance = (2 * mean_1 * mean_2 + _SSIM_C1) / (mean_1**2 + mean_2**2 + _SSIM_C1)
    contrast = (2 * covariance + _SSIM_C2) / (variance_1 + variance_2 + _SSIM_C2)
    return luminance, contrast


def _windowed(pictures: Tensor) -> Tensor:
    offset = torch.arange(_SSIM_WINDOW_PX, dtype=pictures.dtype) - _SSIM_WINDOW_PX // 2
    weight = torch.exp(-(offset**2) / (2 * _SSIM_SIGMA_PX**2))
    weight = weight / weight.sum()
    kernel = torch.outer(weight, weight).expand(pictures.shape[1], 1, -1, -1)
    return functional.conv2d(pictures, kernel, groups=pictures.shape[1])


METRICS: Final[dict[str, Callable[[], Metric]]] = {
    "blurred-pixels": BlurredPixels,
    "ms-ssim": MultiScaleSsim,
    "avatars-patch": AvatarsPatch,
    "avatars-clip": AvatarsClip,
}


def metric(name: str) -> Metric:
    """Return the metric of that name.

    Args:
        name: a key of `METRICS`.

    Raises:
        ProtocolError: if there is no such metric.
    """
    try:
        return METRICS[name]()
    except KeyError as error:
        known = ", ".join(METRICS)
        raise ProtocolError(f"no metric {name!r}; there are {known}") from error


def gain(distance: float, start_distance: float) -> float:
    """Return how much of the way from the start to the target is covered.

    Args:
        distance: from the picture to the target.
        start_distance: from the start to the target, > 0.

    Returns:
        1 at the target, 0 at the start's distance, negative beyond it.

    Raises:
        ProtocolError: if the start is the target, so that nothing is left to gain.
    """
    if not start_distance > 0:
        raise ProtocolError(f"the start is {start_distance} from its target")
    return 1 - distance / start_distance
