"""Jobs to and from JSON, as the Lua scripts and both services read them.

The spec travels as a JSON *string* inside the document: Redis' cjson would turn
63-bit seeds into floats and empty lists into objects, a string it leaves alone.
The features are a string for the same reason.
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from multibo.jobs.errors import JobDocumentError
from multibo.jobs.job import ImageRef, JobState, RenderJob
from multibo.jobs.spec import RenderSpec

SCHEMA: Final = 1
_STEPS: Final = 10_000
"""Features are rounded to as many parts of 1."""
_PLAIN: Final = (
    "round",
    "slot",
    "attempt",
    "failures",
    "lapses",
    "owner",
    "lease_until_ms",
    "due_ms",
    "enqueued_ms",
    "started_ms",
    "ended_ms",
    "failure",
    "note",
)


def job_to_json(job: RenderJob) -> str:
    """Return the stored document of `job`."""
    document: dict[str, Any] = {name: getattr(job, name) for name in _PLAIN}
    document["schema"] = SCHEMA
    document["state"] = job.state.value
    document["compat"] = job.spec.compat_key
    document["model"] = job.spec.model
    document["spec"] = job.spec.canonical().decode()
    document["features"] = features_to_text(job.features)
    if job.trace:
        document["trace"] = job.trace
    if job.image is not None:
        document["image"] = image_to_json(job.image)
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def job_from_json(data: bytes | str) -> RenderJob:
    """Return the job of a stored document.

    Args:
        data: what `job_to_json` or a Lua script wrote.

    Raises:
        JobDocumentError: if the document is damaged or of an unknown schema.
    """
    try:
        document = json.loads(data)
        if document["schema"] != SCHEMA:
            raise JobDocumentError(f"job schema {document['schema']} is unknown")
        image = document.get("image")
        return RenderJob(
            spec=RenderSpec.from_canonical(document["spec"]),
            state=JobState(document["state"]),
            image=image_from_json(image) if image else None,
            features=features_from_text(document["features"]),
            trace=document.get("trace", ""),
            **{name: document[name] for name in _PLAIN},
        )
    except (KeyError, TypeError, ValueError) as error:
        raise JobDocumentError(f"unreadable job: {error}") from error


def features_to_text(features: Sequence[float]) -> str:
    """Return the features of a picture as text.

    Two bytes each, in base64, where that is exact: a third of what JSON takes.

    Args:
        features: of one picture.
    """
    steps = [round(value * _STEPS) for value in features]
    if all(
        0 <= step <= 0xFFFF and step / _STEPS == value
        for step, value in zip(steps, features, strict=True)
    ):
        return base64.b64encode(struct.pack(f"<{len(steps)}H", *steps)).decode()
    return json.dumps(list(features))


def features_from_text(text: str) -> tuple[float, ...]:
    """Return features of a picture.

    Args:
        text: what `features_to_text` wrote.

    Raises:
        JobDocumentError: if it is damaged.
    """
    try:
        if text.startswith("["):
            return tuple(json.loads(text))
        data = base64.b64decode(text, validate=True)
        return tuple(step / _STEPS for (step,) in struct.iter_unpack("<H", data))
    except (ValueError, struct.error) as error:
        raise JobDocumentError(f"unreadable features: {error}") from error


def image_to_json(image: ImageRef) -> str:
    """Return the document of an image reference."""
    document = asdict(image)
    if image.thumbnail is None:
        del document["thumbnail"]
    return json.dumps(document, separators=(",", ":"))


def image_from_json(data: bytes | str) -> ImageRef:
    """Return the image reference of a document.

    Args:
        data: what `image_to_json` wrote.

    Raises:
        JobDocumentError: if a field is missing or unknown.
    """
    try:
        document = json.loads(data)
        small = document.pop("thumbnail", None)
        thumbnail = ImageRef(**small) if small else None
        return ImageRef(**document, thumbnail=thumbnail)
    except (TypeError, ValueError, AttributeError) as error:
        raise JobDocumentError(f"unreadable image reference: {error}") from error
