"""Sessions to measure on: played, and made long without playing them."""

from __future__ import annotations

import asyncio
import json
import random
import time
import uuid
from dataclasses import dataclass
from typing import Any

import grpc
from rig_measure import SEED

from multibo.v1 import (
    image_service_pb2_grpc,
    round_pb2,
    round_service_pb2,
    round_service_pb2_grpc,
    session_pb2,
    session_service_pb2,
    session_service_pb2_grpc,
)

PROMPT = "comic portrait, brown long hair"
_POLL_S = 0.003


@dataclass(frozen=True, slots=True)
class Stubs:
    """The services of one replica."""

    sessions: Any
    rounds: Any
    images: Any

    @classmethod
    def over(cls, channel: grpc.aio.Channel) -> Stubs:
        """Return the services behind a channel.

        Args:
            channel: to a replica.
        """
        return cls(
            session_service_pb2_grpc.SessionServiceStub(channel),
            round_service_pb2_grpc.RoundServiceStub(channel),
            image_service_pb2_grpc.ImageServiceStub(channel),
        )


async def created(stubs: Stubs, *, rounds: int = 200, images: int = 2000) -> str:
    """Create a session and return its name.

    Args:
        stubs: of a replica.
        rounds: its budget.
        images: its budget of images.
    """
    # Without casting: every slate is the engine's, and every answer counts.
    spec = session_pb2.SessionSpec(
        prompt=PROMPT, rounds=rounds, images=images, casting_rounds=0
    )
    reply = await stubs.sessions.CreateSession(
        session_service_pb2.CreateSessionRequest(
            parent="projects/local", spec=spec, request_id=str(uuid.uuid4())
        )
    )
    return str(reply.session.name)


async def opened(stubs: Stubs, name: str) -> Any:
    """Propose a round and return it once it can be judged.

    Args:
        stubs: of a replica.
        name: the session.
    """
    request = round_service_pb2.ProposeRoundRequest(parent=name)
    round = (await stubs.rounds.ProposeRound(request)).round
    return await ended(stubs, round)


async def ended(stubs: Stubs, round: Any) -> Any:
    """Return a round once nothing of it is rendered any more.

    Args:
        stubs: of a replica.
        round: as received.
    """
    while round.state == round_pb2.ROUND_STATE_RENDERING:
        await asyncio.sleep(_POLL_S)
        request = round_service_pb2.GetRoundRequest(name=round.name)
        round = (await stubs.rounds.GetRound(request)).round
    return round


def answer(round: str, slot: int) -> Any:
    """Return a fresh answer to a round that shows four images.

    Args:
        round: its name.
        slot: what is chosen.
    """
    request = round_service_pb2.SubmitFeedbackRequest(
        name=round, request_id=str(uuid.uuid4())
    )
    request.feedback.chosen = slot
    request.feedback.shown.extend(range(4))
    return request


async def played(stubs: Stubs, name: str, n_rounds: int) -> None:
    """Judge some rounds.

    Args:
        stubs: of a replica.
        name: the session.
        n_rounds: how many.
    """
    for n in range(n_rounds):
        round = await opened(stubs, name)
        await stubs.rounds.SubmitFeedback(answer(round.name, n % 4))


async def document_of(stubs: Stubs, name: str) -> dict[str, Any]:
    """Return a session as a document.

    Args:
        stubs: of a replica.
        name: the session.
    """
    request = session_service_pb2.ExportSessionRequest(name=name)
    reply = await stubs.sessions.ExportSession(request)
    document: dict[str, Any] = json.loads(reply.document)
    return document


async def imported(stubs: Stubs, document: dict[str, Any]) -> str:
    """Create a session from a document and return its name.

    Args:
        stubs: of a replica.
        document: of any length.
    """
    reply = await stubs.sessions.ImportSession(
        session_service_pb2.ImportSessionRequest(
            parent="projects/local",
            document=json.dumps(document).encode(),
            request_id=str(uuid.uuid4()),
        )
    )
    return str(reply.session.name)


def lengthened(document: dict[str, Any], n_rounds: int) -> dict[str, Any]:
    """Return a document that goes on, with rounds like its last one.

    Their warps are drawn at random: the model has as much to learn from them as from
    rounds that were played.

    Args:
        document: with one judged round or more.
        n_rounds: judged rounds of the result.
    """
    numbers = random.Random(SEED)
    log, slates = list(document["log"]), list(document["slates"])
    for n in range(len(log), n_rounds):
        candidates = [
            {**one, "warp": [numbers.randint(-4096, 4096) for _ in one["warp"]]}
            for one in slates[-1]["candidates"]
        ]
        slates.append(
            {**slates[-1], "number": n, "ordinal": n, "candidates": candidates}
        )
        feedback = {
            **log[-1]["feedback"],
            "request_id": str(uuid.uuid4()),
            "slots": [numbers.randrange(4)],
        }
        log.append({**log[-1], "round": n, "feedback": feedback})
    return {**document, "log": log, "slates": slates, "images": {}}


def varied(document: dict[str, Any], variant: int) -> dict[str, Any]:
    """Return a document whose last answers are others.

    Args:
        document: with four judged rounds or more.
        variant: which, in 0..255.
    """
    log = list(document["log"])
    for place in range(1, 5):
        slot = (variant >> 2 * (place - 1)) % 4
        feedback = {**log[-place]["feedback"], "slots": [slot]}
        log[-place] = {**log[-place], "feedback": feedback}
    return {**document, "log": log}


class Judge:
    """Answers the same round again and again: each answer is undone."""

    def __init__(self, stubs: Stubs, name: str, round: str) -> None:
        """Take an open round.

        Args:
            stubs: of a replica.
            name: the session.
            round: its open round.
        """
        self._stubs = stubs
        self._name = name
        self._round = round
        self.reply_bytes = 0
        """Size of the last acknowledgment."""

    async def submit(self) -> float:
        """Return the seconds of an acknowledgment; undo it."""
        request = answer(self._round, 1)
        began = time.perf_counter()
        reply = await self._stubs.rounds.SubmitFeedback(request)
        spent_s = time.perf_counter() - began
        self.reply_bytes = reply.ByteSize()
        undo = session_service_pb2.UndoFeedbackRequest(
            name=self._name, etag=reply.session.etag, request_id=str(uuid.uuid4())
        )
        await self._stubs.sessions.UndoFeedback(undo)
        return spent_s
