"""What passes through the ports is counted, once it has happened."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from multibo.optimizer.adapters.metered import (
    RepublishingFleet,
    metered_engine,
    metered_store,
)
from multibo.optimizer.preference.design import sobol_slate
from multibo.optimizer.preference.slate import Proposal, ProposalRequest
from multibo.telemetry.metrics import Meter
from tests.support.builders import NAME, a_slate, jobs_of
from tests.support.fakes import an_app
from tests.support.legal_requests import a_request
from tests.support.wire import serving


@dataclass
class Degraded:
    """Never gets to propose."""

    reason: str

    async def propose(self, request: ProposalRequest, *, timeout_s: float) -> Proposal:
        return sobol_slate(request, degraded=self.reason)


async def test_a_session_leaves_its_marks() -> None:
    meter, app = Meter(), an_app()
    app = replace(
        app,
        store=metered_store(app.store, meter),
        engine=metered_engine(app.engine, meter),
    )

    async with serving(app) as wire:
        request = a_request("CreateSession")
        request.session_id = "here"
        for _ in range(2):
            await wire.sessions.CreateSession(request)
        await wire.rounds.ProposeRound(a_request("ProposeRound", session="here"))
        feedback = a_request("SubmitFeedback", session="here")
        for _ in range(2):
            await wire.rounds.SubmitFeedback(feedback)

    text = meter.exposition().decode()
    assert "multibo_sessions_created_total 1.0" in text
    assert "multibo_rounds_proposed_total 1.0" in text
    assert 'multibo_feedback_total{kind="chosen"} 1.0' in text
    assert "multibo_propose_duration_seconds_count 1.0" in text
    assert "multibo_slates_degraded_total{" not in text


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("the preference engine is starting", "starting"),
        ("no answer within 10 s", "timeout"),
        ("the preference model failed: singular matrix", "failure"),
        ("an answer of type Ready came back", "other"),
    ],
)
async def test_a_degraded_slate_is_counted_by_kind(reason: str, kind: str) -> None:
    meter = Meter()
    inner: Any = Degraded(reason)
    request = ProposalRequest(dimension=4, k=4, seed=1, history=())

    await metered_engine(inner, meter).propose(request, timeout_s=1)

    series = f'multibo_slates_degraded_total{{reason="{kind}"}} 1.0'
    assert series in meter.exposition().decode()


async def test_rows_pushed_again_are_counted() -> None:
    meter, app = Meter(), an_app(renders=False)
    fleet = RepublishingFleet(app.fleet, meter)

    await fleet.wake(NAME, jobs_of(a_slate()))

    assert (await fleet.readiness("avatars")).n_workers == 1
    assert "multibo_rows_republished_total 4.0" in meter.exposition().decode()
