"""S3 servers that treat a conditional put in their own way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from multibo.blobs.errors import BlobStoreUnavailableError
from multibo.blobs.remote import RemoteBlobs
from tests.support.s3 import ENVIRONMENT

ADDRESS = "ab" * 32


@dataclass
class Bucket:
    """Refuses conditional puts with an error, as often as it is told."""

    refusal: tuple[int, str]
    n_refusals: int
    files: dict[str, bytes] = field(default_factory=dict)

    def refuses(self) -> bool:
        self.n_refusals -= 1
        return self.n_refusals >= 0


class Handler(BaseHTTPRequestHandler):
    """As much of S3 as a put needs."""

    protocol_version = "HTTP/1.1"
    bucket: Bucket

    def do_PUT(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["If-None-Match"] and self.bucket.refuses():
            status, code = self.bucket.refusal
            self.reply(status, f"<Error><Code>{code}</Code></Error>".encode())
            return
        self.bucket.files[self.path.partition("?")[0]] = data
        self.reply(200)

    def do_HEAD(self) -> None:
        self.reply(200 if self.path in self.bucket.files else 404)

    def do_GET(self) -> None:
        self.reply(200, b"<ListBucketResult/>")

    def reply(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def bucket(request: pytest.FixtureRequest) -> Bucket:
    return Bucket(*request.param)


@pytest.fixture
def remote(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> Iterator[RemoteBlobs]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    handler = type("OfBucket", (Handler,), {"bucket": bucket})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        endpoint = f"http://127.0.0.1:{server.server_address[1]}"
        yield RemoteBlobs("images", endpoint=endpoint)
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "bucket", [((501, "NotImplemented"), 9)], indirect=True, ids=["unconditional"]
)
def test_where_no_put_is_conditional_the_image_is_looked_for_first(
    remote: RemoteBlobs, bucket: Bucket
) -> None:
    assert remote.put(ADDRESS, b"first")

    assert not remote.put(ADDRESS, b"second")

    assert bucket.files == {f"/images/{ADDRESS}": b"first"}


@pytest.mark.parametrize(
    "bucket", [((409, "ConditionalRequestConflict"), 2)], indirect=True, ids=["racing"]
)
def test_a_put_that_races_another_is_tried_again(
    remote: RemoteBlobs, bucket: Bucket
) -> None:
    assert remote.put(ADDRESS, b"picture")

    assert bucket.files == {f"/images/{ADDRESS}": b"picture"}


@pytest.mark.parametrize(
    "bucket",
    [((409, "ConditionalRequestConflict"), 99), ((403, "AccessDenied"), 99)],
    indirect=True,
    ids=["racing-for-ever", "forbidden"],
)
def test_a_put_that_never_comes_through_is_a_store_that_is_away(
    remote: RemoteBlobs, bucket: Bucket
) -> None:
    with pytest.raises(BlobStoreUnavailableError):
        remote.put(ADDRESS, b"picture")

    assert bucket.files == {}
