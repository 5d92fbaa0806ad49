"""Who may call: host names, origins, and the headers that hold a browser to it."""

from typing import Final

from multibo.gateway import asgi
from multibo.gateway.settings import Settings, is_loopback_host

# `blob:` is how the page shows pictures it got over gRPC-Web.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' blob: data:; connect-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS: Final[asgi.Headers] = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
_PREFLIGHT: Final[asgi.Headers] = (
    (b"access-control-allow-methods", b"POST"),
    (
        b"access-control-allow-headers",
        b"authorization, content-type, grpc-timeout, traceparent, x-grpc-web, "
        b"x-request-id, x-user-agent",
    ),
    (b"access-control-max-age", b"600"),
)


class Admission:
    """Decides from the Host and Origin headers whether a request is served."""

    def __init__(self, settings: Settings) -> None:
        """Take the rules.

        Args:
            settings: listen address, further hosts and origins.
        """
        self._origins = frozenset(settings.origins)
        self._hosts = frozenset(settings.hosts)
        self._any_host = not settings.listen.is_loopback and not settings.hosts

    def host_allowed(self, scope: asgi.Scope) -> bool:
        """Tell whether the request was addressed to a name of ours.

        A loopback gateway serves people of this machine without a token, so a
        foreign name that resolves to 127.0.0.1 (DNS rebinding) must not reach it. The
        same holds for a container whose port is published on loopback: list its names.

        Args:
            scope: the connection scope.

        Returns:
            True for any name unless the gateway listens on loopback or has a list.
        """
        if self._any_host:
            return True
        name = host_name(asgi.header(scope, b"host") or b"")
        return is_loopback_host(name) or name in self._hosts

    def origin_allowed(self, scope: asgi.Scope) -> bool:
        """Tell whether the calling page may call.

        Args:
            scope: the connection scope.

        Returns:
            True without an Origin (no browser), for our own and for listed ones.
        """
        origin = asgi.header(scope, b"origin")
        if origin is None:
            return True
        text = origin.decode("latin-1").lower()
        own = (asgi.header(scope, b"host") or b"").decode("latin-1").lower()
        return text.partition("://")[2] == own or text in self._origins

    def headers(self, scope: asgi.Scope, *, preflight: bool = False) -> asgi.Headers:
        """Return the headers of every response to a request.

        Args:
            scope: the connection scope.
            preflight: whether the response answers a CORS preflight.

        Returns:
            Security headers, and CORS headers for a listed origin.
        """
        origin = asgi.header(scope, b"origin")
        if origin is None or origin.decode("latin-1").lower() not in self._origins:
            return SECURITY_HEADERS
        cors = ((b"access-control-allow-origin", origin), (b"vary", b"origin"))
        return (*SECURITY_HEADERS, *cors, *(_PREFLIGHT if preflight else ()))


def host_name(value: bytes) -> str:
    """Return the name in a Host header, in lower case.

    Args:
        value: `name`, `name:port`, `[v6]` or `[v6]:port`.

    Returns:
        The name or address without port and brackets.
    """
    text = value.decode("latin-1").lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0]
