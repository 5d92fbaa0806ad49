from __future__ import annotations

import io
import math

import pytest
import torch
from PIL import Image

from multibo.render import images
from tests.support.tiny_model import a_row


def a_picture(side: int = 32, seed: int = 0) -> torch.Tensor:
    return torch.rand(3, side, side, generator=torch.Generator().manual_seed(seed))


def test_a_png_holds_the_pixels_in_eight_bits() -> None:
    pixels = a_picture()

    decoded = images.decode_png(images.encode_png(pixels, {}))

    assert torch.equal((decoded * 255).round(), (pixels * 255).round())


def test_a_png_is_the_same_bytes_every_time() -> None:
    texts = images.provenance(a_row())

    first, second = (images.encode_png(a_picture(), texts) for _ in range(2))

    assert first == second


def test_a_png_says_where_it_comes_from_but_not_the_prompt() -> None:
    spec = a_row(prompt="a very private wish", negative_prompt="private, too")

    data = images.encode_png(a_picture(), images.provenance(spec))

    with Image.open(io.BytesIO(data)) as image:
        texts = image.text
    assert texts == {
        "Software": "multibo",
        "multibo:model": "tiny@7",
        "multibo:seed": str(2**62 + 1),
        "multibo:warp_space": "flow-16@1",
    }
    assert b"private" not in data


def test_features_are_few_numbers_that_survive_the_png() -> None:
    pixels = a_picture(128)

    values = images.features(pixels)

    assert len(values) == 256
    assert values == images.features(images.decode_png(images.encode_png(pixels, {})))


def test_a_plain_picture_has_its_color_as_features_and_no_edges() -> None:
    plain = torch.tensor([0.2, 0.4, 0.6]).view(3, 1, 1).expand(3, 128, 128)

    values = images.features(plain)

    assert values[:192] == (0.2,) * 64 + (0.4,) * 64 + (0.6,) * 64
    assert values[192:] == (0.0,) * 64


@pytest.mark.parametrize("size", [(32, 32), (128, 128), (96, 160), (512, 512)])
def test_features_have_one_length_at_every_size(size: tuple[int, int]) -> None:
    assert len(images.features(torch.rand(3, *size))) == 256


def test_a_larger_move_is_a_larger_distance() -> None:
    def with_square_at(left: int) -> tuple[float, ...]:
        pixels = torch.zeros(3, 128, 128)
        pixels[:, 40:80, left : left + 30] = 1
        return images.features(pixels)

    start = with_square_at(20)
    near, far = (math.dist(start, with_square_at(left)) for left in (26, 60))

    assert 0 < near < far
