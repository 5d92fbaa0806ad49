from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from multibo.optimizer.session import ids
from multibo.optimizer.session.errors import FieldInvalidError
from multibo.optimizer.session.ids import CandidateName, RoundName, SessionName

NAMES = st.from_regex(r"[a-z][a-z0-9-]{3,62}", fullmatch=True)


@given(
    project=NAMES, session=NAMES, round=st.integers(0, 999_999), slot=st.integers(0, 7)
)
def test_a_written_name_parses_to_itself(
    project: str, session: str, round: int, slot: int
) -> None:
    name = CandidateName(RoundName(SessionName(project, session), round), slot)

    assert ids.parse_candidate(str(name)) == name
    assert ids.parse_round(str(name.round)) == name.round
    assert ids.parse_session(str(name.round.session)) == name.round.session
    assert ids.parse_project(f"projects/{project}") == project


@given(text=st.text())
def test_any_other_text_is_refused_by_field(text: str) -> None:
    for parse in (ids.parse_session, ids.parse_round, ids.parse_candidate):
        with pytest.raises(FieldInvalidError) as refused:
            parse("projects/p/" + text)
        assert refused.value.field == "name"


@pytest.mark.parametrize(
    "name", ["abc", "Abcd", "1abc", "a" * 64, "ab/cd", "ab cd", "é" * 5]
)
def test_a_session_id_of_another_form_is_refused(name: str) -> None:
    with pytest.raises(FieldInvalidError):
        ids.checked_session_id(name)


def test_an_empty_session_id_makes_a_fresh_one() -> None:
    made = {ids.checked_session_id("") for _ in range(100)}

    assert len(made) == 100
    assert all(ids.checked_session_id(name) == name for name in made)
