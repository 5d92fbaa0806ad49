"""A reply put together by hand reads as the message it stands for."""

from __future__ import annotations

import pytest

from multibo.optimizer.api.convert.image import image_info, image_reply
from multibo.v1.image_service_pb2 import GetImageResponse
from tests.support.builders import an_image


@pytest.mark.parametrize("n_bytes", [1, 127, 128, 16_383, 16_384, 512 * 1024])
def test_a_reply_carries_the_bytes_and_what_is_known(n_bytes: int) -> None:
    data = bytes(range(256)) * (n_bytes // 256 + 1)

    reply = GetImageResponse.FromString(
        image_reply(an_image(), data[:n_bytes], held=False)
    )

    assert reply == GetImageResponse(data=data[:n_bytes], image=image_info(an_image()))


def test_who_has_the_image_gets_no_bytes() -> None:
    reply = GetImageResponse.FromString(image_reply(an_image(), b"data", held=True))

    assert reply == GetImageResponse(image=image_info(an_image()), not_modified=True)
