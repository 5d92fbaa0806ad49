import hashlib
import re
from pathlib import Path

import multibo.pretrained.avatars

AVATARS = Path(multibo.pretrained.avatars.__path__[0])
CARD = (AVATARS / "MODEL_CARD.md").read_text("utf-8")


def test_the_card_carries_the_checksum_of_every_file_of_the_model() -> None:
    listed = {
        name: digest
        for digest, name in re.findall(r"^([0-9a-f]{64})  (\S+)$", CARD, re.MULTILINE)
    }

    shipped = {
        path.relative_to(AVATARS).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in (
            AVATARS / "guidance.safetensors",
            *(AVATARS / "pipe").rglob("*"),
            *(AVATARS / "judge").rglob("*"),
        )
        if path.is_file()
    }

    assert listed == shipped


def test_the_card_attributes_every_artist() -> None:
    artists = (
        "Pablo Stanley",
        "DiceBear",
        "Johan Melin",
        "Micah Lanier",
        "Ashley Seo",
        "Draftbit",
        "Lisa Wischofsky",
        "Natalia Spivak",
    )

    rows = [line for line in CARD.splitlines() if "| CC" in line]

    assert len(rows) == len(artists)
    assert all(artist in row for artist, row in zip(artists, rows, strict=True))


def test_no_weight_file_exceeds_the_shard_size() -> None:
    sizes = [path.stat().st_size for path in AVATARS.rglob("*.safetensors")]

    assert max(sizes) <= 16 * 1024**2


def test_no_config_tells_where_it_was_built() -> None:
    for path in AVATARS.rglob("*.json"):
        assert '"_name_or_path"' not in path.read_text("utf-8")
