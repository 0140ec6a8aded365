"""The sockets that a server listens on."""

from __future__ import annotations

import errno
import os
import socket

from hug.exceptions import HugError

BACKLOG = 4096
"""Connections the system holds for us until we accept them. It takes less if that is its limit (Linux:
``net.core.somaxconn``), and who comes when there are more tries again a second later."""

# A name may have addresses that this machine lacks, ``::1`` above all where IPv6 is switched off.
ABSENT_ADDRESS = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}

_TAKEN = "another program listens there; name another port (0: any that is free)"


class ListenError(HugError, OSError):
    """A server could not get the address it was asked to serve."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(f"cannot listen on {host or 'all interfaces'}, port {port}: {reason}")
        self.host = host
        self.port = port
        self.reason = reason


def listen(host: str, port: int) -> list[socket.socket]:
    """Return sockets that listen on every address of ``host``; the caller closes them.

    Each address gets a socket of its own. One dual-stack socket would do for all interfaces, but on it
    an IPv4 client shows as ``::ffff:127.0.0.1``, in logs and where proxies are trusted by address.

    Args:
        host: A name or an address; ``""`` means all interfaces, IPv4 and IPv6.
        port: 0 to 65535; 0 lets the system choose a free one.

    Raises:
        ListenError: The port is out of range, taken or not permitted, or the host is not this machine.
    """
    if not 0 <= port <= 65535:
        raise ListenError(host, port, "a port is a number from 0 to 65535")
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError):  # UnicodeError: a name that cannot be encoded for the resolver
        raise ListenError(host, port, "no such host") from None
    sockets: list[socket.socket] = []
    for family, _, _, _, address in dict.fromkeys(found):
        # Port 0 is chosen once, by the first address; the others follow it.
        chosen = sockets[0].getsockname()[1] if sockets else port
        try:
            there = (address[0], chosen, *address[2:])
            sockets.append(socket.create_server(there, family=family, backlog=BACKLOG))
        except OSError as error:
            if error.errno in ABSENT_ADDRESS:
                continue
            close(sockets)
            reason = _TAKEN if error.errno == errno.EADDRINUSE else os.strerror(error.errno or 0).lower()
            raise ListenError(host, port, reason) from None
    if not sockets:
        raise ListenError(host, port, "not an address of this machine")
    return sockets


def close(sockets: list[socket.socket]) -> None:
    """Close all ``sockets``."""
    for listener in sockets:
        listener.close()
