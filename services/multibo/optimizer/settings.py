"""Settings of the optimizer process, from `MULTIBO_OPTIMIZER_<FIELD>`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, TypedDict
from urllib.parse import urlsplit

from multibo.blobs.urls import MAX_TTL_S
from multibo.optimizer.errors import SettingInvalidError
from multibo.telemetry.logs import LEVELS

PREFIX: Final = "MULTIBO_OPTIMIZER_"
SHARED: Final = "MULTIBO_"
DAY_S: Final = 24 * 3600
SPECULATIONS: Final = ("off", "slates", "images")


@dataclass(frozen=True, slots=True)
class Settings:
    """Read once in `__main__`, then passed down."""

    redis_url: str
    """redis-py's spelling; falls back to `MULTIBO_REDIS_URL`, which all share."""
    blob_url: str
    """Where images are; falls back to `MULTIBO_BLOB_URL`."""
    catalog: Path
    """The models; falls back to `MULTIBO_CATALOG`."""
    blob_url_key: str = field(default="", repr=False)
    """Signs image URLs; falls back to `MULTIBO_BLOB_URL_KEY`, which the gateway has
    too. Several, separated by commas: the first signs."""
    gateway_url: str = ""
    """The gateway as its clients reach it: where image URLs lead."""
    image_url_ttl_s: int = 15 * 60
    """How long an image URL lives, at most seven days."""
    listen: str = "127.0.0.1:50051"
    """`host:port`, `[v6]:port` or `unix:/path`."""
    session_ttl_s: int = 7 * DAY_S
    """A session nobody touches for this long is forgotten."""
    max_calls: int = 256
    """Unary calls at a time."""
    max_watches: int = 1_000
    """Open watches of this process."""
    max_project_watches: int = 100
    """Open watches of one project among them."""
    max_project_sessions: int = 1_000
    """Sessions of one project that are not finished."""
    max_project_rows: int = 256
    """Images one project may be waiting for."""
    speculation: str = "off"
    """What is done ahead while a person looks: off, slates (the engine's part) or
    images (their pictures, too)."""
    speculation_rows: int = 8
    """Images that may be asked for ahead for one session at a time."""
    speculation_project_rows: int = 64
    """And for all sessions of one project."""
    speculation_wait_ms: int = 1_000
    """None are while those that people wait for wait longer than this."""
    calls_per_s: int = 100
    """Of one principal; who needs no credentials has no limit."""
    tls_cert: Path | None = None
    """Certificate chain of the listener, PEM; read again when it changes."""
    tls_key: Path | None = None
    """Its private key, PEM."""
    tls_client_ca: Path | None = None
    """Who signs the certificates that callers must show, PEM; None asks for none."""
    api_keys_file: Path | None = None
    """Of `multibo keys`; read again when it changes."""
    jwks_file: Path | None = None
    """Keys that sign bearer tokens; read again when it changes."""
    jwt_issuer: str = ""
    """Whose tokens are taken."""
    jwt_audience: str = ""
    """For whom they must be."""
    metrics_listen: str = ""
    """Where `GET /metrics` and the probes are answered; nowhere if empty."""
    log_level: str = "INFO"
    """One of `multibo.telemetry.logs.LEVELS`."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read the settings.

        Args:
            environment: the process environment.

        Raises:
            SettingInvalidError: if a value is missing or cannot be used.
        """
        read = _Reader(environment)
        plain = cls(
            redis_url=read.shared("REDIS_URL", "redis://host:port/0 or unix:///path"),
            blob_url=read.shared("BLOB_URL", "file:///folder"),
            catalog=Path(read.shared("CATALOG", "the path of a catalog.toml")),
        )
        return replace(
            plain,
            blob_url_key=read.optional("BLOB_URL_KEY"),
            gateway_url=read.gateway(),
            image_url_ttl_s=read.image_url_ttl_s(plain.image_url_ttl_s),
            listen=read.text("LISTEN", plain.listen),
            session_ttl_s=read.positive("SESSION_TTL_S", plain.session_ttl_s),
            max_calls=read.positive("MAX_CALLS", plain.max_calls),
            max_watches=read.positive("MAX_WATCHES", plain.max_watches),
            max_project_watches=read.positive(
                "MAX_PROJECT_WATCHES", plain.max_project_watches
            ),
            max_project_sessions=read.positive(
                "MAX_PROJECT_SESSIONS", plain.max_project_sessions
            ),
            max_project_rows=read.positive("MAX_PROJECT_ROWS", plain.max_project_rows),
            **read.speculation(plain),
            calls_per_s=read.positive("CALLS_PER_S", plain.calls_per_s),
            metrics_listen=read.text("METRICS_LISTEN", plain.metrics_listen),
            log_level=read.level("LOG_LEVEL", plain.log_level),
            **read.tls(),
            **read.credentials(),
        )


class _Tls(TypedDict):
    tls_cert: Path | None
    tls_key: Path | None
    tls_client_ca: Path | None


class _Credentials(TypedDict):
    api_keys_file: Path | None
    jwks_file: Path | None
    jwt_issuer: str
    jwt_audience: str


class _Speculation(TypedDict):
    speculation: str
    speculation_rows: int
    speculation_project_rows: int
    speculation_wait_ms: int


class _Reader:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def text(self, field: str, default: str) -> str:
        return self._environment.get(PREFIX + field, "") or default

    def shared(self, field: str, expected: str) -> str:
        value = self.text(field, self._environment.get(SHARED + field, ""))
        if not value:
            raise SettingInvalidError(name=SHARED + field, value="", expected=expected)
        return value

    def optional(self, field: str) -> str:
        return self.text(field, self._environment.get(SHARED + field, ""))

    def gateway(self) -> str:
        url = self.text("GATEWAY_URL", "")
        parts = urlsplit(url)
        if url and not (parts.scheme in ("http", "https") and parts.netloc):
            raise SettingInvalidError(
                name=PREFIX + "GATEWAY_URL", value=url, expected="https://host[:port]"
            )
        return url

    def image_url_ttl_s(self, default: int) -> int:
        ttl_s = self.positive("IMAGE_URL_TTL_S", default)
        if ttl_s > MAX_TTL_S:
            raise SettingInvalidError(
                name=PREFIX + "IMAGE_URL_TTL_S",
                value=str(ttl_s),
                expected=f"at most {MAX_TTL_S}, seven days",
            )
        return ttl_s

    def positive(self, field: str, default: int) -> int:
        value = self.text(field, str(default))
        if not value.isdecimal() or not int(value):
            raise SettingInvalidError(
                name=PREFIX + field, value=value, expected="a positive whole number"
            )
        return int(value)

    def speculation(self, plain: Settings) -> _Speculation:
        mode = self.text("SPECULATION", plain.speculation)
        if mode not in SPECULATIONS:
            raise SettingInvalidError(
                name=PREFIX + "SPECULATION", value=mode, expected=" ".join(SPECULATIONS)
            )
        return _Speculation(
            speculation=mode,
            speculation_rows=self.positive("SPECULATION_ROWS", plain.speculation_rows),
            speculation_project_rows=self.positive(
                "SPECULATION_PROJECT_ROWS", plain.speculation_project_rows
            ),
            speculation_wait_ms=self.positive(
                "SPECULATION_WAIT_MS", plain.speculation_wait_ms
            ),
        )

    def path(self, field: str) -> Path | None:
        value = self.text(field, "")
        return Path(value) if value else None

    def tls(self) -> _Tls:
        cert, key = self.path("TLS_CERT"), self.path("TLS_KEY")
        client_ca = self.path("TLS_CLIENT_CA")
        if (cert or client_ca) and not key:
            raise self._lacking("TLS_KEY", "the key of MULTIBO_OPTIMIZER_TLS_CERT")
        if key and not cert:
            raise self._lacking("TLS_CERT", "the chain of MULTIBO_OPTIMIZER_TLS_KEY")
        return _Tls(tls_cert=cert, tls_key=key, tls_client_ca=client_ca)

    def credentials(self) -> _Credentials:
        jwks = self.path("JWKS_FILE")
        issuer, audience = self.text("JWT_ISSUER", ""), self.text("JWT_AUDIENCE", "")
        # A token of somebody else's issuer or for another service opens nothing.
        if jwks and not issuer:
            raise self._lacking("JWT_ISSUER", "the `iss` of the tokens")
        if jwks and not audience:
            raise self._lacking("JWT_AUDIENCE", "the `aud` of the tokens")
        return _Credentials(
            api_keys_file=self.path("API_KEYS_FILE"),
            jwks_file=jwks,
            jwt_issuer=issuer,
            jwt_audience=audience,
        )

    def _lacking(self, field: str, expected: str) -> SettingInvalidError:
        return SettingInvalidError(name=PREFIX + field, value="", expected=expected)

    def level(self, field: str, default: str) -> str:
        value = self.text(field, default)
        if value.upper() not in LEVELS:
            raise SettingInvalidError(
                name=PREFIX + field, value=value, expected=" ".join(LEVELS)
            )
        return value
