"""The models in memory: loaded when asked for, evicted under a budget."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final

from multibo.jobs.catalog import ModelSpec
from multibo.render.errors import MemorySpentError, ModelTooLargeError
from multibo.render.memory import WeightMemory, file_bytes
from multibo.render.pipelines import Pipeline
from multibo.telemetry.metrics import (
    MODEL_EVICTIONS,
    MODEL_LOAD_DURATION,
    MODELS_MEMORY,
    MODELS_RESIDENT,
    Meter,
)

logger = logging.getLogger(__name__)

MEGABYTE: Final = 10**6


class Residency:
    """The models of one process; used by one thread at a time.

    Every model is proven by its golden render before it is handed out, whenever it is
    loaded.
    """

    def __init__(
        self,
        models: Mapping[str, ModelSpec],
        load: Callable[[ModelSpec], Pipeline],
        meter: Meter,
        *,
        budget_bytes: int = 0,
        memory: WeightMemory | None = None,
        dress: Callable[[Pipeline], Pipeline] = lambda pipeline: pipeline,
    ) -> None:
        """Load nothing yet.

        Args:
            models: that this process serves, by catalog name.
            load: loads and proves one.
            meter: of the worker.
            budget_bytes: what the weights may take together; 0 sets no limit.
            memory: tells what they take.
            dress: what a loaded model is handed out as.
        """
        self._models = dict(models)
        self._load = load
        self._meter = meter
        self._budget_bytes = budget_bytes
        self._memory = memory or WeightMemory()
        self._dress = dress
        self._resident: OrderedDict[str, Pipeline] = OrderedDict()
        self._sizes: dict[str, int] = {}

    def __contains__(self, name: object) -> bool:
        """Return whether a model can be had, loaded or not."""
        return name in self._models

    @property
    def resident(self) -> tuple[str, ...]:
        """The models in memory, the one least recently used first."""
        return tuple(self._resident)

    def preload(self) -> None:
        """Load the first model, and of the others in turn what the budget holds.

        Raises:
            RenderError: if one cannot be loaded, or draws other pictures.
        """
        for name, model in self._models.items():
            if self._resident and not self._fits(self._expected_bytes(model)):
                logger.info("loaded when asked for", extra={"model": name})
                continue
            self.get(name)

    def get(self, name: str, /) -> Pipeline | None:
        """Return a proven model, loading it and evicting others if it must be.

        Args:
            name: in the catalog.

        Returns:
            The model; None if this process does not serve it.

        Raises:
            RenderError: if it cannot be loaded, draws other pictures, or is larger than
                the budget.
            MemorySpentError: if what was evicted is still in memory.
        """
        model = self._models.get(name)
        if model is None:
            return None
        if name not in self._resident:
            self._add(model)
        self._resident.move_to_end(name)
        return self._dress(self._resident[name])

    def _add(self, model: ModelSpec) -> None:
        self._make_room(self._expected_bytes(model), keep=model.name)
        began = time.monotonic()
        pipeline = self._load(model)
        seconds = time.monotonic() - began
        self._resident[model.name] = pipeline
        self._sizes[model.name] = self._memory.add(pipeline.weights())
        self._meter.observe(MODEL_LOAD_DURATION, seconds, model=model.name)
        self._make_room(0, keep=model.name)
        self._tell()
        if not self._fits(0):
            self._refuse(model)

    def _refuse(self, model: ModelSpec) -> None:
        own_bytes = self._sizes[model.name]
        if own_bytes > self._budget_bytes:
            raise ModelTooLargeError(
                model.name, n_bytes=own_bytes, budget_bytes=self._budget_bytes
            )
        raise MemorySpentError(
            used_bytes=self._memory.used_bytes(), budget_bytes=self._budget_bytes
        )

    def _make_room(self, n_bytes: int, *, keep: str) -> None:
        while not self._fits(n_bytes):
            oldest = next((name for name in self._resident if name != keep), None)
            if oldest is None:
                return
            del self._resident[oldest]
            self._memory.collect()
            self._meter.count(MODEL_EVICTIONS, model=oldest)
            logger.info("model evicted", extra={"model": oldest, "for": keep})
        self._tell()

    def _fits(self, n_bytes: int) -> bool:
        if not self._budget_bytes:
            return True
        return self._memory.used_bytes() + n_bytes <= self._budget_bytes

    def _expected_bytes(self, model: ModelSpec) -> int:
        known = self._sizes.get(model.name)
        return file_bytes(model.path) if known is None else known

    def _tell(self) -> None:
        self._meter.set(MODELS_RESIDENT, len(self._resident))
        self._meter.set(MODELS_MEMORY, self._memory.used_bytes())
