"""The engine in a process of its own: degraded answers, restarts, no leftovers."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from threadpoolctl import threadpool_limits

from multibo.optimizer.adapters.engine_process import EngineProcess
from multibo.optimizer.preference import engine as direct
from multibo.optimizer.preference.engine import ProposalRequest
from multibo.optimizer.preference.errors import InvalidRequestError
from tests.support.histories import a_history, a_mixed_history

PARENT = """
import asyncio
from multibo.optimizer.adapters.engine_process import EngineProcess

async def main():
    engine = EngineProcess()
    await engine.start()
    print(engine.pid, flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""
HISTORY = a_history(16, 10)
REQUEST = ProposalRequest(16, 4, 3, HISTORY)
LONG = ProposalRequest(32, 4, 3, a_history(32, 120))
"""Keeps the child busy for about a second."""


@pytest.fixture
async def engine() -> AsyncIterator[EngineProcess]:
    process = EngineProcess()
    await process.start()
    yield process
    await process.stop()


def is_running(pid: int) -> bool:
    """Return whether a process is there and not a zombie."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except FileNotFoundError:
        return False
    return status.rsplit(")", 1)[1].split()[0] != "Z"


async def until(condition: Callable[[], bool], *, within_s: float) -> None:
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.02)


async def test_the_process_proposes_recommends_and_leaves_nothing_behind() -> None:
    engine = EngineProcess()
    await engine.start()
    pid = engine.pid

    proposal = await engine.propose(REQUEST, timeout_s=30)
    recommendation = await engine.recommend(16, HISTORY, timeout_s=30)
    await engine.stop()

    assert (proposal.degraded, recommendation.degraded) == ("", "")
    assert len(proposal.candidates) == 4
    assert proposal.candidates[0].warp == recommendation.shown.warp
    assert pid is not None
    assert not is_running(pid)
    assert (engine.ready, engine.pid) == (False, None)


async def test_a_slate_that_needs_no_model_needs_no_child() -> None:
    request = ProposalRequest(16, 4, 3)

    proposal = await EngineProcess().propose(request, timeout_s=1)

    assert proposal == direct.propose(request)
    assert proposal.degraded == ""


async def test_before_the_start_slates_are_degraded() -> None:
    engine = EngineProcess()

    proposal = await engine.propose(REQUEST, timeout_s=30)
    recommendation = await engine.recommend(16, HISTORY, timeout_s=30)

    assert "starting" in proposal.degraded
    assert "starting" in recommendation.degraded
    assert len({candidate.warp for candidate in proposal.candidates}) == 4


async def test_the_process_answers_as_the_engine_does(engine: EngineProcess) -> None:
    history = a_mixed_history(4, 9, seed=3)
    slate = history[-1].shown
    prior = await engine.prior_of(4, history, timeout_s=30)

    advice = await engine.advise(4, history, prior, timeout_s=30)
    prediction = await engine.predict(4, 4, history, slate, prior, timeout_s=30)
    learned = await engine.preference_map(4, history, 1, None, prior, timeout_s=30)

    assert prior == direct.prior_of(4, history)
    # The child has one thread, and sums are added up in the order of the threads.
    with threadpool_limits(1):
        assert advice == direct.advise(4, history, prior)
        assert prediction == direct.predict(4, 4, history, slate, prior)
        assert learned == direct.preference_map(4, history, 1, None, prior)


async def test_before_the_start_all_but_the_prior_is_degraded() -> None:
    engine = EngineProcess()
    history = a_mixed_history(4, 5, seed=3)
    slate = history[-1].shown

    advice = await engine.advise(4, history, timeout_s=30)
    prediction = await engine.predict(4, 4, history, slate, timeout_s=30)
    learned = await engine.preference_map(4, history, timeout_s=30)

    assert "starting" in advice.degraded
    assert "starting" in prediction.degraded
    assert "starting" in learned.degraded
    assert not advice.stop
    assert len(learned.trace) == 5
    prior = await engine.prior_of(4, history, timeout_s=30)
    assert prior == direct.prior_of(4, history)


async def test_calls_of_many_sessions_are_all_answered(engine: EngineProcess) -> None:
    requests = [ProposalRequest(4, 4, n, a_history(4, 3, seed=n)) for n in range(12)]

    proposals = await asyncio.gather(
        *(engine.propose(request, timeout_s=60) for request in requests)
    )

    assert {proposal.degraded for proposal in proposals} == {""}
    assert len(set(proposals)) == 12


async def test_a_late_answer_is_replaced_and_its_successor_served(
    engine: EngineProcess,
) -> None:
    late = await engine.propose(LONG, timeout_s=0.05)

    served = await engine.propose(REQUEST, timeout_s=60)

    assert "no answer within 0.05 s" in late.degraded
    assert served.degraded == ""


async def test_a_fit_does_not_delay_the_event_loop(engine: EngineProcess) -> None:
    proposing = asyncio.create_task(engine.propose(LONG, timeout_s=60))

    n_turns = 0
    while not proposing.done():
        await asyncio.sleep(0.01)
        n_turns += 1

    assert n_turns >= 10


@pytest.mark.fault
async def test_a_child_killed_in_a_fit_costs_one_degraded_slate(
    engine: EngineProcess,
) -> None:
    before = await engine.propose(REQUEST, timeout_s=30)
    proposing = asyncio.create_task(engine.propose(LONG, timeout_s=60))
    await asyncio.sleep(0.1)
    assert engine.pid is not None

    os.kill(engine.pid, signal.SIGKILL)
    killed = await proposing
    meanwhile = await engine.propose(REQUEST, timeout_s=30)
    await until(lambda: engine.ready, within_s=30)
    after = await engine.propose(REQUEST, timeout_s=30)

    assert "restarts" in killed.degraded
    assert len(killed.candidates) == 4
    assert meanwhile.degraded != ""
    assert after == before


@pytest.mark.fault
async def test_an_idle_child_that_dies_is_replaced(engine: EngineProcess) -> None:
    first = engine.pid
    assert first is not None

    os.kill(first, signal.SIGKILL)
    await until(lambda: not engine.ready, within_s=10)
    await until(lambda: engine.ready, within_s=30)

    assert engine.pid != first
    assert (await engine.propose(REQUEST, timeout_s=30)).degraded == ""


@pytest.mark.fault
async def test_a_frozen_child_is_given_up() -> None:
    engine = EngineProcess(stuck_s=0.3)
    await engine.start()
    first = engine.pid
    assert first is not None

    os.kill(first, signal.SIGSTOP)
    proposal = await engine.propose(REQUEST, timeout_s=20)
    await until(lambda: engine.ready and engine.pid != first, within_s=30)
    await engine.stop()

    assert proposal.degraded != ""
    assert not is_running(first)


@pytest.mark.fault
def test_the_child_of_a_killed_parent_ends() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()

    deadline = time.monotonic() + 10
    while is_running(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_running(child)


async def test_an_illegal_request_is_refused_before_it_is_sent(
    engine: EngineProcess,
) -> None:
    with pytest.raises(InvalidRequestError):
        await engine.propose(ProposalRequest(16, 1, 0), timeout_s=1)


def test_the_parent_loads_no_torch() -> None:
    code = (
        "import sys, multibo.optimizer.adapters.engine_process;"
        "sys.exit('torch' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
