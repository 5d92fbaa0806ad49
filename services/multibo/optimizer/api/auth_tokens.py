"""Bearer tokens: JWTs signed by a key of a JWKS file (RFC 7515, 7517, 7519)."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from multibo.optimizer.api.auth_files import read_text
from multibo.optimizer.api.auth_principals import Principal
from multibo.optimizer.api.errors import TokenInvalidError
from multibo.optimizer.errors import CredentialsUnreadableError

ALGORITHMS: Final = ("HS256", "RS256", "ES256")
LEEWAY_S: Final = 30
"""Clocks differ; a token is taken this long after its expiry."""
_REQUIRED: Final = ("exp", "iss", "aud", "sub")
_MIN_SECRET_BYTES: Final = 32
_MIN_RSA_BITS: Final = 2048


@dataclass(frozen=True, slots=True)
class Issuer:
    """Whose tokens are taken, and for whom they must be."""

    issuer: str
    audience: str


class SigningKeys:
    """The keys of a JWKS document, by id."""

    def __init__(self, keys: Iterable[jwt.PyJWK]) -> None:
        self._keys = tuple(keys)

    def key_of(self, header: dict[str, Any]) -> jwt.PyJWK:
        """Return the key that a token says it was signed with.

        The key says which algorithm is used; a token cannot choose.

        Args:
            header: the token's; without `kid` only where there is a single key.

        Raises:
            TokenInvalidError: if there is no such key for that algorithm.
        """
        id = header.get("kid")
        known = [key for key in self._keys if id is None or key.key_id == id]
        if len(known) != 1 or known[0].algorithm_name != header.get("alg"):
            raise TokenInvalidError
        return known[0]


def load_jwks(path: Path) -> SigningKeys:
    """Read a JWKS file.

    Args:
        path: of a document `{"keys": [...]}`; `oct` keys hold at least 32 bytes, RSA
            keys 2048 bits.

    Raises:
        CredentialsUnreadableError: if it is missing, damaged or empty, or a key is
            weak, has the id of another, or is for another algorithm.
    """
    text = read_text(path)
    try:
        entries = json.loads(text)["keys"]
        keys = [_key(entry) for entry in entries]
    except (KeyError, TypeError, ValueError, jwt.PyJWTError):
        # Without the cause: its words may quote the key.
        raise CredentialsUnreadableError(path, "not a usable JWKS") from None
    ids = [key.key_id for key in keys]
    if not keys or len(set(ids)) != len(ids):
        raise CredentialsUnreadableError(path, "no keys, or two of one id")
    return SigningKeys(keys)


def _key(entry: dict[str, Any]) -> jwt.PyJWK:
    key = jwt.PyJWK(entry)
    if key.algorithm_name not in ALGORITHMS:
        raise ValueError("another algorithm")
    raw = key.key
    if isinstance(raw, bytes) and len(raw) < _MIN_SECRET_BYTES:
        raise ValueError("a short secret")
    # What a private key is given for has a public half.
    public = raw.public_key() if hasattr(raw, "public_key") else raw
    if isinstance(public, RSAPublicKey) and public.key_size < _MIN_RSA_BITS:
        raise ValueError("a short modulus")
    return key


def principal_of(token: str, keys: SigningKeys, issuer: Issuer) -> Principal:
    """Return who calls with a token.

    Args:
        token: compact JWS.
        keys: that may have signed it.
        issuer: what its claims must say.

    Raises:
        TokenInvalidError: if it is not a token of that issuer for that audience,
            signed by one of the keys and still valid; it does not say why.
    """
    try:
        key = keys.key_of(jwt.get_unverified_header(token))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", jwt.InsecureKeyLengthWarning)
            claims = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                audience=issuer.audience,
                issuer=issuer.issuer,
                leeway=LEEWAY_S,
                options={"require": list(_REQUIRED)},
            )
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        raise TokenInvalidError from None
    return _principal(claims)


def _principal(claims: dict[str, Any]) -> Principal:
    projects, scope = claims.get("projects", []), claims.get("scope", "")
    if not isinstance(projects, list) or not isinstance(scope, str):
        raise TokenInvalidError
    if not all(isinstance(project, str) for project in projects):
        raise TokenInvalidError
    return Principal(
        name=f"jwt:{claims['sub']}",
        projects=frozenset(projects),
        scopes=frozenset(scope.split()),
        expire_s=float(claims["exp"]) + LEEWAY_S,
    )
