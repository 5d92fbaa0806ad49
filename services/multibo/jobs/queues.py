"""Celery's names and broker settings, shared by who publishes and who consumes.

A message only says "drain this compat key": it may be lost, doubled or late.
Measured reasons for every setting: docs/operations.md.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

DRAIN_TASK: Final = "multibo.render.drain"
TRACE_HEADER: Final = "traceparent"
INTERACTIVE: Final = 0
RETRY: Final = 3
MAINTENANCE: Final = 6
SPECULATIVE: Final = 9
PRIORITY_SPAN_MS: Final = 10**13
"""Row score = priority * span + time in ms: priority first, then age."""


def row_rank(priority: int, time_ms: int) -> float:
    """Return the rank of a row that waits: the lower, the sooner.

    Args:
        priority: INTERACTIVE to SPECULATIVE.
        time_ms: since when it waits, by any clock that the pushers roughly share.
    """
    return priority * PRIORITY_SPAN_MS + time_ms


def queue_name(model: str) -> str:
    """Return the Celery queue of a model."""
    return f"render.{model}"


def broker_url(redis_url: str) -> str:
    """Return Celery's spelling of a redis-py URL.

    Args:
        redis_url: `redis://host:port/0`, `rediss://...` or `unix:///path?db=0`.

    Returns:
        The same, or `redis+socket:///path?virtual_host=0` for a unix socket.
    """
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    database = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.path}?virtual_host={database}"


def trace_headers(traceparent: str) -> dict[str, str]:
    """Return the headers of a message that is part of a trace.

    Args:
        traceparent: W3C name of the sender's span; empty for none.
    """
    return {TRACE_HEADER: traceparent} if traceparent else {}


def settings_of_task() -> dict[str, Any]:
    """Return the options of the drain task: bounded retries when a worker dies."""
    return {"name": DRAIN_TASK, "max_retries": 2, "default_retry_delay": 2}


def celery_settings() -> dict[str, Any]:
    """Return the settings that every app on the broker shares."""
    return {
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_retry_on_worker_lost": True,
        "task_acks_on_failure": True,
        "task_ignore_result": True,
        "task_store_errors_even_if_ignored": False,
        "result_backend": None,
        "worker_prefetch_multiplier": 1,
        "worker_concurrency": 1,
        "worker_disable_prefetch": True,
        "task_track_started": False,
        # The shortest visibility time-out of all apps wins: one value, here.
        "broker_transport_options": {
            "visibility_timeout": 3600,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "socket_timeout": 30,
            "socket_connect_timeout": 5,
            "health_check_interval": 10,
            "global_keyprefix": "mbo:",
            # Within a priority the models take turns: in a fixed order a busy first
            # one would starve the others of a worker that serves several.
            "queue_order_strategy": "round_robin",
            "priority_steps": [INTERACTIVE, RETRY, MAINTENANCE, SPECULATIVE],
        },
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_soft_shutdown_timeout": 60,
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_default_queue": "render.none",
        "task_create_missing_queues": True,
    }
