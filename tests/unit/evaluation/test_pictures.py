import io

import pytest
import torch
from PIL import Image

from multibo.evaluation.errors import PictureError
from multibo.evaluation.pictures import (
    decode_picture,
    resized,
    stack_pictures,
    to_image,
)
from tests.support.pictures import a_picture, a_png


def test_a_png_decodes_to_the_picture_it_was_made_of() -> None:
    picture = a_picture(size_px=16)

    decoded = decode_picture(a_png(picture))

    assert decoded.shape == (3, 16, 16)
    assert torch.allclose(decoded, picture, atol=0.5 / 255 + 1e-6)


def test_a_gray_file_decodes_to_three_equal_channels() -> None:
    buffer = io.BytesIO()
    Image.new("L", (4, 2), 51).save(buffer, format="PNG")

    decoded = decode_picture(buffer.getvalue())

    assert torch.equal(decoded, torch.full((3, 2, 4), 51 / 255))


def test_values_outside_the_range_are_clipped() -> None:
    picture = torch.full((3, 1, 1), 1.5)

    assert to_image(picture).getpixel((0, 0)) == (255, 255, 255)


def test_pictures_of_different_sizes_are_not_compared() -> None:
    with pytest.raises(PictureError, match="different sizes"):
        stack_pictures([a_picture(size_px=16), a_picture(size_px=32)])


def test_no_picture_is_refused() -> None:
    with pytest.raises(PictureError, match="no picture"):
        stack_pictures([])


def test_pictures_of_the_right_size_are_left_alone() -> None:
    pictures = a_picture(size_px=32).unsqueeze(0)

    assert resized(pictures, 32) is pictures
    assert resized(pictures, 16).shape == (1, 3, 16, 16)
