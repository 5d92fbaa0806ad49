"""Two calls of one command at the same time: the one that loses replays the winner."""

from __future__ import annotations

from multibo.optimizer.app.ports import App
from multibo.optimizer.app.values import RequestKey
from multibo.optimizer.session.errors import SessionError
from multibo.optimizer.session.model import Session


async def reply_of_twin(
    app: App, session: Session, key: RequestKey, refusal: SessionError
) -> bytes | None:
    """Return what a command refused by the session's rules has to answer.

    Session and round are two reads: a twin may commit between them, and the rules
    then refuse a mixture that never was.

    Args:
        app: the ports.
        session: as read before the refusal.
        key: the command's id and digest.
        refusal: what the rules said.

    Returns:
        The twin's reply; None if the session moved on, so that the rules have to
        be asked again.

    Raises:
        SessionError: the refusal, if the session is still the one that was read.
    """
    replayed = await app.store.replay(session.name, key)
    if replayed is not None:
        return replayed
    if (await app.store.read(session.name)).rev == session.rev:
        raise refusal
    return None
