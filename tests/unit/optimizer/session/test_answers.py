from __future__ import annotations

import pytest

from multibo.optimizer.session.answers import check_answered
from multibo.optimizer.session.errors import FeedbackInvalidError
from multibo.optimizer.session.model import Feedback, FeedbackKind
from tests.support.builders import chosen, said

READY = frozenset({0, 1, 2, 3})
RANKING, TIE = FeedbackKind.RANKING, FeedbackKind.TIE
NONE, SKIP = FeedbackKind.NONE_OF_THESE, FeedbackKind.SKIP


@pytest.mark.parametrize(
    "feedback",
    [
        chosen(0, (0, 3)),
        said(RANKING, 3, 0),
        said(RANKING, 3, 0, 1, 2),
        said(TIE, 0, 1),
        said(TIE, 3, 2, 1, 0),
        said(NONE, shown=(2,)),
        said(SKIP, shown=()),
        said(SKIP, shown=(1,)),
    ],
)
def test_an_answer_about_what_was_seen_is_taken(feedback: Feedback) -> None:
    check_answered(feedback, READY)


@pytest.mark.parametrize(
    ("feedback", "field"),
    [
        (said(RANKING, 1), "feedback.ranking.slots"),
        (said(TIE, 1), "feedback.tie.slots"),
        (said(RANKING, 1, 1), "feedback.ranking.slots"),
        (said(TIE, 1, 3, shown=(0, 1, 2)), "feedback.tie.slots"),
        (said(RANKING, 0, 1, shown=(0,)), "feedback.shown"),
        (said(FeedbackKind.CHOSEN), "feedback.chosen"),
        (said(FeedbackKind.CHOSEN, 0, 1), "feedback.chosen"),
        (said(NONE, shown=()), "feedback.shown"),
        (said(NONE, shown=(1, 1)), "feedback.shown"),
        (said(SKIP, shown=(4,)), "feedback.shown"),
    ],
)
def test_an_answer_that_does_not_fit_names_its_field(
    feedback: Feedback, field: str
) -> None:
    with pytest.raises(FeedbackInvalidError) as refused:
        check_answered(feedback, READY)

    assert refused.value.field == field
