"""ImageService over a real channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import grpc
import pytest

from multibo.blobs.errors import BlobStoreUnavailableError
from multibo.jobs.job import ImageRef, JobState, RenderJob
from multibo.optimizer.app.errors import ImageUrlsNotOfferedError
from multibo.optimizer.app.values import Limits, SignedUrl
from multibo.optimizer.session.ids import SessionName
from multibo.v1 import image_pb2, image_service_pb2, round_pb2, round_service_pb2
from tests.support.builders import an_image
from tests.support.fakes import FakeFleet, an_app
from tests.support.wire import Wire, refused, serving

GetImage = image_service_pb2.GetImageRequest
GetImageUrl = image_service_pb2.GetImageUrlRequest
THUMBNAIL = image_pb2.IMAGE_SIZE_THUMBNAIL


class AwayImages:
    """An image store that has lost everything."""

    async def get(self, address: str) -> bytes:
        raise BlobStoreUnavailableError("/data/blobs: disk on fire")

    async def url(self, image: ImageRef, *, project: str) -> SignedUrl:
        raise ImageUrlsNotOfferedError


@dataclass
class LargeFleet(FakeFleet):
    """Renders images with a thumbnail, which alone fits a message."""

    async def wake(self, name: SessionName, jobs: Sequence[RenderJob]) -> None:
        for job in jobs:
            thumbnail = an_image(job.slot + 4)
            image = replace(an_image(job.slot), size_bytes=10**6, thumbnail=thumbnail)
            ready = replace(job, state=JobState.READY, image=image)
            self.store.put_job(name, ready)


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
    assert "use GetImageUrl" in answer.text
    assert answer.metadata["limit_bytes"] == "100"


async def test_a_small_image_is_its_own_thumbnail(wire: Wire) -> None:
    candidate = await a_candidate(wire)

    reply = await wire.images.GetImage(GetImage(name=candidate.name, size=THUMBNAIL))

    assert reply.data == f"{candidate.slot:064x}".encode()
    assert reply.image == candidate.image


async def test_the_thumbnail_of_a_large_image_fits_where_the_image_does_not() -> None:
    app = an_app()
    app = replace(app, fleet=LargeFleet(app.store))  # type: ignore[arg-type]
    async with serving(app) as wire:
        candidate = await a_candidate(wire)

        full = await refused(wire.images.GetImage(GetImage(name=candidate.name)))
        small = await wire.images.GetImage(
            GetImage(name=candidate.name, size=THUMBNAIL)
        )
        held = await wire.images.GetImage(
            GetImage(name=candidate.name, size=THUMBNAIL, etag=small.image.digest)
        )

    assert full.reason == "IMAGE_TOO_LARGE"
    assert small.data == f"{candidate.slot + 4:064x}".encode()
    assert small.image.digest != candidate.image.digest
    assert held.not_modified


async def test_a_url_comes_with_its_end_and_what_is_known_of_the_image(
    wire: Wire,
) -> None:
    candidate = await a_candidate(wire)

    reply = await wire.images.GetImageUrl(GetImageUrl(name=candidate.name))

    assert reply.url == f"https://images.example/local/{candidate.image.digest}"
    assert reply.expire_time.seconds == 1_000
    assert reply.image == candidate.image


async def test_an_image_of_any_size_has_a_url_and_so_has_its_thumbnail() -> None:
    app = an_app()
    app = replace(app, fleet=LargeFleet(app.store))  # type: ignore[arg-type]
    async with serving(app) as wire:
        name = (await a_candidate(wire)).name

        full = await wire.images.GetImageUrl(GetImageUrl(name=name))
        small = await wire.images.GetImageUrl(GetImageUrl(name=name, size=THUMBNAIL))

    assert full.image.size_bytes == 10**6
    assert small.image.digest != full.image.digest
    assert small.url.endswith(small.image.digest)


async def test_where_no_urls_are_signed_the_bytes_are_to_be_fetched() -> None:
    async with serving(replace(an_app(), images=AwayImages())) as wire:
        candidate = await a_candidate(wire)

        answer = await refused(
            wire.images.GetImageUrl(GetImageUrl(name=candidate.name))
        )

    assert (answer.code.name, answer.reason) == ("UNIMPLEMENTED", "UNIMPLEMENTED")
    assert "use GetImage" in answer.text


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
