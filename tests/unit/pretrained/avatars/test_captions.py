import pytest

from multibo.pretrained.avatars.captions import (
    CLOTHES_COLORS,
    SKIN_COLORS,
    caption_attributes,
    color_name,
    variant_words,
)


@pytest.mark.parametrize(
    ("variant", "words"),
    [
        ("longHair02", "long hair"),
        ("variant04", ""),
        ("dannyPhantom", "swept"),
        ("tShirt", "t-shirt"),
        ("noHair1", "bald"),
    ],
)
def test_a_variant_reads_as_plain_words(variant: str, words: str) -> None:
    assert variant_words(variant) == words


def test_every_named_color_is_called_by_its_own_name() -> None:
    for names in (CLOTHES_COLORS, SKIN_COLORS):
        codes = {
            name: "#{:02x}{:02x}{:02x}".format(*rgb) for name, rgb in names.items()
        }

        assert all(color_name(code, names) == name for name, code in codes.items())


def test_an_alpha_channel_does_not_change_the_color_name() -> None:
    assert color_name("#3c5adcff", CLOTHES_COLORS) == "blue"


def test_a_caption_names_hair_skin_face_and_clothes_in_that_order() -> None:
    options = {
        "hairVariant": "longHair",
        "hairColor": ["#6e4628"],
        "skinColor": ["#f0c8a5"],
        "mouthVariant": "smile",
        "glassesVariant": "round",
        "earringsVariant": "hoop",
        "clothesVariant": "openJacket",
        "clothesColor": ["#0f0f0f"],
    }

    attributes = caption_attributes("toon-head", options)

    assert attributes == [
        "brown long hair",
        "light skin",
        "smile mouth",
        "round glasses",
        "earrings",
        "black open jacket",
    ]


def test_a_bald_head_has_no_hair_color() -> None:
    options = {"hairVariant": "mrClean", "hairColor": ["#6e4628"]}

    assert caption_attributes("micah", options) == ["bald"]


def test_only_open_peeps_wears_its_hair_on_the_head_variant() -> None:
    options = {"headVariant": "afro", "headContrastColor": ["#0f0f0f"]}

    assert caption_attributes("open-peeps", options) == ["black afro hair"]
    assert caption_attributes("micah", options) == []


def test_clothes_without_a_cut_are_just_clothes() -> None:
    assert caption_attributes("micah", {"shirtColor": ["#d72d2d"]}) == ["red clothes"]


def test_rear_hair_and_beards_are_told_apart() -> None:
    options = {
        "rearHairVariant": "neckHigh",
        "beardVariant": "fullBeard",
        "facialHairVariant": "default",
        "accessoriesVariant": "cap",
    }

    assert caption_attributes("toon-head", options) == [
        "neck high rear hair",
        "full beard beard",
        "facial hair",
        "cap",
    ]
