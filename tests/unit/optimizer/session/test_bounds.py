from __future__ import annotations

from typing import Any

import pytest

from multibo.optimizer.session.bounds import check_spec
from multibo.optimizer.session.errors import FieldInvalidError
from tests.support.builders import a_spec


@pytest.mark.parametrize(
    "changes",
    [
        {"prompt": "x" * 1_000, "negative_prompt": "y" * 1_000},
        {"base_seed": 2**63 - 1, "steps": 200, "guidance": 30.0},
        {"k": 8, "rounds": 200, "images": 10_000},
        {"k": 2, "rounds": 1, "images": 2, "labels": ()},
    ],
)
def test_a_spec_at_the_end_of_its_range_passes(changes: dict[str, Any]) -> None:
    check_spec(a_spec(**changes))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("prompt", " "),
        ("prompt", "x" * 1_001),
        ("negative_prompt", "x" * 1_001),
        ("base_seed", -1),
        ("base_seed", 2**63),
        ("steps", 0),
        ("steps", 201),
        ("guidance", float("nan")),
        ("guidance", 30.5),
        ("k", 1),
        ("k", 9),
        ("rounds", 0),
        ("rounds", 201),
        ("images", 3),
        ("images", 10_001),
        ("labels", (("Key", "v"),)),
        ("labels", (("key", "v" * 65),)),
        ("labels", (("key", "v"), ("key", "w"))),
        ("labels", tuple((f"k{n}", "") for n in range(17))),
    ],
)
def test_a_spec_out_of_range_names_its_field(field: str, value: object) -> None:
    with pytest.raises(FieldInvalidError) as refused:
        check_spec(a_spec(**{field: value}))

    assert refused.value.field == field
