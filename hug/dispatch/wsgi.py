"""An API as a WSGI application, for servers that know nothing of ASGI; through a2wsgi.

A WSGI server calls it in one thread for each request, and learns that a client has left when it writes to it:
an event stream ends then, with its next event or heartbeat. As long as it is open it occupies that thread.

Source: https://peps.python.org/pep-3333/
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import Future
from types import ModuleType
from typing import Any, Final, TypeVar
from wsgiref.util import is_hop_by_hop

from hug.asgi_types import Message, Receive, Send
from hug.dispatch.application import Application
from hug.dispatch.hosted_life import HostedLife
from hug.dispatch.lifespan import is_cancelled
from hug.dispatch.wsgi_environ import Input, in_chunks, understood
from hug.eventstream.loop import ending
from hug.web.log_text import escaped
from hug.web.loop_in_thread import Portal, at_end

T = TypeVar("T")

logger = logging.getLogger("hug")

portal = Portal("hug-wsgi")
"""The event loop that all requests of this process run on."""

_LEFT: Final = "hug.left"
"""Where the environment of a request has the future that is done once its client has left."""

_BEGUN: Final = "hug.begun"
"""Where it has what is set while the response has begun and is not complete."""


class WSGI:
    """The WSGI application of an API. The first request starts it; it ends with the process."""

    def __init__(self, application: Application, module: ModuleType | None = None) -> None:
        """Make one; nothing happens before it is called.

        Args:
            application: What answers.
            module: Gets ``__hug_serving__`` when the first request has come.
        """
        self.application = application
        self._module = module
        self._lock = threading.Lock()
        self._bridge: Any = None
        self._process = 0

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any] | None = None
    ) -> Iterable[bytes]:
        """Answer one request.

        Raises:
            TypeError: The server speaks ASGI.
        """
        if start_response is None:
            raise TypeError("__hug_wsgi__ is for servers of WSGI: give this one, of ASGI, __hug_asgi__")
        ending.listen()  # heard in the main thread only, which is where a worker with one thread calls this
        if self._process != os.getpid():
            self._start()
        environ[_LEFT] = left = Future[None]()
        environ[_BEGUN] = begun = threading.Event()
        understood(environ)
        return _Body(self._bridge(environ, start_response), left, begun)

    def _start(self) -> None:
        with self._lock:
            if self._process == os.getpid():
                return
            from a2wsgi import ASGIMiddleware  # noqa: PLC0415  # servers of ASGI need it not

            life = HostedLife(self.application)
            portal.call(life.begin)
            at_end(lambda: portal.call(life.end))
            self._bridge = ASGIMiddleware(_Cut(self.application), loop=portal.loop)  # type: ignore[arg-type]
            if self._module is not None:
                vars(self._module)["__hug_serving__"] = True
            self._process = os.getpid()


class _Body:
    """The body of a response; to close it before its end is to leave."""

    def __init__(self, chunks: Iterable[bytes], left: Future[None], begun: threading.Event) -> None:
        self._chunks = chunks
        self._left = left
        self._begun = begun

    def __iter__(self) -> Iterator[bytes]:
        yield from self._chunks
        if self._begun.is_set():  # a2wsgi does not tell of an error that comes right after a chunk
            raise _cut_off()

    def close(self) -> None:
        """End the request if it goes on; the server calls this when it is done with it, in whatever way."""
        if not self._left.done():
            self._left.set_result(None)
        self._chunks.close()  # type: ignore[attr-defined]  # it is a generator


class _Cut:
    """Stands between a2wsgi and an application, and sees clients that leave and bodies that are torn."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        environ = scope["wsgi_environ"]
        left = asyncio.wrap_future(environ[_LEFT])
        body: Input = environ["wsgi.input"]
        if not body.announced:
            del environ["CONTENT_LENGTH"]  # which a2wsgi has read
            scope = {**scope, "headers": in_chunks(scope["headers"])}
        begun: threading.Event = environ[_BEGUN]
        complete = ended = False

        async def hear() -> Message:
            nonlocal ended
            if ended:
                await asyncio.wait([left])
            message = None if ended else await _unless(left, receive())
            if message is None:
                return {"type": "http.disconnect"}
            if not message.get("body") and message.get("more_body"):  # a2wsgi would say the same for ever
                if body.announced or body.torn:
                    return {"type": "http.disconnect"}
                ended, message = True, {**message, "more_body": False}
            return message

        async def tell(message: Message) -> None:
            nonlocal complete
            if message["type"] == "http.response.start":  # of the connection, only WSGI servers may speak
                begun.set()
                headers = [
                    each for each in message["headers"] if not is_hop_by_hop(each[0].decode("latin-1"))
                ]
                message = {**message, "headers": headers}
            await _unless(left, send(message))
            complete = message["type"] == "http.response.body" and not message.get("more_body", False)
            if complete:
                begun.clear()

        try:
            await self._application(scope, hear, tell)
        except BaseException as error:
            if is_cancelled():
                raise
            logger.exception("%s %s failed", scope["method"], escaped(scope["path"]))
            if not left.done():  # a2wsgi hears of no task that is cancelled: its thread would wait for ever
                raise error if isinstance(error, Exception) else _cut_off() from error
        if not complete and not left.done():
            raise _cut_off()


def _cut_off() -> ConnectionAbortedError:
    return ConnectionAbortedError("the response was cut off, its client shall not take it for whole")


async def _unless(left: asyncio.Future[None], awaitable: Awaitable[T]) -> T | None:
    """Return what ``awaitable`` gives; None once the client has left, since then nobody hears of it."""
    task = asyncio.ensure_future(awaitable)
    try:
        both: set[asyncio.Future[Any]] = {task, left}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        task.cancel()
