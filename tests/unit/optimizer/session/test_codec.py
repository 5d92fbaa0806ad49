from __future__ import annotations

import json
from dataclasses import replace

import pytest

from multibo.jobs.spec import Turn
from multibo.optimizer.session import codec, machine
from multibo.optimizer.session.errors import DocumentUnreadableError
from multibo.optimizer.session.ids import CandidateName, RoundName, SessionName
from multibo.optimizer.session.model import (
    FeedbackKind,
    LogEntry,
    RoundEnd,
    RoundState,
    SkipReason,
    Undone,
)
from tests.support.builders import NAME, a_session, a_slate, chosen, said


def test_a_session_survives_the_store_to_the_last_bit() -> None:
    accepted = CandidateName(RoundName(NAME, 3), 2)
    session = machine.finish(
        a_session(
            effective=(0, 2),
            undone=(Undone(4, skipped=True, current_round=None),),
            prior=(0.1, -0.25),
            forked_from=SessionName("local", "the-source"),
        ),
        accepted,
        now_ms=7,
    )

    data = codec.session_to_json(session)

    assert codec.session_from_json(data, rev=session.rev) == session
    assert session.spec.base_seed > 2**53


def test_start_noises_survive_and_what_they_share_is_written_once() -> None:
    first, second, *others = a_slate().candidates
    turned = replace(first, turns=(Turn((3, 4), (5, -6)),), directions=(8, 9))
    slate = replace(
        a_slate(),
        candidates=(turned, replace(second, directions=(8, 9)), *others),
    )

    data = codec.slate_to_json(slate)

    assert codec.slate_from_json(data) == slate
    assert data.count("[8,9]") == 1


@pytest.mark.parametrize("schema", [1, 2])
def test_a_slate_of_an_earlier_schema_is_read(schema: int) -> None:
    document = json.loads(codec.slate_to_json(a_slate()))

    assert "directions" not in json.dumps(document)
    assert "turns" not in json.dumps(document)
    data = json.dumps({**document, "schema": schema})
    assert codec.slate_from_json(data) == a_slate()


def test_slates_ends_and_log_entries_survive() -> None:
    slate = a_slate(5)
    end = RoundEnd(RoundState.JUDGED, 9, chosen(1))
    canceled = RoundEnd(RoundState.CANCELLED, 9)
    entry = LogEntry("feedback", 9, 5, chosen(1))

    assert codec.slate_from_json(codec.slate_to_json(slate)) == slate
    assert codec.end_from_json(codec.end_to_json(end)) == end
    assert codec.end_from_json(codec.end_to_json(canceled)) == canceled
    assert codec.entry_from_json(codec.entry_to_json(entry)) == entry


@pytest.mark.parametrize("kind", FeedbackKind)
def test_every_kind_of_answer_survives(kind: FeedbackKind) -> None:
    feedback = said(kind, 2, 0, skip_reason=SkipReason.BAD_IMAGE)
    entry = LogEntry("feedback", 9, 5, feedback)

    assert codec.entry_from_json(codec.entry_to_json(entry)) == entry


def test_what_an_older_release_stored_is_still_read() -> None:
    session = a_session(effective=(0,))
    body = json.loads(codec.session_to_json(session))
    for added in ("undone", "prior", "n_skipped", "forked_from"):
        del body[added]
    feedback = {"chosen": 1, "shown": [2, 1], "request_id": "r"}
    entry = {"schema": 1, "kind": "feedback", "time_ms": 9, "round": 0}
    line = {**entry, "feedback": {**feedback, "response_time_ms": None}}

    read = codec.entry_from_json(json.dumps(line))

    assert codec.session_from_json(json.dumps({**body, "schema": 1}), rev=1) == session
    assert read.feedback == said(
        FeedbackKind.CHOSEN, 1, shown=(2, 1), response_time_ms=None
    )


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
