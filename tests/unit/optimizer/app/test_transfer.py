"""A session leaves as a document and comes back as one that goes on alike."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from multibo.jobs.errors import UnknownModelError
from multibo.jobs.job import JobState
from multibo.optimizer.app import document, transfer
from multibo.optimizer.app.document import Document
from multibo.optimizer.app.errors import (
    DocumentInvalidError,
    ExportTooLargeError,
    RequestIdConflictError,
    SessionExistsError,
    SessionNotFoundError,
)
from multibo.optimizer.app.transfer import ImportSession
from multibo.optimizer.session.ids import SessionName
from multibo.optimizer.session.model import (
    Candidate,
    FeedbackKind,
    LogEntry,
    RoundState,
    Slate,
)
from tests.support.builders import a_session, a_spec, an_image, said
from tests.support.digest_engine import DigestEngine
from tests.support.driver import Driver, encoded
from tests.support.fakes import an_app

OTHER = SessionName("elsewhere", "the-import")
EVERYTHING = ("choose", "variety", "rank", "skip", "tie", "cancel", "none", "undo")
Damage = Callable[[dict[str, Any]], object]


async def a_driver(*actions: str) -> Driver:
    driver = Driver(an_app(engine=DigestEngine()))
    await driver.create(labels=(("team", "a"),))
    for action in actions:
        await driver.do(action)
    return driver


async def imported(driver: Driver, data: bytes, digest: str = "") -> Driver:
    command = ImportSession(OTHER.project, OTHER.session, data, digest)
    await transfer.import_session(driver.app, command, driver.key(), encoded)
    return replace(driver, name=OTHER)


async def exported(driver: Driver) -> Document:
    return await transfer.export_session(driver.app, driver.name)


@pytest.mark.parametrize("n", range(len(EVERYTHING) + 1))
async def test_equal_histories_lead_to_equal_slates(n: int) -> None:
    source = await a_driver(*EVERYTHING[:n])
    before = await source.snapshot()
    out = await exported(source)

    copy = await imported(await a_driver(), out.data, out.digest)

    assert await copy.next_plan() == before[2]
    assert await source.snapshot() == before
    session = await copy.session()
    assert session.spec == (await source.session()).spec
    assert session.forked_from is None


async def test_a_document_survives_the_journey_there_and_back() -> None:
    source = await a_driver(*EVERYTHING[:-1])
    copy = await imported(await a_driver(), (await exported(source)).data)
    out, back = await exported(source), await exported(copy)

    first, second = (document.parsed(one.data, one.digest) for one in (out, back))
    assert second.past.answered == first.past.answered
    assert second.spec == first.spec


async def test_an_imported_round_is_rendered_again_when_undo_opens_it() -> None:
    source = await a_driver("choose", "rank")
    copy = await imported(await a_driver(), (await exported(source)).data)
    states = {job.state for job in (await copy.round(1)).jobs}

    await copy.undo()

    assert states == {JobState.CANCELLED}
    assert (await copy.round(1)).state is RoundState.OPEN


async def test_a_document_names_its_images_and_nothing_unanswered() -> None:
    source = await a_driver("choose", "cancel", "rank", "propose")

    out = await exported(source)

    content = json.loads(out.data)
    assert [slate["number"] for slate in content["slates"]] == [0, 2]
    assert content["images"]["2/3"] == an_image(3).digest
    assert len(content["images"]) == 8
    assert out.digest == hashlib.sha256(out.data).hexdigest()
    assert out.data == (await exported(source)).data


async def test_a_session_is_imported_once_however_often_it_is_asked_for() -> None:
    driver = await a_driver("choose")
    data, key = (await exported(driver)).data, driver.key()
    command = ImportSession(OTHER.project, OTHER.session, data, "")

    first = await transfer.import_session(driver.app, command, key, encoded)
    again = await transfer.import_session(driver.app, command, key, encoded)

    assert first == again
    with pytest.raises(RequestIdConflictError):
        await transfer.import_session(
            driver.app, command, replace(key, digest="x"), encoded
        )
    with pytest.raises(SessionExistsError):
        await imported(driver, data)
    with pytest.raises(SessionNotFoundError):
        await transfer.export_session(driver.app, SessionName("local", "nobody"))


def put(*path: Any, value: object) -> Damage:
    def damage(content: Any) -> None:
        for step in path[:-1]:
            content = content[step]
        content[path[-1]] = value

    return damage


CANDIDATE = ("slates", 0, "candidates", 1)
FEEDBACK = ("log", 0, "feedback")
DAMAGES: dict[str, Damage] = {
    "format": put("format", value="zip"),
    "schema": put("schema", value=99),
    "prompt": put("spec", "prompt", value=""),
    "lone surrogate": put("spec", "prompt", value="\ud800"),
    "k": put("spec", "k", value=3),
    "k as text": put("spec", "k", value="4"),
    "size": put("spec", "width_px", value=100_000),
    "revision": put("spec", "revision", value="99"),
    "dimension": put("spec", "dimension", value=8),
    "field": put("spec", "extra", value=1),
    "no spec": put("spec", value=None),
    "rounds": put("spec", "rounds", value=1),
    "role": put(*CANDIDATE, "role", value="KING"),
    "warp outside": put(*CANDIDATE, "warp", 0, value=4_097),
    "warp short": put(*CANDIDATE, "warp", value=[0]),
    "warp of floats": put(*CANDIDATE, "warp", 0, value=0.5),
    "seed": put(*CANDIDATE, "base_seed", value=3),
    "probability": put(*CANDIDATE, "win_probability", value=1.5),
    "not a number": put(*CANDIDATE, "utility_mean", value=float("nan")),
    "deviation": put(*CANDIDATE, "utility_sd", value=-1),
    "slot": put(*CANDIDATE, "slot", value=0),
    "number": put("slates", 0, "number", value=-1),
    "name too long": put("slates", 0, "number", value=1_000_000),
    "time": put("slates", 0, "create_time_ms", value=-5),
    "huge": put("slates", 0, "create_time_ms", value=10**30),
    "long": put("slates", 0, "degraded", value="x" * 1_001),
    "slates": put("slates", value={}),
    "no slate": put("slates", value=[]),
    "shown": put(*FEEDBACK, "shown", value=[0, 9]),
    "kind": put(*FEEDBACK, "kind", value="hate"),
    "slots": put(*FEEDBACK, "slots", value=[0, 1]),
    "response": put(*FEEDBACK, "response_time_ms", value=-1),
    "entry": put("log", 0, "time_ms", value="noon"),
    "entry time": put("log", 0, "time_ms", value=-1),
    "log": put("log", value=[{"schema": 2, "kind": "undo"}]),
    "twice": lambda content: content["log"].append(content["log"][0]),
    "undo": lambda content: content["log"].extend(
        [{**content["log"][0], "kind": "undo", "feedback": None}] * 3
    ),
    "prior": put("prior", value=[0.5]),
    "prior text": put("prior", value=["a"] * 17),
    "prior infinite": put("prior", value=[float("inf")] * 17),
    "prior huge": put("prior", value=[10**400] * 17),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
async def test_a_document_no_session_could_have_is_refused(damage: Damage) -> None:
    driver = await a_driver("choose", "rank")
    content = json.loads((await exported(driver)).data)
    damage(content)

    with pytest.raises(DocumentInvalidError):
        await imported(driver, json.dumps(content).encode())

    with pytest.raises(SessionNotFoundError):
        await driver.app.store.read(OTHER)


@pytest.mark.parametrize(
    "data",
    [
        b"\xff",
        b"{}",
        b"[]",
        b"null",
        b"7",
        b"[" * 100_000,
        b'{"schema":1}',
        b"9" * 9_999,
    ],
    ids=range(8),
)
async def test_what_is_no_document_is_refused(data: bytes) -> None:
    driver = await a_driver()

    with pytest.raises(DocumentInvalidError):
        await imported(driver, data)


async def test_a_document_of_another_digest_or_model_is_refused() -> None:
    driver = await a_driver("choose")
    out = await exported(driver)
    content = json.loads(out.data)
    content["spec"]["model"] = "huge"

    with pytest.raises(DocumentInvalidError, match="digest"):
        await imported(driver, out.data, "0" * 64)
    with pytest.raises(UnknownModelError):
        await imported(driver, json.dumps(content).encode())


def a_long_slate(seed: int) -> tuple[Candidate, ...]:
    directions = tuple(2**63 - 2 - n for n in range(32))
    vector = (-4_095,) * 32
    return tuple(
        Candidate(
            *(slot, seed, vector, "EXPLOIT", -1 / 3, -1 / 3, 1 / 3),
            directions=directions,
        )
        for slot in range(8)
    )


def a_long_session(n_rounds: int) -> Document:
    """The most that fits: every number at its longest, every round of the budget."""
    spec = a_spec(
        prompt="ä" * 1_000,
        negative_prompt="ä" * 1_000,
        dimension=32,
        k=8,
        rounds=200,
        images=10_000,
        base_seed=2**63 - 1,
        labels=tuple((f"key-{n}", "v" * 64) for n in range(16)),
        warp_space="search-0-32@1",
        warp_family="plain-0@1",
        n_noise=32,
        noise_angle=1 / 3,
        casting_rounds=50,
        control_share=1 / 3,
    )
    candidates = a_long_slate(spec.base_seed)
    slates = [
        Slate(n, n, candidates, "choice-gp@2", "", 10_000, 1_800_000_000_000)
        for n in range(n_rounds)
    ]
    ranking = said(
        FeedbackKind.RANKING,
        *range(8),
        shown=tuple(range(8)),
        request_id="a" * 36,
        response_time_ms=3_600_000,
    )
    log = [LogEntry("feedback", 1_800_000_000_000, n, ranking) for n in range(n_rounds)]
    images = {f"{n}/{slot}": "f" * 64 for n in range(n_rounds) for slot in range(8)}
    session = a_session(spec=spec, prior=(-1 / 3,) * 33)
    return document.written(session, log, slates, images)


def test_the_largest_legal_session_fits_into_a_message() -> None:
    out = a_long_session(200)

    assert len(out.data) < document.MAX_BYTES < 1 << 20


def test_more_than_fits_into_a_message_is_refused() -> None:
    with pytest.raises(ExportTooLargeError) as refused:
        a_long_session(600)

    assert refused.value.limit_bytes == document.MAX_BYTES
