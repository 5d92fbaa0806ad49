"""Settings of the gateway process, from `MULTIBO_GATEWAY_<FIELD>`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from multibo.gateway.errors import SettingInvalidError
from multibo.telemetry.logs import LEVELS

PREFIX: Final = "MULTIBO_GATEWAY_"


@dataclass(frozen=True, slots=True)
class Address:
    """Where the gateway listens: a TCP host and port, or a unix socket."""

    host: str = ""
    port: int = 0
    """0 lets the system choose."""
    unix_path: str = ""

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can connect."""
        return bool(self.unix_path) or is_loopback_host(self.host)


@dataclass(frozen=True, slots=True)
class Settings:
    """Read once in `__main__`, then passed down."""

    listen: Address = Address(host="127.0.0.1", port=8080)
    """`host:port`, `[v6]:port` or `unix:/path`."""
    optimizer: str = "127.0.0.1:50051"
    """gRPC target of the optimizer."""
    tls_ca: Path | None = None
    """Who signs the optimizer's certificate, PEM; None speaks to it in the clear."""
    tls_cert: Path | None = None
    """Certificate chain to show to the optimizer, PEM; None shows none."""
    tls_key: Path | None = None
    """Its private key, PEM."""
    origins: tuple[str, ...] = ()
    """Other origins whose pages may call, as `https://host[:port]`; none by default."""
    hosts: tuple[str, ...] = ()
    """Names under which the gateway is reached, beside those of loopback. Empty: on
    loopback no other, elsewhere any."""
    blob_url: str = ""
    """Where images are; falls back to `MULTIBO_BLOB_URL`. Empty serves none."""
    blob_url_key: str = field(default="", repr=False)
    """Checks image URLs; falls back to `MULTIBO_BLOB_URL_KEY`, which the optimizer
    signs with. Empty serves none."""
    log_level: str = "INFO"
    """One of `multibo.telemetry.logs.LEVELS`."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the settings.

        Args:
            environment: the process environment.

        Returns:
            The settings, defaults where the environment is silent.

        Raises:
            SettingInvalidError: if a value cannot be used.
        """
        default = cls()
        listen = environment.get(f"{PREFIX}LISTEN", "")
        ca, cert, key = _tls(environment)
        return cls(
            listen=parse_address(listen) if listen else default.listen,
            optimizer=environment.get(f"{PREFIX}OPTIMIZER", "") or default.optimizer,
            tls_ca=ca,
            tls_cert=cert,
            tls_key=key,
            origins=tuple(
                _origin(item) for item in _items(environment, f"{PREFIX}ORIGINS")
            ),
            hosts=tuple(item.lower() for item in _items(environment, f"{PREFIX}HOSTS")),
            blob_url=_shared(environment, "BLOB_URL"),
            blob_url_key=_shared(environment, "BLOB_URL_KEY"),
            log_level=_log_level(environment, default.log_level),
        )


def is_loopback_host(host: str) -> bool:
    """Tell whether a host name or address means this machine.

    Args:
        host: without port and brackets.

    Returns:
        True for `localhost`, its subdomains, 127.0.0.0/8 and `::1`.
    """
    return (
        host in ("localhost", "::1")
        or host.endswith(".localhost")
        or (host.startswith("127.") and host.replace(".", "").isdigit())
    )


def parse_address(text: str) -> Address:
    """Parse a listen address.

    Args:
        text: `host:port`, `[v6]:port` or `unix:/path`.

    Returns:
        The address.

    Raises:
        SettingInvalidError: if the text is none of these.
    """
    if text.startswith("unix:") and len(text) > len("unix:"):
        return Address(unix_path=text.removeprefix("unix:"))
    host, colon, port = text.rpartition(":")
    if not (colon and host and port.isdecimal() and int(port) < 65536):
        raise SettingInvalidError(
            name=f"{PREFIX}LISTEN", value=text, expected="host:port or unix:/path"
        )
    return Address(host=host.strip("[]"), port=int(port))


def _tls(environment: Mapping[str, str]) -> tuple[Path | None, ...]:
    """Return authority, certificate and key; a key goes with a certificate."""
    values = [
        environment.get(f"{PREFIX}TLS_{name}", "") for name in ("CA", "CERT", "KEY")
    ]
    ca, cert, key = values
    if bool(cert) is not bool(key):
        lacking = "TLS_KEY" if cert else "TLS_CERT"
        raise SettingInvalidError(
            name=PREFIX + lacking, value="", expected="certificate and key together"
        )
    if cert and not ca:
        raise SettingInvalidError(
            name=f"{PREFIX}TLS_CA", value="", expected="the optimizer's authority"
        )
    return tuple(Path(value) if value else None for value in values)


def _log_level(environment: Mapping[str, str], default: str) -> str:
    name = f"{PREFIX}LOG_LEVEL"
    level = environment.get(name, "") or default
    if level.upper() not in LEVELS:
        raise SettingInvalidError(name=name, value=level, expected=" ".join(LEVELS))
    return level


def _shared(environment: Mapping[str, str], field: str) -> str:
    own = environment.get(PREFIX + field, "")
    return own or environment.get(f"MULTIBO_{field}", "")


def _items(environment: Mapping[str, str], name: str) -> list[str]:
    parts = environment.get(name, "").split(",")
    return [part.strip() for part in parts if part.strip()]


def _origin(text: str) -> str:
    """Return an origin in the form browsers send it; a wildcard is refused."""
    parts = urlsplit(text)
    exact = f"{parts.scheme}://{parts.netloc}"
    if parts.scheme not in ("http", "https") or not parts.netloc or "*" in text:
        raise SettingInvalidError(
            name=f"{PREFIX}ORIGINS", value=text, expected="https://host[:port], no *"
        )
    return exact.lower()
