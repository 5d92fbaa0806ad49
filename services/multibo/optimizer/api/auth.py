"""Who may call: for now anybody who reaches the process, which only this machine can.

Without credentials the process serves a loopback address or a unix socket and
refuses to start on any other.
"""

from __future__ import annotations

import ipaddress

from multibo.optimizer.errors import ListenRefusedError


def check_listen(listen: str) -> str:
    """Return a listen address that strangers cannot reach.

    Args:
        listen: `host:port`, `[v6]:port` or `unix:/path`.

    Raises:
        ListenRefusedError: if other machines could connect.
    """
    if listen.startswith("unix:"):
        return listen
    host = listen.rpartition(":")[0].strip("[]")
    if host == "localhost" or _is_loopback(host):
        return listen
    raise ListenRefusedError(
        f"{listen} can be reached by other machines, and there is no authentication "
        "yet: listen on 127.0.0.1, [::1] or a unix socket, behind a proxy that "
        "authenticates"
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
