"""Image references to `image.proto`."""

from __future__ import annotations

from typing import Final

from multibo.jobs.job import ImageRef
from multibo.optimizer.app.values import ImageSize
from multibo.v1 import image_pb2
from multibo.v1.image_service_pb2 import GetImageResponse

_DATA_TAG: Final = (
    GetImageResponse.DESCRIPTOR.fields_by_name["data"].number << 3 | 2
).to_bytes()
"""Field number and wire type of the bytes."""


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


def image_reply(image: ImageRef, data: bytes, *, held: bool) -> bytes:
    """Return a serialized `GetImageResponse`.

    Put together by hand: a message would copy half a megabyte twice more.

    Args:
        image: the reference.
        data: its bytes.
        held: whether the caller has them already; they are left out then.
    """
    rest = GetImageResponse(image=image_info(image), not_modified=held)
    if held or not data:
        return rest.SerializeToString()
    head = _DATA_TAG + _varint(len(data))
    return b"".join((head, data, rest.SerializeToString()))


def _varint(number: int) -> bytes:
    parts = bytearray()
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    parts.append(number)
    return bytes(parts)
