"""What a check of a request found wrong, and the fields many requests share."""

from __future__ import annotations

import re
from typing import Final

from multibo.optimizer.api.errors import FieldsInvalidError

ETAG_CHARACTERS: Final = 64

_UUID: Final = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
)


class Findings:
    """The violations found so far."""

    def __init__(self) -> None:
        self._violations: list[tuple[str, str]] = []

    def expect(self, holds: object, path: str, text: str) -> None:
        """Note a violation unless `holds`.

        Args:
            holds: what has to be true.
            path: the field, dotted from the request on.
            text: what the field has to be.
        """
        if not holds:
            self._violations.append((path, text))

    def refuse_any(self) -> None:
        """Refuse the request if anything was found.

        Raises:
            FieldsInvalidError: with every violation.
        """
        if self._violations:
            raise FieldsInvalidError(tuple(self._violations))

    def request_id(self, request_id: str) -> None:
        """Note what is wrong with the id of a command.

        Args:
            request_id: as received.
        """
        self.expect(
            _UUID.fullmatch(request_id.lower()),
            "request_id",
            "must be a UUID, new for every command and the same in its repeats",
        )

    def etag(self, etag: str) -> None:
        """Note what is wrong with an optional etag.

        Args:
            etag: as received.
        """
        self.expect(len(etag) <= ETAG_CHARACTERS, "etag", "is none of this server")
