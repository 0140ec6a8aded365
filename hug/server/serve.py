"""Serving an ASGI application from this process: uvicorn's settings, and the line that says where.

Importing this module imports uvicorn, which an API that is only called or used as a command never
needs: import it where serving starts.
"""

from __future__ import annotations

import asyncio
import copy
import logging
import socket
from collections.abc import Callable
from functools import partial
from typing import Final

import uvicorn
import uvicorn.config
from uvicorn.logging import DefaultFormatter

from hug.asgi_types import Application
from hug.ending_budget import GRACE
from hug.eventstream.loop.running_loop import in_loop
from hug.exceptions import HugError
from hug.server.banner import banner
from hug.server.garbage import rare_collections
from hug.server.http_protocol import HTTPProtocol
from hug.server.sockets import BACKLOG, close, listen
from hug.web.loop_in_thread import outcome

LOOK: Final = 0.1
"""Seconds between two looks, while a server starts, whether it has been told to end: uvicorn looks later."""


def configuration(
    *, silent: bool = False, reload_delay: float = 1.0, workers: int = 1, limit: int | None = None
) -> uvicorn.Config:
    """Return uvicorn's settings for an application that is yet to be loaded: set ``app`` before serving.

    Args:
        silent: Log errors only, and no requests.
        reload_delay: Seconds between two looks at the sources, where something looks at them.
        workers: How many processes serve. Of several, each line of the log names its own.
        limit: Requests after which a process ends, and up to a tenth more, so that not all end at once.
    """
    log_config = copy.deepcopy(uvicorn.config.LOGGING_CONFIG)
    # Our banner says what uvicorn's INFO lines say. Requests are logged through uvicorn.access.
    log_config["loggers"]["uvicorn.error"] = {"level": "ERROR" if silent else "WARNING"}
    if workers > 1:
        for formatter in log_config["formatters"].values():
            formatter["fmt"] = formatter["fmt"].replace(" ", " [%(process)d] ", 1)
    return uvicorn.Config(
        "",
        interface="asgi3",
        http=HTTPProtocol,
        ws="none",  # a handshake is answered as the GET that it is
        access_log=not silent,
        log_config=log_config,
        backlog=BACKLOG,
        reload_delay=reload_delay,
        workers=workers,
        limit_max_requests=limit,
        limit_max_requests_jitter=(limit or 0) // 10,
        # Streams end by themselves: this is for what does not, a client that stopped reading, say.
        timeout_graceful_shutdown=GRACE,
    )


def name_lines(config: uvicorn.Config) -> None:
    """Have lines of a log that the program says nothing about look as uvicorn's do, with level and process.

    Python prints the bare message of a logger without a handler, from WARNING on: those of brokers and
    sources are such. A program that sets up logging has it as it likes.
    """
    formatters = config.log_config["formatters"] if isinstance(config.log_config, dict) else {}
    if logging.lastResort is not None and "default" in formatters:
        logging.lastResort.setFormatter(DefaultFormatter(formatters["default"]["fmt"]))


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
        LoopRunning: This thread runs an event loop already.
    """
    if in_loop():
        raise LoopRunning
    sockets = listen(host, port)
    text = "" if silent else banner(title, sockets)
    serve_on(sockets, application, configuration(silent=silent), partial(tell, text))


def tell(text: str) -> None:
    """Print ``text``, if there is any, for whoever waits for it."""
    if text:
        print(text, flush=True)


def serve_on(
    sockets: list[socket.socket],
    application: Application,
    config: uvicorn.Config,
    started: Callable[[], object],
) -> None:
    """Serve ``application`` on ``sockets``, which are closed at the end; call ``started`` when it is served.

    Not before: who opens the URL that is told then gets an answer.
    """
    config.app = application
    try:
        with rare_collections():
            Server(config, started).run(sockets)
    except KeyboardInterrupt:
        # uvicorn ends in order and then raises the signals it took again. There is nothing left to interrupt.
        pass
    finally:
        close(sockets)


class LoopRunning(HugError, RuntimeError):
    """Serving needs an event loop of its own, and there can be only one in a thread."""

    def __init__(self) -> None:
        super().__init__(
            "serve() runs an event loop of its own, and one is running in this thread already: "
            "call it outside of async code, or with background=True, which returns a server that you can stop"
        )


class Server(uvicorn.Server):
    """Tells when it can be reached.

    Once it ends, it is the server that cancels requests, after `GRACE` or at a second Ctrl-C, and nobody's
    mistake: their tracebacks are hidden.
    """

    def __init__(self, config: uvicorn.Config, started: Callable[[], object]) -> None:
        super().__init__(config)
        self._tell_started = started
        self._errors = logging.getLogger("uvicorn.error")

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            super().run(sockets)
        finally:
            self._errors.removeFilter(_not_cancelled)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        starting = asyncio.ensure_future(outcome(super().startup(sockets)))
        try:
            while not starting.done():
                await asyncio.wait({starting}, timeout=LOOK)
                if self.should_exit and not starting.done():
                    self._errors.error(
                        "told to end while it was starting: a startup handler has not returned"
                    )
                    return
            if (error := starting.result()[1]) is not None:
                raise error
        finally:
            starting.cancel()
        self._tell_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._errors.addFilter(_not_cancelled)
        await super().shutdown(sockets)


def _not_cancelled(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))
