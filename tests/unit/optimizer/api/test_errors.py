"""The table of refusals is total, and says what the contract says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import pytest

from multibo.blobs.errors import BlobError
from multibo.jobs.errors import JobsError
from multibo.optimizer.api.errors import REFUSALS, ApiError
from multibo.optimizer.app.errors import AppError
from multibo.optimizer.preference.errors import PreferenceError
from multibo.optimizer.session.errors import SessionError
from multibo.telemetry.errors import TelemetryError
from multibo.v1.error_pb2 import ErrorReason
from multibo.warp.errors import WarpError
from tests.support.tree import ROOT

BASES: Final = (
    *(ApiError, AppError, SessionError, PreferenceError),
    *(JobsError, BlobError, WarpError, TelemetryError),
)


def leaves(kind: type[Exception]) -> Iterator[type[Exception]]:
    """The subclasses that have none themselves."""
    below = kind.__subclasses__()
    for one in below:
        yield from leaves(one)
    if not below:
        yield kind


def declared() -> dict[str, str]:
    """Reason -> status, as the comments of the contract have it."""
    text = (ROOT / "proto" / "multibo" / "v1" / "error.proto").read_text("utf-8")
    pairs = re.findall(r"// ([A-Z_]+)[ :].*\n  ERROR_REASON_([A-Z_]+) =", text)
    return {reason: status for status, reason in pairs}


def test_the_table_names_every_leaf_error_and_nothing_else() -> None:
    known = {leaf for base in BASES for leaf in leaves(base)}

    assert set(REFUSALS) == known


@pytest.mark.parametrize("error", REFUSALS, ids=lambda error: error.__name__)
def test_a_refusal_has_the_status_its_reason_has_in_the_contract(
    error: type[Exception],
) -> None:
    refusal = REFUSALS[error]

    assert declared()[refusal.reason] == refusal.code.name


def test_every_reason_of_the_contract_is_given() -> None:
    reasons = {name.removeprefix("ERROR_REASON_") for name in ErrorReason.keys()[1:]}

    given = {refusal.reason for refusal in REFUSALS.values()}

    assert given == reasons
