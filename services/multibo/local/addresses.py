"""Listen addresses: what may be listened on, and which port is free."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass

from multibo.local.errors import ListenAddressRefusedError


@dataclass(frozen=True, slots=True)
class Address:
    """A host of this machine and a port; port 0 stands for any free one."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def parse_loopback(text: str) -> Address:
    """Return the address, if only this machine can reach it.

    Args:
        text: `host:port` or `[v6]:port`.

    Raises:
        ListenAddressRefusedError: if it is malformed, or not on loopback: without
            API keys whoever reaches the port could use the stack.
    """
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (colon and host and port.isascii() and port.isdigit()):
        raise ListenAddressRefusedError(text, "expected HOST:PORT")
    if int(port) > 65535:
        raise ListenAddressRefusedError(text, "a port is at most 65535")
    if not _is_loopback(host):
        raise ListenAddressRefusedError(
            text,
            "not a loopback address. There are no API keys yet, so anybody who "
            "reaches the port could use the stack; listen on 127.0.0.1 and forward "
            "the port, for example with `ssh -L`",
        )
    return Address(host, int(port))


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def settle_port(address: Address, *, remembered: int | None) -> Address:
    """Return the address with a port that is free now.

    Args:
        address: where to listen.
        remembered: the port used last time, taken again if it is free, so that a
            page's address outlives a restart. Only counts if `address` has port 0.

    Raises:
        ListenAddressRefusedError: if the port asked for is taken.
    """
    if address.port == 0 and remembered:
        again = Address(address.host, remembered)
        if _bound_port(again) is not None:
            return again
    port = _bound_port(address)
    if port is None:
        raise ListenAddressRefusedError(str(address), "the port is taken")
    return Address(address.host, port)


def _bound_port(address: Address) -> int | None:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As servers do: a connection of the last run in TIME_WAIT is no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.host, address.port))
        except OSError:
            return None
        return int(probe.getsockname()[1])
