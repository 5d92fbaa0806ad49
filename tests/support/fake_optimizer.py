"""An optimizer that keeps the contract on the wire and knows nothing of pictures.

For tests of the page: real gRPC, real PNGs, no model, no Redis. What it was asked is
recorded, and refusals can be ordered ahead.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import grpc

from multibo.v1 import (
    event_pb2,
    image_service_pb2,
    image_service_pb2_grpc,
    insight_pb2,
    insight_service_pb2,
    insight_service_pb2_grpc,
    model_pb2,
    model_service_pb2,
    model_service_pb2_grpc,
    round_pb2,
    round_service_pb2,
    round_service_pb2_grpc,
    session_pb2,
    session_service_pb2,
    session_service_pb2_grpc,
)
from tests.support.drawn_faces import face_png
from tests.support.fake_session import (
    GONE,
    WATCH_LIMIT,
    FakeSession,
    Refusal,
    image_info,
    recorded,
    refuse,
)

EXAMPLES = (
    "comic portrait, brown long hair, light skin, blue background",
    "ink sketch portrait, curly hair, big smile",
    "voxel portrait, red hair, beard, green background",
    "flat persona portrait, black short hair, dark skin",
)
ADVICE = "Your answers agree, and little is left to gain: this may be the one."


class FakeOptimizer(
    session_service_pb2_grpc.SessionServiceServicer,
    round_service_pb2_grpc.RoundServiceServicer,
    insight_service_pb2_grpc.InsightServiceServicer,
    image_service_pb2_grpc.ImageServiceServicer,
    model_service_pb2_grpc.ModelServiceServicer,
):
    """Every method of the contract that the page calls, in memory."""

    def __init__(self, *, step_s: float = 0.02, steps: int = 5) -> None:
        self.step_s = step_s
        self.steps = steps
        self.lag_s = 0.01  # of what watches tell, behind what calls reply
        self.calls: list[tuple[str, Any]] = []
        self.sessions: dict[str, FakeSession] = {}
        self.forget()
        self._created: dict[str, FakeSession] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def forget(self) -> None:
        """Forget the calls and the orders, not the sessions."""
        self.calls.clear()
        self.refusals: dict[str, list[Refusal]] = {}
        self.failing: set[tuple[int, int]] = set()
        """(round, slot) of the candidates that cannot be drawn."""
        self.casting_rounds = 0
        """Of the sessions to come."""
        self.with_previews = False
        """Whether watches are shown half-drawn pictures, asked for or not."""
        self.silent = False
        """Whether watches are refused, so that only polling is left."""

    def requests(self, method: str) -> list[Any]:
        return [request for name, request in self.calls if name == method]

    def refuse(self, method: str, refusal: Refusal, times: int = 1) -> None:
        self.refusals.setdefault(method, []).extend([refusal] * times)

    @recorded
    async def ListModels(self, request: Any, context: Any) -> Any:  # noqa: N802
        model = model_pb2.Model(name="models/avatars", title="Avatars")
        model.examples.extend(EXAMPLES)
        return model_service_pb2.ListModelsResponse(models=[model])

    @recorded
    async def CreateSession(self, request: Any, context: Any) -> Any:  # noqa: N802
        known = self._created.get(request.request_id)
        if known is None:
            name = f"{request.parent}/sessions/s-{len(self.sessions) + 1}"
            session = session_pb2.Session(
                name=name, spec=request.spec, state="SESSION_STATE_ACTIVE"
            )
            session.spec.casting_rounds = self.casting_rounds
            known = FakeSession(session)
            self.sessions[name] = self._created[request.request_id] = known
        return session_service_pb2.CreateSessionResponse(session=known.session)

    @recorded
    async def GetSession(self, request: Any, context: Any) -> Any:  # noqa: N802
        known = await self._find(request.name, context)
        return session_service_pb2.GetSessionResponse(session=known.full())

    @recorded
    async def ListRounds(self, request: Any, context: Any) -> Any:  # noqa: N802
        known = await self._find(request.parent, context)
        return round_service_pb2.ListRoundsResponse(rounds=known.live_rounds)

    @recorded
    async def ProposeRound(self, request: Any, context: Any) -> Any:  # noqa: N802
        known = await self._find(request.parent, context)
        round = known.open_round or self._begin_round(known)
        return round_service_pb2.ProposeRoundResponse(round=round)

    @recorded
    async def RequestVariety(self, request: Any, context: Any) -> Any:  # noqa: N802
        known, left = await self._find_round(request.name, context)
        if request.request_id not in known.replies:
            left.state = round_pb2.ROUND_STATE_SKIPPED
            known.tell_round(left)
            varied = self._begin_round(known)
            reply = round_service_pb2.RequestVarietyResponse(round=varied)
            known.replies[request.request_id] = reply
        return known.replies[request.request_id]

    @recorded
    async def SubmitFeedback(self, request: Any, context: Any) -> Any:  # noqa: N802
        known, round = await self._find_round(request.name, context)
        if request.request_id not in known.replies:
            if round is not known.open_round:
                closed = Refusal(grpc.StatusCode.FAILED_PRECONDITION, "ROUND_NOT_OPEN")
                await refuse(context, closed)
            known.judge(round.number, request.feedback)
            reply = round_service_pb2.SubmitFeedbackResponse(
                round=round, session=known.session
            )
            known.replies[request.request_id] = reply
        return known.replies[request.request_id]

    @recorded
    async def UndoFeedback(self, request: Any, context: Any) -> Any:  # noqa: N802
        known = await self._step(request, context, FakeSession.undo)
        return session_service_pb2.UndoFeedbackResponse(session=known)

    @recorded
    async def RedoFeedback(self, request: Any, context: Any) -> Any:  # noqa: N802
        known = await self._step(request, context, FakeSession.redo)
        return session_service_pb2.RedoFeedbackResponse(session=known)

    async def _step(
        self, request: Any, context: Any, step: Callable[[FakeSession], None]
    ) -> session_pb2.Session:
        known = await self._find(request.name, context)
        if request.request_id not in known.replies:
            if request.etag != known.session.etag:
                behind = Refusal(grpc.StatusCode.ABORTED, "ETAG_MISMATCH")
                await refuse(context, behind)
            step(known)
            known.replies[request.request_id] = known.full()
        return known.replies[request.request_id]

    @recorded
    async def GetStoppingAdvice(self, request: Any, context: Any) -> Any:  # noqa: N802
        await self._find(request.name, context)
        advice = insight_pb2.StoppingAdvice(stop=True, reason=ADVICE)
        return insight_service_pb2.GetStoppingAdviceResponse(advice=advice)

    @recorded
    async def FinishSession(self, request: Any, context: Any) -> Any:  # noqa: N802
        known = await self._find(request.name, context)
        known.session.state = session_pb2.SESSION_STATE_FINISHED
        known.session.accepted_candidate = request.accepted_candidate
        return session_service_pb2.FinishSessionResponse(session=known.session)

    @recorded
    async def GetRecommendation(self, request: Any, context: Any) -> Any:  # noqa: N802
        known = await self._find(request.name, context)
        if not known.answered:
            early = Refusal(grpc.StatusCode.FAILED_PRECONDITION, "NO_FEEDBACK_YET")
            await refuse(context, early)
        last = known.rounds[known.answered[-1]]
        candidate = last.candidates[last.feedback.chosen]
        shown = insight_pb2.ShownRecommendation(candidate=candidate)
        recommendation = insight_pb2.Recommendation(shown=shown)
        return insight_service_pb2.GetRecommendationResponse(
            recommendation=recommendation
        )

    @recorded
    async def GetImage(self, request: Any, context: Any) -> Any:  # noqa: N802
        parent, _, rest = request.name.partition("/rounds/")
        number, _, slot = rest.partition("/candidates/")
        known = await self._find(parent, context)
        candidate = known.rounds[int(number)].candidates[int(slot)]
        return image_service_pb2.GetImageResponse(
            data=face_png(candidate.base_seed), image=candidate.image
        )

    async def WatchSession(  # noqa: N802
        self, request: Any, context: Any
    ) -> AsyncIterator[Any]:
        self.calls.append(("WatchSession", request))
        known = await self._find(request.name, context)
        if self.silent:
            await refuse(context, WATCH_LIMIT)
        at = int(request.cursor) if request.cursor else len(known.events)
        if not request.cursor:
            snapshot = event_pb2.SnapshotEvent(session=known.full())
            yield session_service_pb2.WatchSessionResponse(
                cursor=str(at), snapshot=snapshot
            )
        while not self.silent:
            # Events told while these are sent wait for the next turn.
            for event in (batch := known.events[at:]):
                yield event
            at += len(batch)
            await asyncio.sleep(self.lag_s)

    async def _find(self, name: str, context: Any) -> FakeSession:
        if name not in self.sessions:
            await refuse(context, GONE)
        return self.sessions[name]

    async def _find_round(self, name: str, context: Any) -> tuple[FakeSession, Any]:
        parent, _, number = name.partition("/rounds/")
        known = await self._find(parent, context)
        return known, known.rounds[int(number)]

    def _begin_round(self, known: FakeSession) -> round_pb2.Round:
        round = known.begin()
        task = asyncio.create_task(self._render(known, round))
        self._tasks.add(task)
        return round

    async def _render(self, known: FakeSession, round: round_pb2.Round) -> None:
        for candidate in round.candidates:
            if round.state != round_pb2.ROUND_STATE_RENDERING:
                return
            await self._draw(known, round, candidate)
        n_ready = sum(c.HasField("image") for c in round.candidates)
        if round.state == round_pb2.ROUND_STATE_RENDERING:
            open_, failed = round_pb2.ROUND_STATE_OPEN, round_pb2.ROUND_STATE_FAILED
            round.state = open_ if n_ready > 1 else failed
            known.tell_round(round)

    async def _draw(self, known: FakeSession, round: Any, candidate: Any) -> None:
        candidate.state = round_pb2.CANDIDATE_STATE_RENDERING
        known.tell_candidate(candidate)
        for step in range(1, self.steps + 1):
            await asyncio.sleep(self.step_s)
            known.tell_step(candidate, step, self.steps)
            if self.with_previews:
                known.tell_preview(candidate)
        if (round.number, candidate.slot) in self.failing:
            candidate.state = round_pb2.CANDIDATE_STATE_FAILED
            candidate.failure.reason = "out of memory"
        else:
            candidate.state = round_pb2.CANDIDATE_STATE_READY
            candidate.image.CopyFrom(image_info(face_png(candidate.base_seed)))
        known.tell_candidate(candidate)


@contextmanager
def serving(fake: FakeOptimizer) -> Iterator[str]:
    """Serve on a free port from a thread of its own; yields the gRPC target."""
    started: list[int] = []
    ready, stop = threading.Event(), threading.Event()

    async def serve() -> None:
        server = grpc.aio.server()
        session_service_pb2_grpc.add_SessionServiceServicer_to_server(fake, server)
        round_service_pb2_grpc.add_RoundServiceServicer_to_server(fake, server)
        insight_service_pb2_grpc.add_InsightServiceServicer_to_server(fake, server)
        image_service_pb2_grpc.add_ImageServiceServicer_to_server(fake, server)
        model_service_pb2_grpc.add_ModelServiceServicer_to_server(fake, server)
        started.append(server.add_insecure_port("127.0.0.1:0"))
        await server.start()
        ready.set()
        while not stop.is_set():
            await asyncio.sleep(0.05)
        await server.stop(None)

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield f"127.0.0.1:{started[0]}"
    finally:
        stop.set()
        thread.join(10)
