"""From pixels to a told image, beside the render thread.

Encoding and storing take no part of the accelerator, and the store may be far away: a
few threads do both while the next batch denoises. The room before them is bounded, so
a slow store slows the rendering instead of filling the memory.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Final

from redis.exceptions import RedisError

from multibo.blobs.errors import BlobError, BlobMissingError
from multibo.blobs.port import BlobStore, thumbnail_address
from multibo.jobs.job import ImageRef
from multibo.render import images
from multibo.render.images import RenderedImage
from multibo.render.keeping import Keeper, Work
from multibo.render.leases import BUSY_DELAY_MS, Leases

logger = logging.getLogger(__name__)

N_THREADS: Final = 2
BACKLOG_ROWS: Final = 16
"""Two of the largest batches: pixels that wait for a thread."""
_STORE_TRIES: Final = 6
_STORE_PAUSE_S: Final = 0.5


class Delivery:
    """Brings rows to their end: encoded, stored, told."""

    def __init__(
        self,
        leases: Leases,
        blobs: BlobStore,
        keeper: Keeper,
        *,
        n_threads: int = N_THREADS,
        backlog_rows: int = BACKLOG_ROWS,
    ) -> None:
        """Start no thread before the first row.

        Args:
            leases: this worker's rights.
            blobs: where images go.
            keeper: holds the rows until they are delivered.
            n_threads: rows encoded and stored at a time.
            backlog_rows: rows handed over and not yet told, at most.
        """
        self._leases = leases
        self._blobs = blobs
        self._keeper = keeper
        self._pool = ThreadPoolExecutor(n_threads, thread_name_prefix="deliver")
        self._room = threading.BoundedSemaphore(backlog_rows)
        self._begun: set[Future[None]] = set()

    def hand_over(self, work: Work, encode: Callable[[], RenderedImage]) -> None:
        """Have a held row encoded, stored and told; waits while there is no room.

        Args:
            work: the row; dropped by its keeper in the end.
            encode: makes its image; called in another thread.
        """
        self._room.acquire()
        future = self._pool.submit(self._deliver, work, encode)
        self._begun.add(future)
        future.add_done_callback(self._begun.discard)

    def flush(self) -> None:
        """Wait until everything handed over has come to its end."""
        wait(set(self._begun))

    def close(self) -> None:
        """Deliver the rest, then take nothing more."""
        self._pool.shutdown(wait=True)

    def fail(self, work: Work, reason: str) -> None:
        """Charge a failure to a row.

        Args:
            work: the row.
            reason: for the person; cut where it is long.
        """
        self._told(lambda: self._leases.fail(work.claim, reason[:500]))

    def finish_stored(self, work: Work) -> bool:
        """End a row whose image exists; the anchor of every round is one.

        Args:
            work: a claimed row.

        Returns:
            Whether the row came to its end, by its image or by a failing store.
        """
        try:
            return self._reused(work)
        except BlobMissingError:
            return False
        except BlobError as error:
            self.fail(work, f"image store: {error}")
        except RedisError:
            raise
        except Exception as error:  # such as a damaged file: this row pays, no other
            logger.exception("stored image not used")
            self.fail(work, f"{type(error).__name__}: {error}")
        return True

    def _reused(self, work: Work) -> bool:
        data = self._blobs.get(work.address)
        if not self._leases.reuse_image(work.address):
            # A sweep deletes it: in a moment it will be missing, and drawn.
            self._leases.release(work.claim, delay_ms=BUSY_DELAY_MS)
            return True
        if not self._blobs.has(work.address):
            return False
        reference = self._reference(work.address, data)
        self._ready(work, reference, images.features(images.decode(data)), "")
        return True

    def _deliver(self, work: Work, encode: Callable[[], RenderedImage]) -> None:
        try:
            self._store(work, encode())
        except BlobError as error:
            self.fail(work, f"image store: {error}")
        except RedisError:  # nobody's fault: the next claim finds the image
            logger.warning("result not delivered", exc_info=True)
        except Exception as error:  # whatever it is, this row pays and no other
            logger.exception("image not delivered")
            self.fail(work, f"{type(error).__name__}: {error}")
        finally:
            self._keeper.drop(work)
            self._room.release()

    def _store(self, work: Work, image: RenderedImage) -> None:
        data = self._kept(work.address, image.file.data)
        # A thumbnail that has outlived its image may be about to be swept.
        side_px = max(image.file.width_px, image.file.height_px)
        left_over = side_px > images.THUMBNAIL_SIDE_PX and self._blobs.has(
            thumbnail_address(work.address)
        )
        if left_over and not self._leases.reuse_image(work.address):
            self._told(lambda: self._leases.release(work.claim, delay_ms=BUSY_DELAY_MS))
            return
        reference = self._reference(work.address, data)
        self._ready(work, reference, image.features, image.note)

    def _kept(self, address: str, data: bytes) -> bytes:
        first = self._blobs.put(address, data)
        return data if first else self._blobs.get(address)

    def _reference(self, address: str, data: bytes) -> ImageRef:
        small = images.thumbnail(data)
        if small is None:
            return _reference_of(address, data)
        beside = thumbnail_address(address)
        thumbnail = _reference_of(beside, self._kept(beside, small.data))
        return replace(_reference_of(address, data), thumbnail=thumbnail)

    def _ready(
        self, work: Work, image: ImageRef, features: tuple[float, ...], note: str
    ) -> None:
        self._told(lambda: self._leases.ready(work.claim, image, features, note))

    def _told(self, tell: Callable[[], bool]) -> None:
        # The image is stored: a restart of Redis must not cost it. Past these tries
        # the lease lapses and the next claim finds the image.
        for attempt in range(_STORE_TRIES):
            try:
                ours = tell()
            except (RedisError, OSError):
                logger.warning("result not delivered", extra={"attempt": attempt})
                time.sleep(_STORE_PAUSE_S * (attempt + 1))
            else:
                if not ours:
                    logger.info("row was not ours any more")
                return


def _reference_of(address: str, data: bytes) -> ImageRef:
    file = images.described(data)
    return ImageRef(
        address=address,
        digest=hashlib.sha256(data).hexdigest(),
        media_type=file.media_type,
        width_px=file.width_px,
        height_px=file.height_px,
        size_bytes=len(data),
    )
