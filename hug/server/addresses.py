"""The two ends of a connection, as an application is told of them."""

import asyncio
import contextlib
import socket
from typing import Any


def addresses(transport: asyncio.Transport) -> tuple[tuple[str, int | None] | None, tuple[str, int] | None]:
    """Return our address and the client's, as ASGI has them in a scope: None for one that has no name.

    uvicorn's own functions do the same, with a socket of their own for each.

    Source: https://asgi.readthedocs.io/en/latest/specs/www.html#http-connection-scope
    """
    found = transport.get_extra_info("socket")
    if found is None:
        ours, client = transport.get_extra_info("sockname"), transport.get_extra_info("peername")
    else:
        own = socket.socket(found.family, found.type, found.proto, found.fileno())
        try:
            ours, client = own.getsockname(), None
            with contextlib.suppress(OSError):  # the client has left already
                client = own.getpeername()
        finally:
            own.detach()
    if isinstance(ours, str):
        return (ours, None) if ours else None, None  # in the file system, where clients have no names
    return _pair(ours), _pair(client)


def _pair(address: Any) -> tuple[str, int] | None:
    return (str(address[0]), int(address[1])) if isinstance(address, tuple) else None
