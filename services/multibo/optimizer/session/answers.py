"""What makes an answer one that this round could have got."""

from __future__ import annotations

from typing import Final

from multibo.optimizer.session.errors import FeedbackInvalidError
from multibo.optimizer.session.model import Feedback, FeedbackKind, Round

_MIN_SHOWN: Final = {
    FeedbackKind.CHOSEN: 2,
    FeedbackKind.RANKING: 2,
    FeedbackKind.TIE: 2,
    FeedbackKind.NONE_OF_THESE: 1,
    FeedbackKind.SKIP: 0,
}
_LISTS: Final = frozenset({FeedbackKind.RANKING, FeedbackKind.TIE})


def check_feedback(round: Round, feedback: Feedback) -> None:
    """Refuse an answer about what nobody saw; never repair it.

    Args:
        round: the round with its jobs.
        feedback: what the person said.

    Raises:
        FeedbackInvalidError: naming the field at fault.
    """
    _check_shown(round, feedback)
    kind, slots = feedback.kind, feedback.slots
    field = f"feedback.{kind}" + (".slots" if kind in _LISTS else "")
    if kind in _LISTS and len(slots) < 2:
        raise FeedbackInvalidError(field, "needs at least two slots")
    if len(set(slots)) != len(slots):
        raise FeedbackInvalidError(field, "names a slot twice")
    strangers = sorted(set(slots) - set(feedback.shown))
    if strangers:
        raise FeedbackInvalidError(
            field, f"{strangers} is not one of the shown slots"
        )


def _check_shown(round: Round, feedback: Feedback) -> None:
    shown, needed = feedback.shown, _MIN_SHOWN[feedback.kind]
    if len(shown) < needed:
        raise FeedbackInvalidError("feedback.shown", f"needs {needed} slots or more")
    if len(set(shown)) != len(shown):
        raise FeedbackInvalidError("feedback.shown", "names a slot twice")
    unseen = sorted(set(shown) - round.ready)
    if unseen:
        raise FeedbackInvalidError(
            "feedback.shown", f"slots {unseen} have no picture, so nobody saw them"
        )
