"""Rows and batches as spans; the leases and the pipeline below are fakes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from multibo.jobs.job import ImageRef, RenderJob
from multibo.jobs.spec import RenderSpec
from multibo.render.leases import Claim, Verdict
from multibo.render.traced import OPEN_ROWS, traced_parts, traced_turn
from tests.support.builders import a_render_spec, an_image
from tests.support.collector import tracing_in_memory

ASKED = f"00-{'ab' * 16}-{'cd' * 8}-01"


@dataclass
class FakeLeases:
    """Gives every row; what is still its own, the test says."""

    ours: bool = True
    verdict: Verdict = Verdict.MINE
    told: list[str] = field(default_factory=list)

    def claim(self, reference: str) -> Claim | None:
        if not reference:
            return None
        job = RenderJob(0, int(reference), a_render_spec(), attempt=1, trace=ASKED)
        return Claim(reference, "local/mine", job)

    def renew(self, claims: Sequence[Claim], **_steps: int) -> list[Verdict]:
        return [self.verdict for _ in claims]

    def ready(self, claim: Claim, image: ImageRef, *_others: Any) -> bool:
        self.told.append("ready")
        return self.ours

    def fail(self, claim: Claim, reason: str) -> bool:
        self.told.append(reason)
        return self.ours

    def release(self, claim: Claim, *, delay_ms: int = 0) -> bool:
        self.told.append("release")
        return self.ours

    def waiting(self, compat_key: str) -> int:
        return 3


class FakePipeline:
    """Renders nothing, or fails."""

    numerics = "test"

    def render_pixels(
        self, rows: Sequence[RenderSpec], observer: Any = None
    ) -> list[None]:
        if rows[0].base_seed == 13:
            raise RuntimeError("a secret prompt")
        return [None for _ in rows]


def parts(leases: FakeLeases) -> tuple[Any, Any, Any]:
    """Traced leases, a traced pipeline, and where the spans are."""
    tracing, exporter = tracing_in_memory()
    rows, traced = traced_parts(
        leases,  # type: ignore[arg-type]
        tracing,
    )
    return rows, traced(FakePipeline()), exporter  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("end", "ours", "outcome"),
    [
        ("ready", True, "ready"),
        ("ready", False, "stale"),
        ("fail", True, "failed"),
        ("release", True, "released"),
        ("canceled", True, "canceled"),
        ("lost", True, "lost"),
    ],
)
def test_a_row_ends_as_the_job_does(end: str, ours: bool, outcome: str) -> None:
    leases = FakeLeases(ours)
    rows, _, exporter = parts(leases)
    claim = rows.claim("2")

    match end:
        case "ready":
            assert rows.ready(claim, an_image(), (), "") is ours
        case "fail":
            assert rows.fail(claim, "a secret prompt") is ours
        case "release":
            assert rows.release(claim, delay_ms=5) is ours
        case verdict:
            leases.verdict = Verdict(verdict)
            assert rows.renew([claim], step=1, n_steps=4) == [verdict]

    spans = {span.name: span for span in exporter.get_finished_spans()}
    row = spans["render row"]
    assert f"{row.parent.span_id:016x}" == "cd" * 8
    assert row.attributes["multibo.outcome"] == outcome
    assert row.attributes["multibo.session"] == "projects/local/sessions/mine"
    assert row.attributes["multibo.slot"] == 2
    assert spans["claim"].parent.span_id == row.context.span_id
    assert rows.begin_batch() == []
    assert "secret" not in str([span.to_json() for span in spans.values()])


def test_a_row_that_is_not_to_be_had_is_no_span() -> None:
    rows, _, exporter = parts(FakeLeases())

    assert rows.claim("") is None
    assert exporter.get_finished_spans() == ()


def test_rows_whose_end_nobody_could_tell_end_as_lost() -> None:
    rows, _, exporter = parts(FakeLeases())

    for reference in (0, 0, *range(1, OPEN_ROWS + 2)):
        rows.claim(str(reference))

    ended = [s for s in exporter.get_finished_spans() if s.name == "render row"]
    assert [row.attributes["multibo.slot"] for row in ended] == [0, 0]
    assert {row.attributes["multibo.outcome"] for row in ended} == {"lost"}


def test_a_renewed_row_goes_on() -> None:
    rows, _, exporter = parts(FakeLeases())
    claim = rows.claim("0")

    rows.renew([claim], step=1, n_steps=4)

    assert len(rows.begin_batch()) == 1
    assert [span.name for span in exporter.get_finished_spans()] == ["claim"]


@pytest.mark.parametrize(("seed", "failed"), [(1, None), (13, "RuntimeError")])
def test_a_batch_names_its_rows_and_how_it_ended(seed: int, failed: str | None) -> None:
    rows, pipeline, exporter = parts(FakeLeases())
    claims = [rows.claim(reference) for reference in "01"]
    specs = [a_render_spec(base_seed=seed) for _ in claims]

    if failed:
        with pytest.raises(RuntimeError):
            pipeline.render_pixels(specs)
    else:
        assert pipeline.render_pixels(specs) == [None, None]

    *_, batch = exporter.get_finished_spans()
    assert batch.name == "denoise"
    assert batch.attributes["multibo.rows"] == 2
    assert batch.status.description == failed
    named = {f"{link.context.span_id:016x}" for link in batch.links}
    assert named == {name.split("-")[2] for name in rows.begin_batch()}


def test_a_turn_hangs_below_its_wake_up() -> None:
    tracing, exporter = tracing_in_memory()
    drained: list[str] = []

    traced_turn(drained.append, lambda: ASKED, tracing)("avatars:1")

    (span,) = exporter.get_finished_spans()
    assert drained == ["avatars:1"]
    assert span.parent is not None
    assert f"{span.parent.span_id:016x}" == "cd" * 8
    assert dict(span.attributes or {}) == {"multibo.compat_key": "avatars:1"}


def test_everything_else_passes_through() -> None:
    rows, pipeline, _ = parts(FakeLeases())

    assert rows.waiting("avatars:1") == 3
    assert pipeline.numerics == "test"
