import random

import numpy as np
import pytest

pytest.importorskip("dicebear", reason="needs the extra `train`")

from multibo.pretrained.avatars.dataset import (
    BACKGROUNDS,
    STYLES,
    draw,
    partial_caption,
)


def test_a_seed_determines_drawing_and_caption() -> None:
    first, second = draw(123), draw(123)

    assert first.caption == second.caption
    assert np.array_equal(first.pixels, second.pixels)


def test_a_drawing_is_a_color_picture_of_the_size_asked_for() -> None:
    drawing = draw(124, size_px=64)

    assert drawing.pixels.shape == (64, 64, 3)
    assert drawing.pixels.dtype == np.uint8
    assert drawing.pixels.std() > 0


def test_captions_open_with_the_style_and_end_with_the_background() -> None:
    drawings = [draw(seed) for seed in range(100, 132)]

    for drawing in drawings:
        parts = drawing.caption.split(", ")
        assert parts[0] == f"{STYLES[drawing.style]} portrait"
        assert parts[-1].removesuffix(" background") in BACKGROUNDS
        assert all(part == part.strip() != "" for part in parts)


def test_the_background_named_is_the_background_drawn() -> None:
    drawing = draw(100)

    name = drawing.caption.split(", ")[-1].removesuffix(" background")
    code = BACKGROUNDS[name].removeprefix("#")
    corner = drawing.pixels[0, 0]

    assert [int(code[i : i + 2], 16) for i in (0, 2, 4)] == list(corner)


def test_a_partial_caption_says_a_subset_in_the_same_order() -> None:
    caption = draw(101).caption
    source = random.Random(0)

    prompts = [partial_caption(caption, source) for _ in range(200)]

    attributes = caption.split(", ")
    for prompt in filter(None, prompts):
        said = prompt.split(", ")
        assert said == [part for part in attributes if part in said]
    assert 0.85 < sum(p.startswith(attributes[0]) for p in prompts) / 200 < 1
