import gzip
from pathlib import Path

import pytest

from multibo.gateway import asgi
from multibo.gateway.static_files import StaticFiles

SCRIPT = b"export const answer = 42;\n" * 100


@pytest.fixture
def page(tmp_path: Path) -> StaticFiles:
    (tmp_path / "index.html").write_bytes(b"<!doctype html>")
    (tmp_path / "app.js").write_bytes(SCRIPT)
    (tmp_path / "notes.txt").write_bytes(b"not for the public")
    return StaticFiles(tmp_path)


async def get(
    page: StaticFiles,
    path: str,
    *,
    method: str = "GET",
    query: bytes = b"",
    **headers: str,
) -> tuple[int, dict[str, str], bytes]:
    sent: list[asgi.Event] = []

    async def send(event: asgi.Event) -> None:
        sent.append(event)

    pairs = [
        (name.replace("_", "-").encode(), value.encode())
        for name, value in headers.items()
    ]
    scope = {"method": method, "path": path, "query_string": query, "headers": pairs}
    await page(scope, send, ((b"x-own", b"1"),))
    start, body = sent
    answer = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], answer, body["body"]


async def test_the_root_is_the_index(page: StaticFiles) -> None:
    status, headers, body = await get(page, "/")

    assert (status, body) == (200, b"<!doctype html>")
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["x-own"] == "1"


def test_only_files_of_a_page_are_served(page: StaticFiles) -> None:
    assert "/app.js" in page
    assert "/notes.txt" not in page
    assert "/../index.html" not in page


async def test_a_known_etag_saves_the_body(page: StaticFiles) -> None:
    _, headers, _ = await get(page, "/app.js")

    status, again, body = await get(page, "/app.js", if_none_match=headers["etag"])

    assert (status, body) == (304, b"")
    assert again["etag"] == headers["etag"]


async def test_gzip_is_sent_to_who_accepts_it(page: StaticFiles) -> None:
    _, plain, whole = await get(page, "/app.js")
    _, zipped, body = await get(page, "/app.js", accept_encoding="gzip, br")

    assert whole == SCRIPT
    assert gzip.decompress(body) == SCRIPT
    assert zipped["content-encoding"] == "gzip"
    assert zipped["etag"] != plain["etag"]
    assert zipped["vary"] == "accept-encoding"


async def test_a_small_file_is_never_compressed(page: StaticFiles) -> None:
    _, headers, body = await get(page, "/", accept_encoding="gzip")

    assert "content-encoding" not in headers
    assert body == b"<!doctype html>"


async def test_head_has_the_length_without_the_body(page: StaticFiles) -> None:
    status, headers, body = await get(page, "/app.js", method="HEAD")

    assert (status, body) == (200, b"")
    assert headers["content-length"] == str(len(SCRIPT))


async def test_only_a_file_named_by_its_digest_is_immutable(page: StaticFiles) -> None:
    _, headers, _ = await get(page, "/app.js")
    digest = headers["etag"].strip('"').encode()

    _, named, _ = await get(page, "/app.js", query=b"v=" + digest)
    _, stale, _ = await get(page, "/app.js", query=b"v=0123456789abcdef")

    assert headers["cache-control"] == "no-cache"
    assert "immutable" in named["cache-control"]
    assert stale["cache-control"] == "no-cache"
