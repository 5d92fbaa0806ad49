from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class ImageSize(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    IMAGE_SIZE_UNSPECIFIED: _ClassVar[ImageSize]
    IMAGE_SIZE_FULL: _ClassVar[ImageSize]
    IMAGE_SIZE_THUMBNAIL: _ClassVar[ImageSize]
IMAGE_SIZE_UNSPECIFIED: ImageSize
IMAGE_SIZE_FULL: ImageSize
IMAGE_SIZE_THUMBNAIL: ImageSize

class ImageInfo(_message.Message):
    __slots__ = ("digest", "media_type", "width_px", "height_px", "size_bytes")
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    WIDTH_PX_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_PX_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    digest: str
    media_type: str
    width_px: int
    height_px: int
    size_bytes: int
    def __init__(self, digest: _Optional[str] = ..., media_type: _Optional[str] = ..., width_px: _Optional[int] = ..., height_px: _Optional[int] = ..., size_bytes: _Optional[int] = ...) -> None: ...
