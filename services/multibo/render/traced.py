"""A worker's part of a trace: rows in the trace that asked for them, batches beside.

A batch holds rows of any session, so it belongs to no row's trace: it hangs below the
wake-up that started the drain, and links to its rows; each row links back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Final, cast

from torch import Tensor

from multibo.jobs.job import ImageRef
from multibo.jobs.spec import RenderSpec
from multibo.render.leases import Claim, Leases, Verdict
from multibo.render.observer import RowObserver
from multibo.render.pipelines import Pipeline
from multibo.telemetry import tracing as names
from multibo.telemetry.tracing import Side, Span, Tracing

OPEN_ROWS: Final = 64
"""More than a worker has at a time: a batch, and those that are being stored."""


class _TracedLeases:
    """Leases, with a span for each row from its claim to its end."""

    def __init__(self, leases: Leases, tracing: Tracing) -> None:
        self._leases = leases
        self._tracing = tracing
        self._rows: dict[str, Span] = {}
        self._batch: list[str] = []
        self._complete = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._leases, name)

    def begin_batch(self) -> list[str]:
        # The open rows claimed since the batch before: earlier ones are being stored.
        # None were when a batch is tried again row by row: then they are the same.
        self._complete = True
        found = [self._rows.get(reference) for reference in self._batch]
        return [span.traceparent for span in found if span is not None]

    def claim(self, reference: str) -> Claim | None:
        began_ns = time.time_ns()
        claim = self._leases.claim(reference)
        if claim is not None:
            self._begin(claim, began_ns)
        return claim

    def _begin(self, claim: Claim, began_ns: int) -> None:
        job = claim.job
        project, _, session = claim.sid.partition("/")
        about: names.Attributes = {
            names.SESSION: f"projects/{project}/sessions/{session}",
            names.ROUND: job.round,
            names.SLOT: job.slot,
            names.ATTEMPT: job.attempt,
            names.MODEL: job.spec.model,
        }
        row = self._tracing.start(
            "render row",
            about,
            parent=job.trace,
            links=[self._tracing.traceparent()],
            began_ns=began_ns,
        )
        if self._complete:
            self._batch, self._complete = [], False
        self._batch.append(claim.reference)
        # An end that could not be told, Redis being away, must not be kept for ever.
        for lapsed in (claim.reference, *list(self._rows)[:-OPEN_ROWS]):
            self._close(lapsed, Verdict.LOST.value)
        self._rows[claim.reference] = row
        claimed = self._tracing.start(
            "claim", {}, parent=row.traceparent, began_ns=began_ns
        )
        claimed.end()

    def renew(
        self, claims: Sequence[Claim], *, step: int, n_steps: int
    ) -> list[Verdict]:
        verdicts = self._leases.renew(claims, step=step, n_steps=n_steps)
        for claim, verdict in zip(claims, verdicts, strict=True):
            if verdict is not Verdict.MINE:
                self._close(claim.reference, verdict.value)
        return verdicts

    def ready(
        self, claim: Claim, image: ImageRef, features: tuple[float, ...], note: str
    ) -> bool:
        ours = self._finish(
            claim, lambda: self._leases.ready(claim, image, features, note)
        )
        self._close(
            claim.reference, "ready" if ours else "stale", {names.DIGEST: image.digest}
        )
        return ours

    def fail(self, claim: Claim, reason: str) -> bool:
        ours = self._finish(claim, lambda: self._leases.fail(claim, reason))
        self._close(claim.reference, "failed" if ours else "stale")
        return ours

    def release(self, claim: Claim, *, delay_ms: int = 0) -> bool:
        ours = self._leases.release(claim, delay_ms=delay_ms)
        self._close(claim.reference, "released")
        return ours

    def _finish(self, claim: Claim, tell: Callable[[], bool]) -> bool:
        row = self._rows.get(claim.reference)
        parent = row.traceparent if row else ""
        with self._tracing.span("finish", {}, parent=parent):
            return tell()

    def _close(
        self, reference: str, outcome: str, attributes: names.Attributes | None = None
    ) -> None:
        row = self._rows.pop(reference, None)
        if row is None:
            return
        row.set({names.OUTCOME: outcome, **(attributes or {})})
        if outcome == "failed":
            row.fail(outcome)
        row.end()


def traced_parts(
    leases: Leases, tracing: Tracing
) -> tuple[Leases, Callable[[Pipeline], Pipeline]]:
    """Return leases with a span per row, and what gives a pipeline one per batch.

    Args:
        leases: this worker's rights.
        tracing: of this process.
    """
    rows = _TracedLeases(leases, tracing)

    def traced(pipeline: Pipeline) -> Pipeline:
        return cast("Pipeline", _TracedPipeline(pipeline, rows, tracing))

    return cast("Leases", rows), traced


class _TracedPipeline:
    def __init__(
        self, pipeline: Pipeline, leases: _TracedLeases, tracing: Tracing
    ) -> None:
        self._pipeline = pipeline
        self._leases = leases
        self._tracing = tracing

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pipeline, name)

    def render_pixels(
        self, rows: Sequence[RenderSpec], observer: RowObserver | None = None
    ) -> list[Tensor | None]:
        span = self._tracing.start(
            "denoise",
            {
                names.MODEL: rows[0].model,
                names.ROWS: len(rows),
                names.STEPS: rows[0].steps,
            },
            links=self._leases.begin_batch(),
        )
        try:
            return self._pipeline.render_pixels(rows, observer)
        except Exception as error:
            span.fail(type(error).__name__)
            raise
        finally:
            span.end()


def traced_turn(
    turn: Callable[[str], None], sender: Callable[[], str], tracing: Tracing
) -> Callable[[str], None]:
    """Return the body of the drain task with a span below the wake-up.

    Args:
        turn: drains a compat key.
        sender: tells the traceparent of the wake-up.
        tracing: of this process.
    """

    def traced(compat_key: str) -> None:
        with tracing.span(
            "drain",
            {names.COMPAT_KEY: compat_key},
            side=Side.CONSUMER,
            parent=sender(),
        ):
            turn(compat_key)

    return traced
