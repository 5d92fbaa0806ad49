"""A token is taken if an issuer's key signed it, for us, and not long ago."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from multibo.optimizer.api.auth_tokens import LEEWAY_S, load_jwks, principal_of
from multibo.optimizer.api.errors import TokenInvalidError
from multibo.optimizer.errors import CredentialsUnreadableError
from tests.support.credentials import ISSUER, Signer, a_signer, write_jwks


@pytest.fixture(scope="module", params=["HS256", "RS256", "ES256"])
def signer(request: pytest.FixtureRequest) -> Signer:
    return a_signer(request.param)


def test_its_claims_say_who_calls(signer: Signer, tmp_path: Path) -> None:
    keys = load_jwks(write_jwks(tmp_path / "jwks", [signer, a_signer(id="other")]))
    expire_s = int(time.time()) + 60
    token = signer.token(
        exp=expire_s, projects=["a", "b"], scope="sessions.read images.read"
    )

    principal = principal_of(token, keys, ISSUER)

    assert principal.name == "jwt:ann"
    assert principal.projects == {"a", "b"}
    assert principal.scopes == {"sessions.read", "images.read"}
    assert principal.expire_s == expire_s + LEEWAY_S


@pytest.mark.parametrize(
    "claims",
    [
        *({"iss": "https://elsewhere.org"}, {"iss": None}),
        *({"aud": "another-service"}, {"aud": None}, {"sub": None}),
        *({"exp": 10**9}, {"exp": None}),
        {"nbf": 2**33},
        *({"projects": "local"}, {"projects": [1]}, {"scope": ["sessions.read"]}),
    ],
    ids=str,
)
def test_a_claim_that_does_not_fit_spoils_it(
    signer: Signer, tmp_path: Path, claims: dict[str, Any]
) -> None:
    keys = load_jwks(write_jwks(tmp_path / "jwks", [signer]))

    with pytest.raises(TokenInvalidError):
        principal_of(signer.token(**claims), keys, ISSUER)


def test_without_projects_and_scope_it_opens_nothing(tmp_path: Path) -> None:
    signer = a_signer()
    keys = load_jwks(write_jwks(tmp_path / "jwks", [signer]))

    principal = principal_of(signer.token(projects=None, scope=None), keys, ISSUER)

    assert (principal.projects, principal.scopes) == (frozenset(), frozenset())


def test_a_key_of_another_id_or_issuer_does_not_do(
    signer: Signer, tmp_path: Path
) -> None:
    keys = load_jwks(write_jwks(tmp_path / "jwks", [signer]))

    for token in (
        signer.token(header={"kid": "k2"}),
        a_signer(signer.algorithm).token() if signer.algorithm != "HS256" else "x.y.z",
    ):
        with pytest.raises(TokenInvalidError):
            principal_of(token, keys, ISSUER)


def test_a_token_does_not_choose_its_algorithm(tmp_path: Path) -> None:
    signer = a_signer("RS256")
    keys = load_jwks(write_jwks(tmp_path / "jwks", [signer]))
    public = signer.private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    header, body, _ = signer.token().split(".")
    forged = {"alg": "HS256", "kid": signer.id, "typ": "JWT"}
    unsigned = {"alg": "none", "kid": signer.id, "typ": "JWT"}

    assert header
    for bad in (
        f"{_encoded(unsigned)}.{body}.",
        _signed_with_text(public, forged, body),
    ):
        with pytest.raises(TokenInvalidError):
            principal_of(bad, keys, ISSUER)


def _encoded(header: dict[str, str]) -> str:
    text = json.dumps(header).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def _signed_with_text(secret: bytes, header: dict[str, str], body: str) -> str:
    text = f"{_encoded(header)}.{body}"
    mac = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    signature = mac.sign(text.encode(), secret)
    return f"{text}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


@pytest.mark.parametrize("token", ["", ".", "a.b.c", "ü", "[" * 5000, "e30.e30.e30"])
def test_what_is_no_token_is_refused(tmp_path: Path, token: str) -> None:
    keys = load_jwks(write_jwks(tmp_path / "jwks", [a_signer()]))

    with pytest.raises(TokenInvalidError):
        principal_of(token, keys, ISSUER)


@pytest.mark.parametrize(
    "text",
    [
        *("", "{}", "[]", '{"keys": []}', '{"keys": [{}]}', '{"keys": [{"kty": "x"}]}'),
        '{"keys": [{"kty": "oct", "k": "c2hvcnQ", "alg": "HS256", "kid": "a"}]}',
        '{"keys": [{"kty": "oct", "k": "c2hvcnQ", "alg": "HS512", "kid": "a"}]}',
    ],
)
def test_a_file_that_is_of_no_use_is_named_and_not_quoted(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "jwks.json"
    path.write_text(text)

    with pytest.raises(CredentialsUnreadableError, match=r"jwks\.json") as error:
        load_jwks(path)

    assert "c2hvcnQ" not in str(error.value)


def test_two_keys_of_one_id_are_refused(tmp_path: Path) -> None:
    path = write_jwks(tmp_path / "jwks", [a_signer(), a_signer("ES256")])

    with pytest.raises(CredentialsUnreadableError):
        load_jwks(path)
