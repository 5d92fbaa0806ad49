from __future__ import annotations

import io
import math
from xml.etree import ElementTree

import pytest
import torch
from PIL import Image

from multibo.render import images
from tests.support.tiny_model import a_row

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


def a_picture(side: int = 32, seed: int = 0) -> torch.Tensor:
    return torch.rand(3, side, side, generator=torch.Generator().manual_seed(seed))


def test_a_png_holds_the_pixels_in_eight_bits() -> None:
    pixels = a_picture()

    decoded = images.decode(images.encode(pixels, {}).data)

    assert torch.equal((decoded * 255).round(), (pixels * 255).round())


def test_a_png_is_the_same_bytes_every_time() -> None:
    texts = images.provenance(a_row())

    first, second = (images.encode(a_picture(), texts) for _ in range(2))

    assert first == second


def test_a_png_says_where_it_comes_from_but_not_the_prompt() -> None:
    spec = a_row(prompt="a very private wish", negative_prompt="private, too")

    data = images.encode(a_picture(), images.provenance(spec)).data

    with Image.open(io.BytesIO(data)) as image:
        texts = image.text
    assert texts == {
        "Software": "multibo",
        "multibo:model": "tiny@7",
        "multibo:seed": str(2**62 + 1),
        "multibo:warp_space": "flow-16@1",
    }
    assert b"private" not in data


def test_up_to_256_px_an_image_is_a_png_and_above_a_webp() -> None:
    small, large = (images.encode(a_picture(side), {}) for side in (256, 257))

    assert (small.media_type, large.media_type) == ("image/png", "image/webp")
    assert (large.width_px, large.height_px) == (257, 257)
    assert images.described(small.data) == small
    assert images.described(large.data) == large


def test_a_webp_stays_close_to_the_pixels_and_takes_a_tenth_of_the_bytes() -> None:
    ramp = torch.linspace(0, 1, 512)
    waves = torch.sin(ramp * 40).expand(512, 512) * 0.2
    pixels = torch.stack([ramp.expand(512, 512), 0.5 + waves, 0.5 - waves.T])
    grain = 0.02 * torch.rand(3, 512, 512, generator=torch.Generator().manual_seed(1))
    pixels = (pixels * 0.9 + grain).clamp(0, 1)

    file = images.encode(pixels, {})

    error = (images.decode(file.data) - pixels).square().mean()
    assert -10 * math.log10(float(error)) > 35
    png = io.BytesIO()
    Image.fromarray(images.to_bytes(pixels).numpy()).save(png, "PNG")
    assert len(file.data) < len(png.getvalue()) / 10


def test_a_webp_says_where_it_comes_from_but_not_the_prompt() -> None:
    spec = a_row(prompt="a very private wish", negative_prompt="private, too")

    data = images.encode(a_picture(300), images.provenance(spec)).data

    with Image.open(io.BytesIO(data)) as image:
        packet = image.info["xmp"].decode()
    (about,) = ElementTree.fromstring(packet).iter(f"{{{RDF}}}Description")
    assert about.attrib == {
        "{urn:multibo:provenance}Software": "multibo",
        "{urn:multibo:provenance}model": "tiny@7",
        "{urn:multibo:provenance}seed": str(2**62 + 1),
        "{urn:multibo:provenance}warp_space": "flow-16@1",
    }
    assert b"private" not in data


def test_a_small_image_is_its_own_thumbnail() -> None:
    assert images.thumbnail(images.encode(a_picture(128), {}).data) is None


@pytest.mark.parametrize(
    ("size", "expected", "media_type"),
    [
        ((129, 129), (128, 128), "image/png"),
        ((256, 64), (32, 128), "image/png"),
        ((300, 600), (128, 64), "image/webp"),
    ],
)
def test_a_thumbnail_is_at_most_128_px_long_and_of_the_same_kind(
    size: tuple[int, int], expected: tuple[int, int], media_type: str
) -> None:
    plain = torch.tensor([0.2, 0.4, 0.6]).view(3, 1, 1).expand(3, *size)

    small = images.thumbnail(images.encode(plain, {}).data)

    assert small is not None
    assert (small.width_px, small.height_px) == expected
    assert small.media_type == media_type
    assert images.described(small.data) == small
    shown = images.decode(small.data).mean(dim=(1, 2))
    assert torch.allclose(shown, plain[:, 0, 0], atol=0.01)


def test_features_are_few_numbers_that_survive_the_png() -> None:
    pixels = a_picture(128)

    values = images.features(pixels)

    assert len(values) == 256
    assert values == images.features(images.decode(images.encode(pixels, {}).data))


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
