"""ImageService over a real channel."""

from __future__ import annotations

from dataclasses import replace

import grpc
import pytest

from multibo.blobs.errors import BlobStoreUnavailableError
from multibo.optimizer.app.values import Limits
from multibo.v1 import image_pb2, image_service_pb2, round_pb2, round_service_pb2
from tests.support.fakes import an_app
from tests.support.wire import Wire, refused, serving

GetImage = image_service_pb2.GetImageRequest


class AwayImages:
    """An image store that has lost everything."""

    async def get(self, address: str) -> bytes:
        raise BlobStoreUnavailableError("/data/blobs: disk on fire")


async def a_candidate(wire: Wire, slot: int = 1) -> round_pb2.Candidate:
    """A candidate of a new session's first round, as it is now."""
    session = await wire.create()
    propose = round_service_pb2.ProposeRoundRequest(parent=session.name)
    round = (await wire.rounds.ProposeRound(propose)).round
    get = round_service_pb2.GetRoundRequest(name=round.name)
    candidate: round_pb2.Candidate = (await wire.rounds.GetRound(get)).round.candidates[
        slot
    ]
    return candidate


async def test_an_image_comes_with_what_is_known_of_it(wire: Wire) -> None:
    candidate = await a_candidate(wire)

    reply = await wire.images.GetImage(GetImage(name=candidate.name))

    assert reply.data == f"{candidate.slot:064x}".encode()
    assert reply.image == candidate.image
    assert not reply.not_modified


async def test_who_has_the_image_gets_no_bytes(wire: Wire) -> None:
    candidate = await a_candidate(wire)

    reply = await wire.images.GetImage(
        GetImage(name=candidate.name, etag=candidate.image.digest)
    )

    assert (reply.data, reply.not_modified) == (b"", True)
    assert reply.image == candidate.image


@pytest.mark.parametrize(
    ("suffix", "size", "reason"),
    [
        ("/candidates/7", image_pb2.IMAGE_SIZE_FULL, "CANDIDATE_NOT_FOUND"),
        ("/candidates/x", image_pb2.IMAGE_SIZE_FULL, "FIELD_INVALID"),
        ("/candidates/1", image_pb2.IMAGE_SIZE_THUMBNAIL, "UNIMPLEMENTED"),
        ("/candidates/1", 99, "FIELD_INVALID"),
    ],
)
async def test_an_image_that_cannot_be_had_is_refused(
    wire: Wire, suffix: str, size: int, reason: str
) -> None:
    name = (await a_candidate(wire)).name.rpartition("/candidates")[0] + suffix

    answer = await refused(wire.images.GetImage(GetImage(name=name, size=size)))

    assert answer.reason == reason


async def test_an_image_that_is_not_rendered_has_to_be_waited_for() -> None:
    async with serving(an_app(renders=False)) as wire:
        candidate = await a_candidate(wire)

        answer = await refused(wire.images.GetImage(GetImage(name=candidate.name)))

    assert (answer.reason, answer.metadata["state"]) == (
        "CANDIDATE_NOT_READY",
        "QUEUED",
    )


async def test_an_image_over_the_limit_goes_by_its_url() -> None:
    app = an_app(limits=Limits(image_inline_bytes=100))
    async with serving(app) as wire:
        candidate = await a_candidate(wire)

        answer = await refused(wire.images.GetImage(GetImage(name=candidate.name)))

    assert answer.reason == "IMAGE_TOO_LARGE"
    assert answer.metadata["limit_bytes"] == "100"


async def test_an_image_store_that_is_away_says_nothing_of_its_whereabouts() -> None:
    app = replace(an_app(), images=AwayImages())
    async with serving(app) as wire:
        candidate = await a_candidate(wire)

        answer = await refused(wire.images.GetImage(GetImage(name=candidate.name)))

    assert (answer.code, answer.reason) == (
        grpc.StatusCode.UNAVAILABLE,
        "STORE_UNAVAILABLE",
    )
    assert "/data" not in answer.text
