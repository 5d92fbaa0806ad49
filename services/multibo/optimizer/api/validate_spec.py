"""Field checks of a session's spec."""

from __future__ import annotations

import math
from collections.abc import Mapping

from multibo.optimizer.api.findings import Findings
from multibo.optimizer.session.bounds import (
    KEY_FORM,
    MAX_CASTING_ROUNDS,
    MAX_GUIDANCE,
    MAX_IMAGES,
    MAX_KEYS,
    MAX_ROUNDS,
    MAX_SLATE,
    MAX_STEPS,
    MAX_VALUE_CHARACTERS,
    MIN_SLATE,
    PROMPT_CHARACTERS,
)
from multibo.v1 import session_pb2
from multibo.v1.session_service_pb2 import (
    CreateSessionRequest,
    ForkSessionRequest,
)

SpecRequest = CreateSessionRequest | ForkSessionRequest


def spec(found: Findings, request: SpecRequest, *, required: bool) -> None:
    """Note what is wrong with the spec of a request.

    Args:
        found: the violations so far.
        request: with a field `spec`.
        required: whether the spec may not be missing.
    """
    if not request.HasField("spec"):
        found.expect(not required, "spec", "is required")
        return
    _words(found, request.spec)
    _numbers(found, request.spec)
    _shares(found, request.spec)
    labels(found, request.spec.labels, "spec.labels")


def _words(found: Findings, spec: session_pb2.SessionSpec) -> None:
    limit = f"must have at most {PROMPT_CHARACTERS:,} characters"
    found.expect(spec.prompt.strip(), "spec.prompt", "must not be empty")
    found.expect(len(spec.prompt) <= PROMPT_CHARACTERS, "spec.prompt", limit)
    found.expect(
        len(spec.model_revision) <= MAX_VALUE_CHARACTERS,
        "spec.model_revision",
        f"must have at most {MAX_VALUE_CHARACTERS} characters",
    )
    found.expect(
        len(spec.negative_prompt) <= PROMPT_CHARACTERS, "spec.negative_prompt", limit
    )


def _numbers(found: Findings, spec: session_pb2.SessionSpec) -> None:
    found.expect(spec.seed >= 0, "spec.seed", "must be 0 to 2^63 - 1")
    found.expect(
        0 <= spec.steps <= MAX_STEPS, "spec.steps", f"must be 1 to {MAX_STEPS}, or 0"
    )
    found.expect(
        0 <= spec.guidance <= MAX_GUIDANCE,  # false for NaN as well
        "spec.guidance",
        f"must be 0 to {MAX_GUIDANCE:g}",
    )
    found.expect(
        not spec.slate_size or MIN_SLATE <= spec.slate_size <= MAX_SLATE,
        "spec.slate_size",
        f"must be {MIN_SLATE} to {MAX_SLATE}, or 0",
    )
    found.expect(
        0 <= spec.rounds <= MAX_ROUNDS,
        "spec.rounds",
        f"must be 1 to {MAX_ROUNDS}, or 0",
    )
    found.expect(
        0 <= spec.casting_rounds <= MAX_CASTING_ROUNDS,
        "spec.casting_rounds",
        f"must be 0 to {MAX_CASTING_ROUNDS}",
    )
    least = spec.slate_size or MIN_SLATE
    found.expect(
        not spec.images or least <= spec.images <= MAX_IMAGES,
        "spec.images",
        f"must be {least} to {MAX_IMAGES:,}, or 0",
    )


def _shares(found: Findings, spec: session_pb2.SessionSpec) -> None:
    for path, share in (
        ("spec.control_share", spec.control_share),
        ("spec.probe_share", spec.probe_share),
    ):
        found.expect(math.isfinite(share) and 0 <= share <= 1, path, "must be 0 to 1")


def labels(found: Findings, given: Mapping[str, str], path: str) -> None:
    """Note what is wrong with labels.

    Args:
        found: the violations so far.
        given: as received.
        path: their field.
    """
    found.expect(len(given) <= MAX_KEYS, path, f"must be at most {MAX_KEYS}")
    found.expect(
        all(KEY_FORM.fullmatch(key) for key in given),
        path,
        "keys must match [a-z][a-z0-9_-]{0,63}",
    )
    found.expect(
        all(len(value) <= MAX_VALUE_CHARACTERS for value in given.values()),
        path,
        f"values must have at most {MAX_VALUE_CHARACTERS} characters",
    )
