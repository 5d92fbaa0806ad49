"""Image references to `image.proto`."""

from __future__ import annotations

from multibo.jobs.job import ImageRef
from multibo.v1 import image_pb2


def image_info(image: ImageRef) -> image_pb2.ImageInfo:
    """Return what a caller may know about a stored image; not where it is.

    Args:
        image: the reference.
    """
    return image_pb2.ImageInfo(
        digest=image.digest,
        media_type=image.media_type,
        width_px=image.width_px,
        height_px=image.height_px,
        size_bytes=image.size_bytes,
    )
