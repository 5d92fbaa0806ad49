"""The built page, read once from package data and served from memory."""

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from multibo.gateway import asgi

PAGE: Final = Path(__file__).parent / "page"

_SUFFIXES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
# The page names its files with their digest, so such a copy never goes stale.
_IMMUTABLE: Final = b"public, max-age=31536000, immutable"
_REVALIDATE: Final = b"no-cache"
_WORTH_GZIP_BYTES: Final = 1024


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file of the page, in both encodings."""

    media_type: bytes
    digest: bytes
    """First 16 hexadecimal digits of the SHA-256 of the plain bytes."""
    plain: bytes
    gzipped: bytes
    """Empty when compressing is not worth it."""


class StaticFiles:
    """All files of the page by path."""

    def __init__(self, folder: Path = PAGE) -> None:
        """Read the files.

        Args:
            folder: flat folder of the built page.
        """
        self._files = {
            f"/{path.name}": _read(path)
            for path in sorted(folder.iterdir())
            if path.suffix in _SUFFIXES
        }
        if "/index.html" in self._files:
            self._files["/"] = self._files["/index.html"]

    def __contains__(self, path: str) -> bool:
        """Tell whether a path is a file of the page.

        Args:
            path: URL path.
        """
        return path in self._files

    async def __call__(
        self, scope: asgi.Scope, send: asgi.Send, headers: asgi.Headers
    ) -> None:
        """Answer a GET or HEAD of a path that is in here.

        Args:
            scope: its connection scope.
            send: the connection's ASGI send.
            headers: headers of every response.
        """
        file = self._files[scope["path"]]
        accepted = asgi.header(scope, b"accept-encoding") or b""
        zipped = bool(file.gzipped) and b"gzip" in accepted
        body = file.gzipped if zipped else file.plain
        etag = b'"%b%b"' % (file.digest, b"-gz" if zipped else b"")
        own = [
            (b"etag", etag),
            (b"cache-control", _cache_control(scope, file)),
            (b"vary", b"accept-encoding"),
            *headers,
        ]
        if etag in (asgi.header(scope, b"if-none-match") or b"").replace(b"W/", b""):
            await asgi.respond(send, 304, own)
            return
        own.append((b"content-type", file.media_type))
        own.append((b"content-length", str(len(body)).encode()))
        if zipped:
            own.append((b"content-encoding", b"gzip"))
        await asgi.respond(send, 200, own, b"" if scope["method"] == "HEAD" else body)


def _cache_control(scope: asgi.Scope, file: StaticFile) -> bytes:
    named = scope.get("query_string", b"") == b"v=" + file.digest
    return _IMMUTABLE if named else _REVALIDATE


def _read(path: Path) -> StaticFile:
    plain = path.read_bytes()
    gzipped = gzip.compress(plain, mtime=0) if len(plain) > _WORTH_GZIP_BYTES else b""
    return StaticFile(
        media_type=_SUFFIXES[path.suffix].encode(),
        digest=hashlib.sha256(plain).hexdigest()[:16].encode(),
        plain=plain,
        gzipped=gzipped,
    )
