"""Serving in the background: in a thread with an event loop of its own, beside what a program does."""

from __future__ import annotations

import ipaddress
import logging
import threading
import weakref
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from hug.asgi_types import Application
from hug.ending_budget import GRACE
from hug.exceptions import HugError
from hug.server.banner import url_of
from hug.server.serve import Server, configuration, tell
from hug.server.sockets import close, listen
from hug.web.loop_in_thread import at_end

PATIENCE: Final = GRACE + 15.0
"""Seconds that `BackgroundServer.stop` waits: what requests get, and what shutdown handlers may take."""


class StartFailed(HugError, RuntimeError):
    """A server in the background did not start; the message says why."""


class BackgroundServer:
    """A server that runs in a thread, as ``api.http.serve(background=True)`` gives it; it serves already.

    As a context manager it stops at the end of the block. It stops at the end of the program, too, unless a
    signal ends that which Python does not handle: SIGTERM, by default.

    Attributes:
        port: Where it listens.
        url: Where a client on this machine reaches it.
    """

    def __init__(
        self,
        application: Application,
        host: str,
        port: int,
        *,
        silent: bool = False,
        title: str = "",
        failure: Callable[[], BaseException | None],
    ) -> None:
        """Serve ``application``; the arguments are those of `hug.server.serve.serve`.

        Args:
            application: See there, as for those not named here.
            host: Also.
            port: Also.
            silent: Also.
            title: Also.
            failure: Tells what a startup handler has raised, None if none has.

        Raises:
            ListenError: The address cannot be had.
            StartFailed: A startup handler failed, or a broker cannot be reached.
        """
        self._sockets = listen(host, port)
        address = self._sockets[0].getsockname()
        self.port: int = address[1]
        self.url = url_of(ipaddress.ip_address(address[0]), self.port)
        self._started = threading.Event()
        config = configuration(silent=silent)
        config.app = application
        self._server = Server(config, self._started.set)
        self._thread = threading.Thread(target=self._run, name=f"hug-serving-{self.port}", daemon=True)
        self._thread.start()
        self._started.wait()
        if not self._server.started:
            self._thread.join()
            error = failure()
            what = "the log says why" if error is None else f"{type(error).__name__}: {error}"
            raise StartFailed(f"the server did not start: {what}") from error
        _running.add(self)
        tell("" if silent else f"Serving {title or 'an application'} at {self.url}")

    def _run(self) -> None:
        try:
            self._server.run(self._sockets)
        except SystemExit:
            pass  # uvicorn's way to say that it has not started
        finally:
            close(self._sockets)
            self._started.set()

    def begin_to_stop(self) -> None:
        """Have the server stop; do not wait until it has."""
        self._server.should_exit = True

    def stop(self) -> None:
        """End streams and requests, and return when the server has stopped; it may be called again.

        Raises:
            TimeoutError: It goes on after `PATIENCE` seconds: a shutdown handler does not return, say.
        """
        self.begin_to_stop()
        if threading.current_thread() is self._thread:
            return  # asked for by a handler of its own, which could wait forever
        self._thread.join(PATIENCE)
        if self._thread.is_alive():
            raise TimeoutError(f"the server at {self.url} has not stopped within {PATIENCE:g} s")

    @property
    def running(self) -> bool:
        """Whether it serves."""
        return self._thread.is_alive()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<hug server at {self.url}{'' if self.running else ', stopped'}>"


logger = logging.getLogger("hug")

_running: Final[weakref.WeakSet[BackgroundServer]] = weakref.WeakSet()
"""What is stopped at the end of the program."""


def _stop_all() -> None:
    servers = list(_running)
    for server in servers:
        server.begin_to_stop()
    for server in servers:
        try:
            server.stop()
        except TimeoutError as error:  # the others stop all the same
            logger.error("%s", error)


at_end(_stop_all)
