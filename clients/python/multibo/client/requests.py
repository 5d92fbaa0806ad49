"""Values -> protocol messages; `convert` goes the other way."""

from __future__ import annotations

from collections.abc import Sequence

from google.protobuf.duration_pb2 import Duration

from multibo.client.types import SessionSpec, SkipReason
from multibo.v1 import round_pb2, session_pb2


def chosen(slot: int) -> round_pb2.Feedback:
    """Return the answer that one image is closest.

    Args:
        slot: the picked one.
    """
    return round_pb2.Feedback(chosen=slot)


def ranking(slots: Sequence[int]) -> round_pb2.Feedback:
    """Return the answer that some images are closest, in order.

    Args:
        slots: closest first.
    """
    return round_pb2.Feedback(ranking=round_pb2.Ranking(slots=slots))


def tie(slots: Sequence[int]) -> round_pb2.Feedback:
    """Return the answer that some images are equally close.

    Args:
        slots: in any order.
    """
    return round_pb2.Feedback(tie=round_pb2.Tie(slots=slots))


def none_of_these() -> round_pb2.Feedback:
    """Return the answer that no image is near."""
    return round_pb2.Feedback(none_of_these=round_pb2.NoneOfThese())


def skip(reason: SkipReason) -> round_pb2.Feedback:
    """Return that there is no answer.

    Args:
        reason: why.
    """
    said = round_pb2.Skip(reason=f"SKIP_REASON_{reason.value}")
    return round_pb2.Feedback(skip=said)


def duration(seconds: float) -> Duration:
    """Return a span of time.

    Args:
        seconds: how long, to the nanosecond.
    """
    span = Duration()
    span.FromNanoseconds(round(seconds * 1e9))
    return span


def session_spec(spec: SessionSpec) -> session_pb2.SessionSpec:
    """Return a spec that leaves nothing to the server.

    Args:
        spec: every value counts; an empty revision or warp space and no images mean
            the server's choice.
    """
    return session_pb2.SessionSpec(
        prompt=spec.prompt,
        negative_prompt=spec.negative_prompt,
        model=spec.model,
        model_revision=spec.model_revision,
        warp_space=spec.warp_space,
        seed=spec.seed,
        steps=spec.steps,
        guidance=spec.guidance,
        slate_size=spec.k,
        rounds=spec.rounds,
        images=spec.images,
        anchor=spec.anchor,
        control_share=spec.control_share,
        probe_share=spec.probe_share,
        casting_rounds=spec.casting_rounds,
        labels=spec.labels,
    )
