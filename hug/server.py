"""Serving an ASGI application from this process: sockets, uvicorn's settings, the line that says where.

Importing this module imports uvicorn, which an API that is only called or used as a command never
needs: import it where serving starts.
"""

from __future__ import annotations

import asyncio
import copy
import errno
import ipaddress
import logging
import os
import socket
from typing import Any

import uvicorn
import uvicorn.config

from hug.asgi import Application
from hug.exceptions import HugError
from hug.http_protocol import HTTPProtocol

# Whole seconds that requests may still take once the process is told to end. Event streams end by
# themselves at that moment; this is for what does not: a client that stopped reading, a handler that hangs.
GRACE = 1

# Connections the system holds for us until we accept them; uvicorn's own default.
BACKLOG = 2048

# A name may have addresses that this machine lacks, ``::1`` above all where IPv6 is switched off.
UNACKNOWLEDGED = 30
"""Seconds after which a client that does not acknowledge what was sent, a heartbeat perhaps, counts as gone.
The system's own limit is about 15 minutes: https://www.rfc-editor.org/rfc/rfc5482"""

ABSENT_ADDRESS = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}


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
            sockets.append(_listener(family, (address[0], chosen, *address[2:])))
        except OSError as error:
            if error.errno in ABSENT_ADDRESS:
                continue
            close(sockets)
            raise ListenError(host, port, os.strerror(error.errno or 0).lower()) from None
    if not sockets:
        raise ListenError(host, port, "not an address of this machine")
    return sockets


def _listener(family: int, address: tuple[Any, ...]) -> socket.socket:
    listener = socket.create_server(address, family=family, backlog=BACKLOG)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # on Linux, where connections take it over from their listener
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1000 * UNACKNOWLEDGED)
    return listener


def close(sockets: list[socket.socket]) -> None:
    """Close all ``sockets``."""
    for listener in sockets:
        listener.close()


def configuration(*, silent: bool = False, reload_delay: float = 1.0) -> uvicorn.Config:
    """Return uvicorn's settings for an application that is yet to be loaded: set ``app`` before serving.

    Args:
        silent: Log errors only, and no requests.
        reload_delay: Seconds between two looks at the sources, where something looks at them.
    """
    log_config = copy.deepcopy(uvicorn.config.LOGGING_CONFIG)
    log_config["filters"] = {"cut_off": {"()": _CutOff}}
    # Our banner says what uvicorn's INFO lines say. Requests are logged through uvicorn.access.
    log_config["loggers"]["uvicorn.error"] = {
        "level": "ERROR" if silent else "WARNING",
        "filters": ["cut_off"],
    }
    return uvicorn.Config(
        "",
        interface="asgi3",
        http=HTTPProtocol,
        access_log=not silent,
        log_config=log_config,
        backlog=BACKLOG,
        reload_delay=reload_delay,
        timeout_graceful_shutdown=GRACE,
    )


def serve(
    application: Application, host: str = "", port: int = 8000, *, silent: bool = False, title: str = ""
) -> None:
    """Serve ``application`` until SIGINT or SIGTERM, then end within about `GRACE` seconds.

    SIGINT returns; SIGTERM, once the server has ended in order, ends the process as it does by default.

    Args:
        application: An ASGI 3 application.
        host: A name or an address; ``""`` means all interfaces, IPv4 and IPv6.
        port: 0 to 65535; 0 lets the system choose a free one, which the banner tells.
        silent: Print and log nothing but errors.
        title: What the banner calls the application.

    Raises:
        ListenError: The address cannot be had.
    """
    sockets = listen(host, port)
    serve_on(sockets, application, configuration(silent=silent), None if silent else title)


def serve_on(
    sockets: list[socket.socket], application: Application, config: uvicorn.Config, title: str | None
) -> None:
    """Serve ``application`` on ``sockets``, which are closed at the end; no banner if ``title`` is None."""
    config.app = application
    try:
        _Server(config, title).run(sockets)
    except KeyboardInterrupt:
        # uvicorn ends in order and then raises the signals it took again. There is nothing left to interrupt.
        pass
    finally:
        close(sockets)


class _Server(uvicorn.Server):
    """Prints its banner when it can be reached, not before: who opens the URL at once gets an answer."""

    def __init__(self, config: uvicorn.Config, title: str | None) -> None:
        super().__init__(config)
        self._title = title

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._title is not None and sockets:
            print(_banner(self._title, sockets[0].getsockname()), flush=True)


class _CutOff(logging.Filter):
    """Hides the traceback of a request that the server itself cancelled after `GRACE`: nobody's mistake."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


def _banner(title: str, address: tuple[Any, ...]) -> str:
    host, port = address[:2]
    if ipaddress.ip_address(host).is_unspecified:
        host = "localhost"
    elif ":" in host:
        host = f"[{host}]"
    return f"\n  hug serves {title or 'an application'}\n  http://{host}:{port}\n\n  Ctrl-C ends it.\n"
