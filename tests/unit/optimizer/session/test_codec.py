from __future__ import annotations

import json

import pytest

from multibo.optimizer.session import codec, machine
from multibo.optimizer.session.errors import DocumentUnreadableError
from multibo.optimizer.session.ids import CandidateName, RoundName
from multibo.optimizer.session.model import LogEntry, RoundEnd, RoundState
from tests.support.builders import NAME, a_session, a_slate, chosen


def test_a_session_survives_the_store_to_the_last_bit() -> None:
    accepted = CandidateName(RoundName(NAME, 3), 2)
    session = machine.finish(a_session(effective=(0, 2)), accepted, now_ms=7)

    data = codec.session_to_json(session)

    assert codec.session_from_json(data, rev=session.rev) == session
    assert session.spec.base_seed > 2**53


def test_slates_ends_and_log_entries_survive() -> None:
    slate = a_slate(5)
    end = RoundEnd(RoundState.JUDGED, 9, chosen(1))
    canceled = RoundEnd(RoundState.CANCELLED, 9)
    entry = LogEntry("feedback", 9, 5, chosen(1))

    assert codec.slate_from_json(codec.slate_to_json(slate)) == slate
    assert codec.end_from_json(codec.end_to_json(end)) == end
    assert codec.end_from_json(codec.end_to_json(canceled)) == canceled
    assert codec.entry_from_json(codec.entry_to_json(entry)) == entry


@pytest.mark.parametrize(
    "damage", ["", "[]", "{}", '{"schema":1}', '{"schema":99}', "nul"]
)
def test_a_damaged_or_unknown_document_is_refused(damage: str) -> None:
    with pytest.raises(DocumentUnreadableError):
        codec.session_from_json(damage, rev=1)
    with pytest.raises(DocumentUnreadableError):
        codec.slate_from_json(damage)
    with pytest.raises(DocumentUnreadableError):
        codec.end_from_json(damage)
    with pytest.raises(DocumentUnreadableError):
        codec.entry_from_json(damage)


def test_the_body_of_a_long_session_stays_below_4_kb() -> None:
    session = a_session(effective=tuple(range(200)), next_round=200)

    assert len(codec.session_to_json(session)) < 4096
    assert json.loads(codec.session_to_json(session))["schema"] == codec.SCHEMA
