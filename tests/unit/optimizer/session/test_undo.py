from __future__ import annotations

from dataclasses import replace

import pytest

from multibo.optimizer.session.errors import (
    NothingToRedoError,
    NothingToUndoError,
    SessionFinishedError,
)
from multibo.optimizer.session.model import SessionState
from multibo.optimizer.session.undo import redo, undo
from tests.support.builders import a_session, a_spec


def test_undo_reopens_the_last_answered_round() -> None:
    session = a_session(effective=(0, 2), current_round=3, next_round=4)

    after = undo(session, skipped=False, now_ms=9)

    assert (after.effective, after.current_round) == ((0,), 2)
    assert (after.rev, after.update_time_ms) == (session.rev + 1, 9)
    assert (after.can_undo, after.can_redo) == (True, True)


def test_redo_is_the_inverse_of_undo_any_number_of_times() -> None:
    session = a_session(effective=(0, 2, 5), n_skipped=1, current_round=6)

    there = undo(session, skipped=False, now_ms=1)
    there = undo(there, skipped=True, now_ms=2)
    back = redo(redo(there, now_ms=3), now_ms=4)

    assert there.n_skipped == 0
    assert replace(back, rev=session.rev, update_time_ms=1_000) == session


def test_undo_makes_room_in_a_spent_budget_and_redo_spends_it_again() -> None:
    session = a_session(
        spec=a_spec(rounds=1), effective=(0,), state=SessionState.EXHAUSTED
    )

    undone = undo(session, skipped=False, now_ms=1)

    assert undone.state is SessionState.ACTIVE
    assert redo(undone, now_ms=2).state is SessionState.EXHAUSTED


def test_there_has_to_be_something_to_take_or_bring_back() -> None:
    session = a_session()

    assert (session.can_undo, session.can_redo) == (False, False)
    with pytest.raises(NothingToUndoError):
        undo(session, skipped=False, now_ms=1)
    with pytest.raises(NothingToRedoError):
        redo(session, now_ms=1)


def test_a_finished_session_goes_neither_back_nor_forth() -> None:
    undone = undo(a_session(effective=(0, 1)), skipped=False, now_ms=1)
    finished = replace(undone, state=SessionState.FINISHED)

    assert (finished.can_undo, finished.can_redo) == (False, False)
    with pytest.raises(SessionFinishedError):
        undo(finished, skipped=False, now_ms=1)
    with pytest.raises(SessionFinishedError):
        redo(finished, now_ms=1)
