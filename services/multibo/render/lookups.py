"""What the caches of a pipeline saved, as metrics."""

from __future__ import annotations

from multibo.render.embeddings import EmbeddingCache
from multibo.render.pipelines import Pipeline
from multibo.render.prefix import PrefixCache
from multibo.telemetry.metrics import CACHE_LOOKUPS, Meter


def count_lookups(meter: Meter, pipeline: Pipeline) -> None:
    """Count what a pipeline looked up in its caches since the last call.

    Args:
        meter: of the worker.
        pipeline: its caches start over at zero.
    """
    caches: dict[str, EmbeddingCache | PrefixCache] = {
        "prompt": pipeline.embeddings,
        "prefix": pipeline.prefixes,
    }
    for name, cache in caches.items():
        for result, n_lookups in (("hit", cache.n_hits), ("miss", cache.n_misses)):
            meter.count(
                CACHE_LOOKUPS,
                n_lookups,
                model=pipeline.model.name,
                cache=name,
                result=result,
            )
        cache.n_hits = cache.n_misses = 0
