from __future__ import annotations

from multibo.optimizer.session.history import FEEDBACK, FINISH, fold
from multibo.optimizer.session.model import LogEntry
from tests.support.builders import a_slate, a_spec, a_warp, chosen


def entry(number: int, slot: int, shown: tuple[int, ...] = (0, 1, 2, 3)) -> LogEntry:
    return LogEntry(FEEDBACK, number, number, chosen(slot, shown))


def test_only_feedback_is_folded_and_in_order() -> None:
    slates = {0: a_slate(0), 1: a_slate(1)}

    history = fold([entry(0, 2), entry(1, 0), LogEntry(FINISH, 3)], slates)

    assert [judged.slate.number for judged in history.judged] == [0, 1]
    assert [judged.choice for judged in history.judged] == [2, 0]


def test_an_unseen_candidate_is_not_part_of_the_answer() -> None:
    history = fold([entry(0, 3, shown=(3, 1))], {0: a_slate(0)})

    judged = history.judged[0]

    assert [candidate.warp for candidate in judged.shown] == [a_warp(3), a_warp(1)]
    assert judged.choice == 0


def test_the_digest_changes_with_the_answer_the_spec_and_the_engine() -> None:
    slates = {0: a_slate(0)}
    one, other = fold([entry(0, 2)], slates), fold([entry(0, 1)], slates)
    spec = a_spec()

    digests = {
        one.digest(spec, "engine@1"),
        one.digest(spec, "engine@2"),
        one.digest(a_spec(prompt="voxel portrait"), "engine@1"),
        other.digest(spec, "engine@1"),
    }

    assert len(digests) == 4
    assert one.digest(spec, "engine@1") == fold([entry(0, 2)], slates).digest(
        spec, "engine@1"
    )
