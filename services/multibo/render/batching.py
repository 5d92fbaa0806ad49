"""From waiting rows to finished images: one compat key, one batch at a time."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, Protocol

from multibo.jobs.spec import RenderSpec
from multibo.render import images
from multibo.render.delivery import Delivery
from multibo.render.keeping import Keeper, Renewal, Work
from multibo.render.leases import BUSY_DELAY_MS, Leases
from multibo.render.pipelines import Pipeline
from multibo.render.preview import Previews, ShownRenewal
from multibo.render.stopping import Stop

logger = logging.getLogger(__name__)

CROWDED_TURN_S: Final = 5.0
"""A compat key may take this long while rows of another one wait."""
_FILL_S: Final = 1.0
"""Others are not looked after while a batch is put together; so not for long."""


class Models(Protocol):
    """The models this process can render with; a dictionary will do."""

    def get(self, name: str, /) -> Pipeline | None:
        """Return a loaded model, None if it is not to be had here.

        Args:
            name: in the catalog.
        """
        ...

    def __contains__(self, name: object, /) -> bool:
        """Return whether a model can be had, loaded or not."""
        ...


class Drain:
    """Renders the rows of compat keys with the models of this process."""

    def __init__(
        self,
        leases: Leases,
        keeper: Keeper,
        delivery: Delivery,
        models: Models,
        *,
        batch_rows: int,
        stop: Stop,
        on_batch: Callable[[int, float], None],
        guard: Callable[[Sequence[RenderSpec] | None], None],
        previews: Previews | None = None,
    ) -> None:
        """Put the parts together.

        Args:
            leases: this worker's rights.
            keeper: renews them.
            delivery: takes what is rendered.
            models: loaded, or loaded when asked for.
            batch_rows: rows of a batch at most.
            stop: once begun, nothing new is claimed.
            on_batch: told rows and seconds of each batch that was finished whole.
            guard: told what is being rendered; None when nothing is.
            previews: shows rows that are not done yet; None shows none.
        """
        self._leases = leases
        self._keeper = keeper
        self._delivery = delivery
        self._models = models
        self._batch_rows = batch_rows
        self._stop = stop
        self._on_batch = on_batch
        self._guard = guard
        self._previews = previews

    def run(self, compat_key: str, *, limit_s: float) -> bool:
        """Render what waits under a compat key, until all of it is told.

        Args:
            compat_key: which rows.
            limit_s: stop taking new rows after this long, so that keys take turns;
                earlier where others wait.

        Returns:
            Whether rows are still waiting.
        """
        if not self._leases.waiting(compat_key):
            return False  # a late message is no reason to load or evict a model
        pipeline = self._models.get(compat_key.partition(":")[0])
        if pipeline is None:
            logger.warning("no such model here", extra={"compat": compat_key})
            return False
        began = time.monotonic()
        specs: Sequence[RenderSpec] = ()
        while self._may_take(until_s := began + limit_s):
            held = self._filled(pipeline, compat_key, until_s)
            if not held:
                break
            specs = self._render(pipeline, held)
            if self._others_turn(compat_key, time.monotonic() - began):
                break
        self._guard(specs)
        self._delivery.flush()
        self._guard(None)
        return not self._stop.is_set() and self._leases.waiting(compat_key) > 0

    def _others_turn(self, compat_key: str, taken_s: float) -> bool:
        """Return whether rows of another key should come first now."""
        others = [
            other
            for other in self._leases.compat_keys()
            if other != compat_key and other.partition(":")[0] in self._models
        ]
        if not others:
            return False
        own, *found = self._leases.urgencies([compat_key, *others])
        urgencies = [urgency for urgency in found if urgency is not None]
        if own is None or not urgencies:
            return False
        more_urgent = min(urgencies) < own
        return more_urgent or (min(urgencies) == own and taken_s >= CROWDED_TURN_S)

    def _may_take(self, until_s: float) -> bool:
        return not self._stop.is_set() and time.monotonic() < until_s

    def _filled(
        self, pipeline: Pipeline, compat_key: str, until_s: float
    ) -> list[Work]:
        """Return the rows of the next batch; few or none where no more wait.

        Rows whose image is there, such as every round's anchor, leave room for others.
        """
        held: list[Work] = []
        until_s = min(until_s, time.monotonic() + _FILL_S)
        try:
            while len(held) < self._batch_rows and self._may_take(until_s):
                n_more = self._batch_rows - len(held)
                references = self._leases.pop(compat_key, n_more)
                if not references:
                    break
                for work in self._fresh(pipeline, references):
                    if self._hold(work):
                        held.append(work)
        except BaseException:
            # Nobody will render them: kept, they would never lapse.
            for work in held:
                self._keeper.drop(work)
            raise
        return held

    def _fresh(self, pipeline: Pipeline, references: Sequence[str]) -> list[Work]:
        """Claim rows; return those whose image has to be drawn."""
        claims = [self._leases.claim(reference) for reference in references]
        work = [
            Work(claim, claim.job.spec.address(pipeline.numerics))
            for claim in claims
            if claim is not None
        ]
        return [one for one in work if not self._delivery.finish_stored(one)]

    def _render(self, pipeline: Pipeline, held: list[Work]) -> Sequence[RenderSpec]:
        began = time.monotonic()
        specs = [one.claim.job.spec for one in held]
        try:
            self._guard(specs)
            whole = self._render_batch(pipeline, held)
        finally:
            self._guard(None)
        if whole:  # a batch that rows have left says nothing of the speed
            self._on_batch(len(held), time.monotonic() - began)
        return specs

    def _hold(self, work: Work) -> bool:
        if self._keeper.hold(work):
            return True
        self._leases.release(work.claim, delay_ms=BUSY_DELAY_MS)
        return False

    def _render_batch(self, pipeline: Pipeline, work: list[Work]) -> bool:
        """Return whether all rows were rendered to their end, at once."""
        try:
            return self._render_rows(pipeline, work)
        except Exception as error:
            # Any fault of a batch is tried row by row: only the row at fault pays.
            logger.exception("batch failed", extra={"rows": len(work)})
            if len(work) == 1:
                self._delivery.fail(work[0], f"{type(error).__name__}: {error}")
                self._keeper.drop(work[0])
                return False
            for one in work:
                self._render_batch(pipeline, [one])
            return False

    def _render_rows(self, pipeline: Pipeline, work: list[Work]) -> bool:
        observer = self._observer(pipeline, work)
        specs = [one.claim.job.spec for one in work]
        pictures = pipeline.render_pixels(specs, observer)
        # Here and not beside: the texts are encoded by the model.
        notes = [pipeline.note(spec) for spec in specs]
        for one, pixels, note in zip(work, pictures, notes, strict=True):
            if pixels is None:
                self._keeper.drop(one)
                continue
            encode = partial(images.finished, one.claim.job.spec, pixels, note)
            self._delivery.hand_over(one, encode)
        return all(pixels is not None for pixels in pictures)

    def _observer(self, pipeline: Pipeline, work: list[Work]) -> Renewal:
        if self._previews is None:
            return Renewal(self._keeper, self._leases, work, self._stop)
        return ShownRenewal(
            self._keeper,
            self._leases,
            work,
            self._stop,
            previews=self._previews,
            paint=pipeline.preview.colors,
        )
