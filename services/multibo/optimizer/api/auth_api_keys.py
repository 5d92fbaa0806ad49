"""API keys: made by `multibo keys`, stored as salted hashes in one JSON file.

A key is `mbo_<id>_<secret>` with a secret of 256 random bits, which nobody can guess:
one salted SHA-256 keeps it, where a password would need a slow hash. The file also
names the TLS peers that may call, by the name in their certificate.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import secrets
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from multibo.optimizer.api.auth_files import read_text
from multibo.optimizer.api.auth_principals import Principal, Scope
from multibo.optimizer.errors import CredentialsUnreadableError

SCHEMA: Final = 1
PREFIX: Final = "mbo_"
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_BROKEN: Final = (KeyError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What the file holds of a key: enough to check it, not to use it."""

    id: str
    projects: tuple[str, ...]
    scopes: tuple[str, ...]
    salt: str = ""
    """Hexadecimal; empty for a peer."""
    digest: str = ""
    """SHA-256 of salt and secret, hexadecimal; empty for a peer."""
    peer: str = ""
    """Name in the certificate of a TLS peer, instead of a secret."""
    create_s: int = 0
    expire_s: int | None = None
    """Seconds since the epoch; None never."""
    note: str = ""

    def principal(self) -> Principal:
        """Return who calls with this key."""
        return Principal(
            name=f"peer:{self.peer}" if self.peer else f"key:{self.id}",
            projects=frozenset(self.projects),
            scopes=frozenset(self.scopes),
            expire_s=self.expire_s,
        )


class KeyRing:
    """The keys of a file, ready to be asked."""

    def __init__(self, keys: Iterable[ApiKey]) -> None:
        every = tuple(keys)
        self._by_id = {key.id: key for key in every if not key.peer}
        self._by_peer = {key.peer: key for key in every if key.peer}

    def holder(self, text: str) -> Principal | None:
        """Return whose key this is; None if nobody's.

        Args:
            text: `mbo_<id>_<secret>`.
        """
        id, _, secret = text.removeprefix(PREFIX).partition("_")
        key = self._by_id.get(id)
        if key is None:
            return None
        digest = _digest(bytes.fromhex(key.salt), secret)
        return key.principal() if hmac.compare_digest(digest, key.digest) else None

    def peer(self, names: Iterable[str]) -> Principal | None:
        """Return the first peer that has an entry; None if none has.

        Args:
            names: those of its certificate.
        """
        found = (self._by_peer.get(name) for name in names)
        return next((key.principal() for key in found if key), None)


def new_key(
    projects: Iterable[str],
    scopes: Iterable[Scope],
    *,
    peer: str = "",
    ttl_s: int | None = None,
    note: str = "",
) -> tuple[ApiKey, str]:
    """Make a key.

    Args:
        projects: ids, or `*` for all.
        scopes: what it may do.
        peer: makes an entry for a TLS peer of this name, without a secret.
        ttl_s: how long it lives; None for ever.
        note: for the people who list the keys.

    Returns:
        What to store, and the key itself, which is shown once; "" for a peer.
    """
    id = "".join(secrets.choice(_ALPHABET) for _ in range(10))
    salt, secret = secrets.token_bytes(16), secrets.token_urlsafe(32)
    now_s = int(time.time())
    key = ApiKey(
        id=id,
        projects=tuple(sorted(set(projects))),
        scopes=tuple(sorted(set(scopes))),
        salt="" if peer else salt.hex(),
        digest="" if peer else _digest(salt, secret),
        peer=peer,
        create_s=now_s,
        expire_s=None if ttl_s is None else now_s + ttl_s,
        note=note,
    )
    return key, "" if peer else f"{PREFIX}{id}_{secret}"


def load_keys(path: Path) -> tuple[ApiKey, ...]:
    """Read a file of keys.

    Args:
        path: of the file.

    Raises:
        CredentialsUnreadableError: if it is missing, damaged or of another schema.
    """
    text = read_text(path)
    try:
        document = json.loads(text)
        if document["schema"] != SCHEMA:
            raise CredentialsUnreadableError(path, "of another schema")
        return tuple(_key(entry) for entry in document["keys"])
    except _BROKEN:
        # Without the cause: its words may quote the file.
        raise CredentialsUnreadableError(path, "not a file of keys") from None


@contextmanager
def editing(path: Path) -> Iterator[list[ApiKey]]:
    """Change a file of keys while nobody else does; a missing one is made.

    Args:
        path: of the file; replaced as a whole, readable by its owner alone.

    Yields:
        The keys; what the block leaves in the list is written.

    Raises:
        CredentialsUnreadableError: if it is damaged or cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_name(path.name + ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            keys = list(load_keys(path)) if path.exists() else []
            yield keys
            _write(path, keys)
    except OSError as error:
        raise CredentialsUnreadableError(path, str(error.strerror)) from error


def _write(path: Path, keys: list[ApiKey]) -> None:
    document = {"schema": SCHEMA, "keys": [asdict(key) for key in keys]}
    # mkstemp makes files of mode 0600.
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _key(entry: dict[str, Any]) -> ApiKey:
    fields = dict(entry)
    scopes = tuple(Scope(scope) for scope in fields.pop("scopes"))
    projects = tuple(str(project) for project in fields.pop("projects"))
    key = ApiKey(projects=projects, scopes=scopes, **fields)
    if not key.peer and not (key.digest and bytes.fromhex(key.salt)):
        raise ValueError("neither a secret nor a peer")
    return key


def _digest(salt: bytes, secret: str) -> str:
    return hashlib.sha256(salt + secret.encode()).hexdigest()
