"""Tokens, keys and certificates made for a test."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from multibo.optimizer.api.auth import Authenticator
from multibo.optimizer.api.auth_api_keys import KeyRing, load_keys
from multibo.optimizer.api.auth_files import Reloaded
from multibo.optimizer.api.auth_principals import Scope
from multibo.optimizer.api.auth_tokens import Issuer, load_jwks

ISSUER = Issuer("https://login.example.org", "multibo")
EVERY_SCOPE = " ".join(Scope)


@dataclass(frozen=True)
class Signer:
    """A private key and what a JWKS says about it."""

    id: str
    algorithm: str
    private: Any
    jwk: dict[str, Any]

    def token(self, *, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """A valid token, less what `claims` says; None leaves a claim out."""
        every = {
            "iss": ISSUER.issuer,
            "aud": ISSUER.audience,
            "sub": "ann",
            "exp": int(time.time()) + 600,
            "projects": ["local"],
            "scope": EVERY_SCOPE,
            **claims,
        }
        given = {name: value for name, value in every.items() if value is not None}
        return jwt.encode(
            given,
            self.private,
            self.algorithm,
            headers={"kid": self.id, **(header or {})},
        )


def a_signer(algorithm: str = "HS256", *, id: str = "k1") -> Signer:
    private: Any
    if algorithm == "HS256":
        private = b"0123456789abcdef0123456789abcdef"
        jwk = json.loads(jwt.algorithms.HMACAlgorithm.to_jwk(private))
    elif algorithm == "RS256":
        private = rsa.generate_private_key(65537, 2048)
        jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key()))
    else:
        private = ec.generate_private_key(ec.SECP256R1())
        jwk = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(private.public_key()))
    return Signer(id, algorithm, private, {**jwk, "kid": id, "alg": algorithm})


def write_jwks(path: Path, signers: Iterable[Signer]) -> Path:
    path.write_text(json.dumps({"keys": [signer.jwk for signer in signers]}))
    return path


def an_authenticator(
    *, jwks: Path | None = None, keys: Path | None = None, **others: Any
) -> Authenticator:
    return Authenticator(
        jwks=Reloaded(lambda: load_jwks(jwks), jwks) if jwks else None,
        issuer=ISSUER,
        keys=Reloaded(lambda: KeyRing(load_keys(keys)), keys) if keys else None,
        **others,
    )


def bearer(token: str) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {token}"),)


@dataclass(frozen=True)
class Certificate:
    """A certificate and its key, as PEM files."""

    cert: Path
    key: Path
    signed: Any
    private: Any


def a_certificate(
    folder: Path, name: str, *, signer: Certificate | None = None
) -> Certificate:
    """One for 127.0.0.1 and `name`; without a signer it is an authority."""
    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    names = [x509.DNSName(name), x509.IPAddress(ip_address("127.0.0.1"))]
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signer.signed.subject if signer else subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=signer is None, path_length=None), True)
        .add_extension(x509.SubjectAlternativeName(names), False)
        .sign(signer.private if signer else private, hashes.SHA256())
    )
    cert, key = folder / f"{name}.pem", folder / f"{name}.key"
    cert.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return Certificate(cert, key, signed, private)
