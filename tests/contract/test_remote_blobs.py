"""What only the remote image store does, against a real S3 server."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from multibo.blobs.errors import BlobStoreUnavailableError
from multibo.blobs.opening import open_blobs
from multibo.blobs.remote import RemoteBlobs
from multibo.blobs.urls import ImageGrant
from tests.support.s3 import BUCKET, S3Server

ADDRESS = "ab" * 32
DIGEST = "cd" * 32


@pytest.fixture
def remote(s3_server: S3Server, tmp_path: Path) -> RemoteBlobs:
    return RemoteBlobs(f"{BUCKET}/{tmp_path.name}", endpoint=s3_server.endpoint)


def a_url(remote: RemoteBlobs, *, valid_s: int = 60) -> str:
    now_s = int(time.time())
    grant = ImageGrant(ADDRESS, DIGEST, "image/webp", "local", now_s + valid_s)
    return remote.url(grant, now_s=now_s)


def test_a_signed_url_gives_the_image_to_anybody(remote: RemoteBlobs) -> None:
    remote.put(ADDRESS, b"picture")

    with urllib.request.urlopen(a_url(remote), timeout=10) as reply:
        data, headers = reply.read(), reply.headers

    assert data == b"picture"
    assert headers["Content-Type"] == "image/webp"
    assert headers["Cache-Control"] == "private, max-age=60, immutable"


def test_the_url_leads_to_where_clients_reach_the_store(
    s3_server: S3Server, tmp_path: Path
) -> None:
    public = "https://images.example"
    remote = open_blobs(f"{s3_server.url(tmp_path.name)}&public={public}")
    assert isinstance(remote, RemoteBlobs)
    remote.put(ADDRESS, b"picture")

    assert remote.get(ADDRESS) == b"picture"
    assert a_url(remote).startswith(f"{public}/{BUCKET}/{tmp_path.name}/{ADDRESS}?")


def test_without_its_signature_the_url_gives_nothing(remote: RemoteBlobs) -> None:
    remote.put(ADDRESS, b"picture")
    plain = a_url(remote).partition("?")[0]
    forged = a_url(remote).replace("image%2Fwebp", "text%2Fhtml")

    for url in (plain, forged):
        with pytest.raises(urllib.error.HTTPError) as refusal:
            urllib.request.urlopen(url, timeout=10)
        assert refusal.value.code == 403
        refusal.value.close()


def test_an_expired_url_gives_nothing(remote: RemoteBlobs) -> None:
    remote.put(ADDRESS, b"picture")
    url = a_url(remote, valid_s=1)
    time.sleep(2.1)

    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(url, timeout=10)

    assert refusal.value.code == 403
    refusal.value.close()


def test_a_bucket_that_is_not_there_is_no_missing_image(s3_server: S3Server) -> None:
    remote = RemoteBlobs("nowhere", endpoint=s3_server.endpoint)

    with pytest.raises(BlobStoreUnavailableError):
        remote.get(ADDRESS)


def test_a_server_that_does_not_answer_is_unavailable(s3_server: S3Server) -> None:
    remote = RemoteBlobs(BUCKET, endpoint="http://127.0.0.1:1")

    with pytest.raises(BlobStoreUnavailableError):
        remote.get(ADDRESS)
