"""Refusals of the session's own rules; each docstring says what the caller does."""

from __future__ import annotations


class SessionError(Exception):
    """Base of every refusal of a session rule."""


class FieldInvalidError(SessionError):
    """A field of the command is out of range; fix the call."""

    def __init__(self, field: str, description: str) -> None:
        super().__init__(f"{field}: {description}")
        self.field = field
        self.description = description


class FeedbackInvalidError(SessionError):
    """The feedback does not fit what was shown; refetch the round, show it again."""

    def __init__(self, field: str, description: str) -> None:
        super().__init__(f"{field}: {description}")
        self.field = field
        self.description = description


class EtagMismatchError(SessionError):
    """The session moved on; refetch, show, let the person decide again."""

    def __init__(self, *, given: str, current: str) -> None:
        super().__init__(f"etag {given!r} is stale; the session is at {current!r}")
        self.given = given
        self.current = current


class RoundNotOpenError(SessionError):
    """The round takes no feedback; refetch the session."""

    def __init__(self, *, given: int, current: int | None, state: str) -> None:
        super().__init__(
            f"round {given} is {state}; "
            + (f"round {current} is open" if current is not None else "none is open")
        )
        self.given = given
        self.current = current
        self.state = state


class SessionFinishedError(SessionError):
    """The session is read-only; offer a fork."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is finished")
        self.name = name


class BudgetSpentError(SessionError):
    """No round or image is left; show the recommendation, finish or fork."""

    def __init__(self, *, spent: int, budget: int, unit: str) -> None:
        super().__init__(f"{spent} of {budget} {unit} are spent")
        self.spent = spent
        self.budget = budget
        self.unit = unit


class CandidateNotReadyError(SessionError):
    """The candidate has no picture yet; wait for its event."""

    def __init__(self, name: str, *, state: str) -> None:
        super().__init__(f"{name} is {state}")
        self.name = name
        self.state = state


class NothingToUndoError(SessionError):
    """No feedback counts; disable the button."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} has no feedback to undo")
        self.name = name


class NothingToRedoError(SessionError):
    """Nothing was undone since the last feedback; disable the button."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} has no feedback to redo")
        self.name = name


class NoFeedbackYetError(SessionError):
    """Nothing was answered yet; wait for the first answer."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} has no feedback yet")
        self.name = name


class DocumentUnreadableError(SessionError):
    """A stored session cannot be read: damaged, or written by a newer version."""
