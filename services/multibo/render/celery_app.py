"""The Celery app of the fleet: settings, queues, one task."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from celery import Celery, current_task
from kombu.entity import Queue

from multibo.jobs import queues


def make_app(redis_url: str, models: Iterable[str]) -> Celery:
    """Return an app that consumes the queues of `models`.

    Args:
        redis_url: redis-py style.
        models: catalog names this process serves.
    """
    app = Celery("multibo", broker=queues.broker_url(redis_url))
    app.conf.update(queues.celery_settings())
    app.conf.task_queues = [Queue(queues.queue_name(name)) for name in models]
    # Our own JSON logs stay.
    app.conf.worker_hijack_root_logger = False
    app.conf.worker_redirect_stdouts = False
    return app


def register_drain(app: Celery, drain: Callable[[str], None]) -> None:
    """Make `drain` the body of the one task.

    Args:
        app: from `make_app`.
        drain: takes a compat key; idempotent.
    """

    # Celery rebuilds the signature from the name: a lambda has none.
    def drain_rows(compat_key: str) -> None:
        drain(compat_key)

    app.task(**queues.settings_of_task())(drain_rows)


def senders_traceparent() -> str:
    """Return the trace that the message of the running task is part of; or ""."""
    request = current_task.request if current_task else {}
    return str(request.get(queues.TRACE_HEADER) or "")


def wake_up(
    app: Celery,
    compat_key: str,
    *,
    priority: int = queues.INTERACTIVE,
    traceparent: str = "",
) -> None:
    """Send the fleet another message for a compat key.

    Args:
        app: from `make_app`.
        compat_key: whose rows still wait.
        priority: of the most urgent of them.
        traceparent: of the trace this is part of; empty for none.
    """
    app.send_task(
        queues.DRAIN_TASK,
        args=[compat_key],
        queue=queues.queue_name(compat_key.partition(":")[0]),
        priority=priority,
        headers=queues.trace_headers(traceparent),
        retry=False,
    )
