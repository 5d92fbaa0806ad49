"""Image references to `image.proto`."""

from __future__ import annotations

from multibo.jobs.job import ImageRef
from multibo.optimizer.app.values import ImageSize
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


def size_of(size: int) -> ImageSize:
    """Return which rendition is wanted; the image itself unless told.

    Args:
        size: number of a wire `ImageSize`, already checked.
    """
    small = size == image_pb2.IMAGE_SIZE_THUMBNAIL
    return ImageSize.THUMBNAIL if small else ImageSize.FULL
