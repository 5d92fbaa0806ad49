from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from multibo.optimizer.session.model import LogEntry
from multibo.optimizer.session.typed import check_types
from tests.support.builders import a_slate, a_spec, chosen


def test_what_we_write_ourselves_is_as_declared() -> None:
    check_types(a_spec())
    check_types(a_slate())
    check_types(LogEntry("feedback", 9, 5, chosen(1)))
    check_types(LogEntry("finish", 9))
    check_types(a_spec(guidance=2))  # JSON writes 2.0 as it likes


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("k", "4"),
        ("k", 4.0),
        ("k", True),
        ("anchor", 1),
        ("guidance", float("inf")),
        ("guidance", "2.5"),
        ("prompt", 7),
        ("prompt", "lone \ud800"),
        ("model", "m" * 1_001),
        ("base_seed", 2**70),
        ("labels", [("a", "b")]),
        ("labels", (("a", "b", "c"),)),
        ("labels", (("a", 1),)),
    ],
)
def test_a_field_of_another_type_is_refused(field: str, value: Any) -> None:
    with pytest.raises(TypeError, match=field):
        check_types(a_spec(**{field: value}))


def test_what_is_inside_is_looked_at_as_well() -> None:
    slate = a_slate()
    candidate = replace(slate.candidates[0], warp=(0.5,) * 16)  # type: ignore[arg-type]
    feedback = replace(chosen(1), shown=("0", "1"))  # type: ignore[arg-type]

    with pytest.raises(TypeError, match="warp"):
        check_types(replace(slate, candidates=(candidate,)))
    with pytest.raises(TypeError, match="shown"):
        check_types(LogEntry("feedback", 9, 5, feedback))
