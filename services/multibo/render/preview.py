"""How a row looks before it is done: a linear map from latents to colors.

The map is fitted by least squares to what this model's own decoder made of the rows
rendered so far, the golden render first; no constants are borrowed. Its picture has one
pixel per latent cell, which is all that such a map can tell.
"""

from __future__ import annotations

import io
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import torch
from PIL import Image
from redis.exceptions import RedisError
from torch import Tensor
from torch.nn import functional

from multibo.render.keeping import Keeper, Renewal, Work
from multibo.render.leases import Leases
from multibo.render.stopping import Stop

logger = logging.getLogger(__name__)

PREVIEW_EVERY_S: Final = 0.5
"""A row is shown at most this often."""
MEDIA_TYPE: Final = "image/webp"
_MAX_BYTES: Final = 4096
_MAX_SIDE: Final = 64
_QUALITIES: Final = (75, 50, 25, 5)
_RIDGE: Final = 1e-3
"""Of the cells of a picture; holds the map where cells do not tell it apart."""
_KEPT: Final = 0.9
"""Weight of what was seen before, per picture: some ten of them count."""


class PreviewMap:
    """Colors as a linear function of latents, for one model."""

    def __init__(self) -> None:
        self._moments: Tensor | None = None
        self._products: Tensor | None = None
        self._weights: Tensor | None = None

    def learn(self, latents: Tensor, pixels: Tensor) -> None:
        """Take note of what the decoder made of some latents.

        Args:
            latents: `c x h x w`.
            pixels: `3 x H x W` in `[0, 1]`, of the same picture.
        """
        cells = _cells(latents)
        _, height, width = latents.shape
        colors = functional.adaptive_avg_pool2d(pixels.float().cpu(), (height, width))
        targets = colors.flatten(1).T
        moments, products = cells.T @ cells / len(cells), cells.T @ targets / len(cells)
        if self._moments is None or self._products is None:
            self._moments, self._products = moments, products
        else:
            self._moments = _KEPT * self._moments + (1 - _KEPT) * moments
            self._products = _KEPT * self._products + (1 - _KEPT) * products
        ridge = _RIDGE * torch.eye(len(self._moments))
        self._weights = torch.linalg.solve(self._moments + ridge, self._products)

    def colors(self, latents: Tensor) -> Tensor | None:
        """Return a picture of latents; None before anything was learned.

        Args:
            latents: `c x h x w`.

        Returns:
            `3 x h x w` in `[0, 1]`.
        """
        if self._weights is None:
            return None
        colors = _cells(latents) @ self._weights
        return colors.T.reshape(3, *latents.shape[1:]).clamp(0, 1)


def encode(colors: Tensor) -> bytes:
    """Return a WebP of at most 4 KB, its longer side at most 64 px.

    Args:
        colors: `3 x h x w` in `[0, 1]`.
    """
    array = (colors.permute(1, 2, 0) * 255).round().to(torch.uint8).numpy()
    image = Image.fromarray(array)
    image.thumbnail((_MAX_SIDE, _MAX_SIDE))
    data = b""
    for quality in _QUALITIES:
        file = io.BytesIO()
        image.save(file, "WEBP", quality=quality)
        data = file.getvalue()
        if len(data) <= _MAX_BYTES:
            break
    return data


class Previews:
    """Sends previews to sessions somebody looks at, beside the rendering.

    Best effort: where sending is slower than rendering, previews are left out.
    """

    def __init__(self, leases: Leases) -> None:
        """Start no thread before the first preview.

        Args:
            leases: of this worker.
        """
        self._leases = leases
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="preview")
        self._free = threading.Semaphore(1)

    def wanted(self, work: Sequence[Work]) -> set[int]:
        """Return which rows somebody wants to see, by index.

        Args:
            work: rows of a batch.
        """
        try:
            watched = self._leases.previewed([one.claim for one in work])
        except (RedisError, OSError):
            return set()
        return {n for n, one in enumerate(watched) if one}

    def send(
        self,
        rows: Mapping[int, Tensor],
        work: Sequence[Work],
        paint: Callable[[Tensor], Tensor | None],
    ) -> None:
        """Encode and send rows as they look now.

        Args:
            rows: latents by index.
            work: the rows of the batch.
            paint: makes colors of latents.
        """
        if not self._free.acquire(blocking=False):
            return
        # Off the accelerator here, in the order of its own work.
        latents = {n: row.float().cpu() for n, row in rows.items()}
        self._pool.submit(self._send, latents, work, paint)

    def close(self) -> None:
        """Send the rest, then nothing more."""
        self._pool.shutdown(wait=True)

    def _send(
        self,
        latents: Mapping[int, Tensor],
        work: Sequence[Work],
        paint: Callable[[Tensor], Tensor | None],
    ) -> None:
        try:
            for n, row in latents.items():
                colors = paint(row)
                if colors is not None:
                    self._leases.show(work[n].claim, encode(colors), MEDIA_TYPE)
        except Exception:  # nobody may lose an image over its preview
            logger.warning("preview not sent", exc_info=True)
        finally:
            self._free.release()


class ShownRenewal(Renewal):
    """A renewal that also shows how the rows look, to who asked for that."""

    def __init__(
        self,
        keeper: Keeper,
        leases: Leases,
        work: Sequence[Work],
        stop: Stop,
        *,
        previews: Previews,
        paint: Callable[[Tensor], Tensor | None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin with the batch.

        Args:
            keeper: of the rows.
            leases: this worker's rights.
            work: the rows, in the order of the batch.
            stop: ends the batch where it would outlast the grace.
            previews: sends them.
            paint: makes colors of latents, for the batch's model.
            clock: seconds that only grow.
        """
        super().__init__(keeper, leases, work, stop, clock=clock)
        self._previews = previews
        self._paint = paint
        self._shown = clock()
        self._wanted: set[int] = set()

    def wants_latents(self) -> bool:
        """Return whether a preview is due; see `LatentObserver`."""
        now = self._clock()
        if now - self._shown < PREVIEW_EVERY_S:
            return False
        self._shown = now
        self._wanted = self._previews.wanted(self._work) - self._gone
        return bool(self._wanted)

    def latents(self, rows: Mapping[int, Tensor]) -> None:
        """Send previews of the rows somebody wants to see; see `LatentObserver`."""
        wanted = {n: row for n, row in rows.items() if n in self._wanted}
        self._previews.send(wanted, self._work, self._paint)


def _cells(latents: Tensor) -> Tensor:
    flat = latents.float().cpu().flatten(1)
    return torch.cat([flat, torch.ones(1, flat.shape[1])]).T
