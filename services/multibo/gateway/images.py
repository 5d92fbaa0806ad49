"""Images by signed URL: `/images/{digest}?...`; whoever holds the URL may fetch.

A URL that was not signed with our key is refused before anything is looked up: it
cannot be used to find out what is stored.
"""

import asyncio
import hashlib
import time
from collections.abc import Callable
from typing import Final

from multibo.blobs.errors import (
    BlobError,
    BlobMissingError,
    BlobUrlExpiredError,
    BlobUrlInvalidError,
)
from multibo.blobs.port import BlobStore
from multibo.blobs.urls import PATH, ImageGrant, UrlKeys
from multibo.gateway import asgi

_SAME_ORIGIN: Final = b"cross-origin-resource-policy"


class SignedImages:
    """Answers signed URLs from an image store."""

    def __init__(
        self,
        blobs: BlobStore,
        keys: UrlKeys,
        *,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        """Take the parts.

        Args:
            blobs: where the images are.
            keys: shared with the optimizer.
            now_s: tells seconds since the epoch.
        """
        self._blobs = blobs
        self._keys = keys
        self._now_s = now_s

    def __contains__(self, path: str) -> bool:
        """Tell whether a path is one of an image.

        Args:
            path: URL path.
        """
        return PATH.fullmatch(path) is not None

    async def __call__(
        self, scope: asgi.Scope, send: asgi.Send, headers: asgi.Headers
    ) -> None:
        """Answer a GET or HEAD of a path that is in here.

        Args:
            scope: its connection scope.
            send: the connection's ASGI send.
            headers: headers of every response.
        """
        try:
            grant = self._granted(scope)
            data = await asyncio.to_thread(self._stored, grant)
        except (BlobUrlInvalidError, BlobUrlExpiredError) as refusal:
            await asgi.respond_text(send, 403, str(refusal), headers)
        except BlobMissingError:
            await asgi.respond_text(send, 404, "there is no such image", headers)
        except BlobError:
            again = ((b"retry-after", b"1"), *headers)
            text = "the image store does not answer; try again"
            await asgi.respond_text(send, 503, text, again)
        else:
            await self._respond(scope, send, grant, data, headers)

    def _granted(self, scope: asgi.Scope) -> ImageGrant:
        digest = scope["path"].rpartition("/")[2]
        query = scope.get("query_string", b"").decode("latin-1")
        return self._keys.granted(digest, query, now_s=self._now_s())

    def _stored(self, grant: ImageGrant) -> bytes:
        data = self._blobs.get(grant.address)
        if hashlib.sha256(data).hexdigest() != grant.digest:
            raise BlobMissingError(grant.address)  # swept, then rendered elsewhere
        return data

    async def _respond(
        self,
        scope: asgi.Scope,
        send: asgi.Send,
        grant: ImageGrant,
        data: bytes,
        headers: asgi.Headers,
    ) -> None:
        etag = f'"{grant.digest}"'.encode()
        left_s = int(grant.expires_s - self._now_s())
        own = [
            (b"etag", etag),
            (b"cache-control", f"private, max-age={left_s}, immutable".encode()),
            # Any page may show an image whose URL it was given: the URL is the right.
            (_SAME_ORIGIN, b"cross-origin"),
            *(pair for pair in headers if pair[0] != _SAME_ORIGIN),
        ]
        if etag in (asgi.header(scope, b"if-none-match") or b""):
            await asgi.respond(send, 304, own)
            return
        own.append((b"content-type", grant.media_type.encode()))
        own.append((b"content-length", str(len(data)).encode()))
        await asgi.respond(send, 200, own, b"" if scope["method"] == "HEAD" else data)
