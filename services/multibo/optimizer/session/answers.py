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
    check_answered(feedback, round.ready)


def check_answered(feedback: Feedback, ready: frozenset[int]) -> None:
    """Refuse an answer that does not fit what could be seen.

    Args:
        feedback: what the person said.
        ready: slots that had a picture.

    Raises:
        FeedbackInvalidError: naming the field at fault.
    """
    _check_shown(feedback, ready)
    kind, slots = feedback.kind, feedback.slots
    field = f"feedback.{kind}" + (".slots" if kind in _LISTS else "")
    if kind in _LISTS and len(slots) < 2:
        raise FeedbackInvalidError(field, "needs at least two slots")
    if kind is FeedbackKind.CHOSEN and len(slots) != 1:
        raise FeedbackInvalidError(field, "names one slot")
    if len(set(slots)) != len(slots):
        raise FeedbackInvalidError(field, "names a slot twice")
    strangers = sorted(set(slots) - set(feedback.shown))
    if strangers:
        raise FeedbackInvalidError(field, f"{strangers} is not one of the shown slots")


def _check_shown(feedback: Feedback, ready: frozenset[int]) -> None:
    shown, needed = feedback.shown, _MIN_SHOWN[feedback.kind]
    if len(shown) < needed:
        raise FeedbackInvalidError("feedback.shown", f"needs {needed} slots or more")
    if len(set(shown)) != len(shown):
        raise FeedbackInvalidError("feedback.shown", "names a slot twice")
    unseen = sorted(set(shown) - ready)
    if unseen:
        raise FeedbackInvalidError(
            "feedback.shown", f"slots {unseen} have no picture, so nobody saw them"
        )
