"""The identity of a command: its request id, bound to its content."""

from __future__ import annotations

import hashlib

from google.protobuf.message import Message

from multibo.optimizer.app.values import RequestKey


def request_key(request: Message, request_id: str) -> RequestKey:
    """Return id and digest of a command.

    Args:
        request: the command, with a field `request_id`.
        request_id: the checked id, in lower case.
    """
    content = type(request)()
    content.CopyFrom(request)
    content.ClearField("request_id")
    # Unknown fields of a newer client do not reach any use case: not content.
    content.DiscardUnknownFields()
    digest = hashlib.sha256(request.DESCRIPTOR.full_name.encode() + b"\n")
    digest.update(content.SerializeToString(deterministic=True))
    return RequestKey(request_id, digest.hexdigest())
