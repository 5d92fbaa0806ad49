"""Page tokens: opaque, signed, and good for one listing with one filter."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from typing import Final

from multibo.optimizer.api.errors import PageTokenInvalidError
from multibo.optimizer.api.limits import MAX_PAGE, MESSAGE_BYTES

DEFAULT_PAGE: Final = 50
PAGE_BYTES: Final = MESSAGE_BYTES - 64 * 1024
"""What the entries of one page may take of a message."""
_SIGNATURE_BYTES: Final = 16


def page_limit(page_size: int) -> int:
    """Return how many entries a page may have.

    Args:
        page_size: as asked for, >= 0; 0 is the default, too many are cut.
    """
    return min(page_size or DEFAULT_PAGE, MAX_PAGE)


class PageTokens:
    """Signs cursors with the secret that all replicas share."""

    def __init__(self, secret: Callable[[], Awaitable[bytes]]) -> None:
        self._read_secret = secret
        self._secret = b""

    async def seal(self, cursor: str, listing: bytes) -> str:
        """Return the token of a cursor; "" stays "", the end of the listing.

        Args:
            cursor: where the listing goes on.
            listing: method, parent and filter as bytes.
        """
        if not cursor:
            return ""
        place = cursor.encode()
        signature = await self._signature(place, listing)
        return base64.urlsafe_b64encode(signature + place).decode().rstrip("=")

    async def open(self, token: str, listing: bytes) -> str:
        """Return the cursor of a token; "" is the start of the listing.

        Args:
            token: what `seal` returned.
            listing: method, parent and filter of this call.

        Raises:
            PageTokenInvalidError: if the token is not ours or of another listing.
        """
        if not token:
            return ""
        try:
            sealed = base64.b64decode(
                token + "=" * (-len(token) % 4), altchars=b"-_", validate=True
            )
        except (binascii.Error, ValueError):
            raise PageTokenInvalidError("not a token") from None
        given, place = sealed[:_SIGNATURE_BYTES], sealed[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(given, await self._signature(place, listing)):
            raise PageTokenInvalidError("not a token of this listing")
        return place.decode()

    async def _signature(self, place: bytes, listing: bytes) -> bytes:
        self._secret = self._secret or await self._read_secret()
        # The length keeps a cursor from running over into the listing.
        text = len(place).to_bytes(4, "big") + place + listing
        return hmac.digest(self._secret, text, hashlib.sha256)[:_SIGNATURE_BYTES]
