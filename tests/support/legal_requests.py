"""A legal request for every method, about a session that need not exist."""

from __future__ import annotations

from typing import Any, Final

from google.protobuf.message_factory import GetMessageClass

from multibo.optimizer.api.endpoint import SERVICES
from multibo.v1 import round_pb2
from tests.support.wire import a_spec, new_id

METHODS: Final = {
    f"/{service.full_name}/{method.name}": method
    for service in SERVICES
    for method in service.methods
}
OF_NO_PROJECT: Final = {"ListModels", "GetWarpSpace"}
OF_A_PROJECT: Final = {"CreateSession", "ListSessions", "ImportSession"}

_PARENT: Final = "projects/{project}"
_SESSION: Final = _PARENT + "/sessions/{session}"
_ROUND: Final = _SESSION + "/rounds/0"
_CANDIDATE: Final = _ROUND + "/candidates/0"
_NAMES: Final = {
    **dict.fromkeys(OF_A_PROJECT, ("parent", _PARENT)),
    **dict.fromkeys(("ProposeRound", "ListRounds"), ("parent", _SESSION)),
    **dict.fromkeys(
        (
            "GetRound",
            "SubmitFeedback",
            "RequestVariety",
            "CancelRound",
            "PredictChoice",
        ),
        ("name", _ROUND),
    ),
    **dict.fromkeys(
        ("RetryCandidate", "GetImage", "GetImageUrl"), ("name", _CANDIDATE)
    ),
    "GetWarpSpace": ("name", "models/avatars/warpSpaces/flow-16@1"),
}


def a_request(method: str, project: str = "local", session: str = "missing") -> Any:
    """A legal request.

    Args:
        method: its last part, as `GetSession`.
        project: that it names.
        session: that it names.
    """
    (kind,) = (
        m.input_type for path, m in METHODS.items() if path.endswith(f"/{method}")
    )
    request: Any = GetMessageClass(kind)()
    if method != "ListModels":
        field, template = _NAMES.get(method, ("name", _SESSION))
        setattr(request, field, template.format(project=project, session=session))
    if "request_id" in kind.fields_by_name:
        request.request_id = new_id()
    if method == "CreateSession":
        request.spec.CopyFrom(a_spec())
    if method == "SubmitFeedback":
        request.feedback.CopyFrom(round_pb2.Feedback(shown=[0, 1], chosen=1))
    if method in ("UndoFeedback", "RedoFeedback"):
        request.etag = "1"
    return request
