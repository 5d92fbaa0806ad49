"""Who calls: the credentials of a call, checked and remembered.

Without credentials to check the process serves a loopback address or a unix socket,
and refuses to start on any other; and TLS is a must wherever others could listen in.
"""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Final

from multibo.optimizer.api.auth_api_keys import PREFIX, KeyRing
from multibo.optimizer.api.auth_files import Reloaded
from multibo.optimizer.api.auth_principals import ANYBODY, PRINCIPAL, Principal
from multibo.optimizer.api.auth_scopes import check_scope
from multibo.optimizer.api.auth_tokens import Issuer, SigningKeys, principal_of
from multibo.optimizer.api.errors import TokenInvalidError, TokenMissingError
from multibo.optimizer.api.registration import Check, Context
from multibo.optimizer.errors import ListenRefusedError

_HEADER: Final = "authorization"
_SCHEME: Final = "bearer "
_MAX_TOKEN: Final = 4_096
_REMEMBERED: Final = 10_000
"""Tokens whose principal is known; a fleet of phones fits."""
_RELOAD_S: Final = 1.0
_PEER_NAMES: Final = ("x509_subject_alternative_name", "x509_common_name")


class Authenticator:
    """Tells principals by bearer tokens, API keys or certificates."""

    def __init__(
        self,
        *,
        jwks: Reloaded[SigningKeys] | None = None,
        issuer: Issuer | None = None,
        keys: Reloaded[KeyRing] | None = None,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        """Remember nobody.

        Args:
            jwks: what signs tokens; None takes none.
            issuer: whose tokens; needed with `jwks`.
            keys: API keys and TLS peers; None takes none.
            now_s: seconds since the epoch.
        """
        self._jwks = jwks
        self._issuer = issuer
        self._keys = keys
        self._now_s = now_s
        self._known: OrderedDict[bytes, Principal] = OrderedDict()

    @property
    def asks(self) -> bool:
        """Whether credentials are asked for at all."""
        return self._jwks is not None or self._keys is not None

    def principal(self, context: Context) -> Principal:
        """Return who makes a call.

        Args:
            context: of the call.

        Raises:
            TokenMissingError: if it brings no credentials.
            TokenInvalidError: if they are worth nothing, or no longer.
        """
        if not self.asks:
            return ANYBODY
        given = [
            value
            for name, value in context.invocation_metadata() or ()
            if name == _HEADER
        ]
        # A caller's own token comes first: a gateway shows its certificate for all.
        found = self._bearer(given) if given else self._peer(context)
        if found.expire_s is not None and found.expire_s <= self._now_s():
            raise TokenInvalidError
        return found

    def _bearer(self, given: list[str | bytes]) -> Principal:
        header = given[0]
        if len(given) > 1 or not isinstance(header, str) or len(header) > _MAX_TOKEN:
            raise TokenInvalidError
        if header[: len(_SCHEME)].lower() != _SCHEME:
            raise TokenInvalidError
        # Not the token itself: a memory dump should not hold what opens the door.
        mark = hashlib.sha256(header.encode()).digest()
        known = self._known.get(mark)
        if known is None:
            known = self._known[mark] = self._holder(header[len(_SCHEME) :].strip())
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return known

    def _holder(self, text: str) -> Principal:
        if text.startswith(PREFIX):
            holder = self._keys.value.holder(text) if self._keys else None
            if holder is None:
                raise TokenInvalidError
            return holder
        if self._jwks is None or self._issuer is None:
            raise TokenInvalidError
        return principal_of(text, self._jwks.value, self._issuer)

    def _peer(self, context: Context) -> Principal:
        keys = self._keys.value if self._keys else KeyRing(())
        found = keys.peer(_peer_names(context))
        if found is None:
            raise TokenMissingError
        return found

    async def refresh(self) -> None:
        """Read what changed on disk; forget everybody if anything did."""
        files = [file for file in (self._jwks, self._keys) if file is not None]
        changed = [await asyncio.to_thread(file.refresh) for file in files]
        if any(changed):
            # Here and not in the thread: no call is half-way between reading the
            # old file and remembering what it said.
            self._known.clear()

    async def run(self) -> None:
        """Refresh once a second until canceled."""
        while self.asks:
            await asyncio.sleep(_RELOAD_S)
            await self.refresh()

    def admit(self, method: str, context: Context) -> Check:
        """Let a call in: who makes it, and may that one?

        Args:
            method: full name.
            context: of the call.

        Returns:
            What to do before each message of a stream: its credentials may have
            expired or been revoked since. A watch says something every 10 s.

        Raises:
            TokenMissingError: if it brings no credentials.
            TokenInvalidError: if they are worth nothing, or no longer.
            ScopeMissingError: if they are not for this method.
        """
        principal = self.principal(context)
        PRINCIPAL.set(principal)
        check_scope(principal, method)
        return lambda: check_scope(self.principal(context), method)


def _peer_names(context: Context) -> Iterator[str]:
    properties = context.auth_context()
    for kind in _PEER_NAMES:
        for name in properties.get(kind, ()):
            yield name.decode(errors="replace")


def check_listen(listen: str, *, asks: bool = False, tls: bool = False) -> str:
    """Return a listen address that may be served.

    Args:
        listen: `host:port`, `[v6]:port` or `unix:/path`.
        asks: whether callers have to show credentials.
        tls: whether the listener encrypts.

    Raises:
        ListenRefusedError: if other machines could connect without either.
    """
    if listen.startswith("unix:") or (asks and tls) or is_loopback(listen):
        return listen
    raise ListenRefusedError(
        f"{listen} can be reached by other machines: set up authentication "
        "(MULTIBO_OPTIMIZER_API_KEYS_FILE or MULTIBO_OPTIMIZER_JWKS_FILE) and TLS "
        "(MULTIBO_OPTIMIZER_TLS_CERT, MULTIBO_OPTIMIZER_TLS_KEY), or listen on "
        "127.0.0.1, [::1] or a unix socket"
    )


def is_loopback(listen: str) -> bool:
    """Say whether only this machine reaches an address.

    Args:
        listen: `host:port` or `[v6]:port`.
    """
    host = listen.rpartition(":")[0].strip("[]")
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
