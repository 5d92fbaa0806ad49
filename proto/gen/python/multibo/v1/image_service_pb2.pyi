import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from multibo.v1 import image_pb2 as _image_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetImageRequest(_message.Message):
    __slots__ = ("name", "size", "etag")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    name: str
    size: _image_pb2.ImageSize
    etag: str
    def __init__(self, name: _Optional[str] = ..., size: _Optional[_Union[_image_pb2.ImageSize, str]] = ..., etag: _Optional[str] = ...) -> None: ...

class GetImageResponse(_message.Message):
    __slots__ = ("data", "image", "not_modified")
    DATA_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    NOT_MODIFIED_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    image: _image_pb2.ImageInfo
    not_modified: bool
    def __init__(self, data: _Optional[bytes] = ..., image: _Optional[_Union[_image_pb2.ImageInfo, _Mapping]] = ..., not_modified: bool = ...) -> None: ...

class GetImageUrlRequest(_message.Message):
    __slots__ = ("name", "size")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    name: str
    size: _image_pb2.ImageSize
    def __init__(self, name: _Optional[str] = ..., size: _Optional[_Union[_image_pb2.ImageSize, str]] = ...) -> None: ...

class GetImageUrlResponse(_message.Message):
    __slots__ = ("url", "expire_time", "image")
    URL_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    url: str
    expire_time: _timestamp_pb2.Timestamp
    image: _image_pb2.ImageInfo
    def __init__(self, url: _Optional[str] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., image: _Optional[_Union[_image_pb2.ImageInfo, _Mapping]] = ...) -> None: ...
