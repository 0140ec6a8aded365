"""Falcon's request, with what code written for hug 2 expects of it."""

from __future__ import annotations

import asyncio
import io
import logging
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar, Final, TextIO, cast

import falcon.asgi

from hug.asgi_types import Receive
from hug.exceptions import BodyUnreadable
from hug.input_format.form_data import FormParser
from hug.web import cookies
from hug.web.body import Body, pieces, read_body, too_large, unreadable, whole
from hug.web.context import Context
from hug.web.errors import HTTPInvalidHeader
from hug.web.log_text import escaped
from hug.web.unread_body import DefaultLimits, Limits, Unread
from hug.web.uploads import Form, FormTooLarge

LOGGER: Final = logging.getLogger("hug")

_UNSET = object()


class Headers(dict[str, str]):
    """Request headers, found under any spelling of their names; iteration gives them in capitals."""

    def __init__(self, items: Iterable[tuple[str, str]]) -> None:
        super().__init__((name.upper(), value) for name, value in items)

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.upper())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name.upper())

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of this header, or ``default``."""
        return super().get(name.upper(), default)


class Request(falcon.asgi.Request):
    """A request.

    Once hug has read its body, which it does before a function is called unless ``parse_body=False``,
    ``stream`` can be read with and without ``await``. ``media`` is a value for sync functions and has to be
    awaited in async ones, as in Falcon.
    """

    context: Context
    _body: Body | None = None
    _media_value: Any = _UNSET
    _headers: Headers | None = None
    _environ: dict[str, Any] | None = None
    form: Form | None = None
    """The form that was read from the body, if that was one with files."""

    limits: ClassVar[Limits] = DefaultLimits()
    """How much of the body is taken into memory at once, unless the endpoint's API says otherwise."""

    sync = False
    """Whether a sync function handles this request."""
    loop: asyncio.AbstractEventLoop | None = None
    """The event loop that serves this request, while sync middleware is called, in a thread."""

    keeps = False
    """Whether what is read of ``stream`` is kept, for `rewind`."""

    passed = 0
    """How much middleware has seen the response: see `hug.web.middleware`."""

    preflight_answered = False
    """Whether `hug.middleware.CORSMiddleware` has answered it, and middleware behind that has not seen it."""

    @property
    def headers(self) -> Headers:
        """All headers, case-insensitive."""
        if self._headers is None:
            self._headers = Headers(
                (name.decode("latin-1"), value.decode("latin-1"))
                for name, value in self._asgi_headers.items()
            )
        return self._headers

    @property
    def cookies(self) -> Mapping[str, str]:
        """The cookies by name; of several with the same one, the first."""
        if self._cookies_collapsed is None:
            self._cookies_collapsed = {name: values[0] for name, values in self._all_cookies().items()}
        return self._cookies_collapsed

    def get_cookie_values(self, name: str) -> list[str] | None:
        """Return all values of the cookie with this name, in their order; None if there is none."""
        return self._all_cookies().get(name)

    def _all_cookies(self) -> dict[str, list[str]]:
        if self._cookies is None:
            self._cookies = cookies.parse(self.get_header("Cookie") or "")
        return self._cookies

    async def read(self, limit: int, timeout: float) -> bytes:
        """Return the whole body, and let ``stream`` give it again.

        Middleware that has begun to read ``stream`` leaves what it has not taken.

        Args:
            limit: Most bytes taken into memory.
            timeout: Seconds until all of it must have come.

        Raises:
            HTTPError: 413, 408 or 400: see `hug.web.body.read_body`.
        """
        if self._body is not None:
            return self._body.getvalue()
        length = self.content_length
        if length == 0 or not self.may_have_body:
            data = b""
        elif isinstance(self._stream, Unread):
            data = await self._stream.take(limit, timeout)
        else:
            data = await read_body(self.scope, cast("Receive", self._receive), length, limit, timeout)
        if data or length:
            self._body = Body(data)
        return data

    async def read_form(
        self, parser: FormParser, charset: str, max_memory: int, max_upload: int, timeout: float
    ) -> Form:
        """Return the body as a form, and keep it as `form`; middleware must not have begun to read it.

        Args:
            parser: Reads it.
            charset: That of plain values which do not say theirs.
            max_memory: Most bytes that its plain values, and files given as bytes, may have.
            max_upload: Most bytes of the body.
            timeout: Seconds that each part of it may take: see `hug.web.body.pieces`.

        Raises:
            HTTPError: 413, 408 or 400.
        """
        scope = self.scope
        body = pieces(scope, cast("Receive", self._receive), self.content_length, max_upload, timeout)
        form = Form(max_memory)
        try:
            await form.read(body, parser, charset)
        except BaseException as error:
            form.close()
            if isinstance(error, FormTooLarge):
                raise too_large(scope, max_memory) from None
            if isinstance(error, BodyUnreadable):
                raise unreadable(scope, str(error)) from None
            raise
        finally:
            await body.aclose()
        self.form, self._body = form, Body()
        return form

    @property
    def untouched(self) -> bool:
        """Whether nobody has begun to read the body, unless as a form."""
        return (self._body is None and self._stream is None) or self.form is not None

    @property
    def may_have_body(self) -> bool:
        """Whether there may be a body. HTTP/1 announces one in its headers; later versions need not."""
        headers = self._asgi_headers
        if b"content-length" in headers or b"transfer-encoding" in headers:
            return True
        return not self.scope.get("http_version", "1").startswith("1")

    @property
    def stream(self) -> Any:  # type: ignore[override]  # Falcon's type has no writer either
        """The body, for sync and async readers; until hug has read it, Falcon's stream for async ones."""
        if self._body is not None:
            return self._body
        if self._stream is None:
            if self._loop_to_wait_for is not None:
                self._body = Body(self._read_from_thread(self._loop_to_wait_for))
                return self._body
            if self.sync:
                return Body()  # another one each time, as the body itself may be read yet
            receive = cast("Receive", self._receive)
            length, keep = self.content_length, self.keeps
            self._stream = Unread(self.scope, receive, length, self.limits, keep=keep)
        return self._stream

    def rewind(self) -> None:
        """Have the body begin anew, of which all was kept that has been read: see `keeps`."""
        if self._body is not None:
            self._receive, self._body = whole(self._body.getvalue()), None
        elif isinstance(self._stream, Unread):
            self._receive = self._stream.again(cast("Receive", self._receive))
        self._stream = None

    @property
    def _loop_to_wait_for(self) -> asyncio.AbstractEventLoop | None:
        """Where the body can be read for sync middleware; None on the loop itself."""
        return None if self.loop is None or asyncio._get_running_loop() is not None else self.loop

    def _read_from_thread(self, loop: asyncio.AbstractEventLoop) -> bytes:
        reading = self.read(self.limits.max_body, self.limits.body_timeout)
        return asyncio.run_coroutine_threadsafe(reading, loop).result()

    @property
    def bounded_stream(self) -> Any:
        """The same as `stream`."""
        return self.stream

    def get_media(self, default_when_empty: Any = _UNSET) -> Any:
        """Return the body as Falcon's media handler for its content type reads it; await it in async code."""
        if not self.sync and self._loop_to_wait_for is None:
            return self._get_media(*(() if default_when_empty is _UNSET else (default_when_empty,)))
        if self._media_value is _UNSET:
            handler, _, _ = self.options.media_handlers._resolve(
                self.content_type, self.options.default_media_type
            )
            try:
                body = bytes(self.stream.read())  # Falcon's own reader of forms takes nothing else
                self._media_value = handler.deserialize(io.BytesIO(body), self.content_type, len(body))
            except falcon.MediaNotFoundError:
                if default_when_empty is _UNSET:
                    raise
                return default_when_empty
        return self._media_value

    media = property(get_media)

    async def _get_media(self, *default_when_empty: Any) -> Any:
        if self._body is None:
            self._body = Body(await self.read(self.limits.max_body, self.limits.body_timeout))
        return await super().get_media(*default_when_empty)

    def get_param_as_datetime(  # type: ignore[override]  # Falcon's overloads, in one
        self, name: str, format_string: str = "%Y-%m-%dT%H:%M:%SZ", *args: Any, **kwargs: Any
    ) -> datetime | None:
        """Return a parameter of the query as a time, without a time zone unless the format has one."""
        found: datetime | None = super().get_param_as_datetime(name, format_string, *args, **kwargs)
        return found

    @property
    def headers_lower(self) -> Mapping[str, str]:
        """All headers, their names in lower case."""
        return super().headers

    @property
    def host(self) -> str:
        """The host that the client calls this one; that which the server listens on without ``Host``.

        Raises:
            HTTPInvalidHeader: What it says has a port that is no number.
        """
        return cast("str", self._called("host"))

    @property
    def port(self) -> int:
        """The port that the client asks, or the default one; errors are those of `host`."""
        return cast("int", self._called("port"))

    def _called(self, name: str) -> Any:
        try:
            return getattr(super(), name)
        except ValueError:
            said = self.get_header("Host")
            raise HTTPInvalidHeader(f"{said!r} has a port that is no number.", "Host") from None

    @property
    def remote_addr(self) -> str:
        """The address that the server says the client has; ``127.0.0.1`` if it does not."""
        client = self.scope.get("client")
        return client[0] if client and client[0] else "127.0.0.1"

    @property
    def access_route(self) -> list[str]:
        """The addresses that proxies say the request has come by, and last `remote_addr`; see Falcon.

        Of what is none in a ``Forwarded`` header, which any client may send, all is given as it is.
        """
        try:
            return super().access_route
        except ValueError:
            said = [hop.src for hop in self.forwarded or () if hop.src is not None]
            return [*said, self.remote_addr]

    @property
    def app(self) -> str:
        """What the application is mounted at. Falcon calls it ``root_path`` now."""
        return self.root_path

    def log_error(self, message: str) -> None:  # type: ignore[override]  # Falcon: "not supported"
        """Log an error of this request, in the logger ``hug``."""
        LOGGER.error("%s %s: %s", self.method, escaped(self.relative_uri), message)

    @property
    def wsgi_errors(self) -> TextIO:
        """Where WSGI applications write of their errors."""
        return sys.stderr

    @property
    def env(self) -> dict[str, Any]:  # type: ignore[override]
        """A WSGI environment made from this request. Changes stay in it: the request does not follow them."""
        if self._environ is None:
            self._environ = _environ(self)
        return self._environ


def _environ(request: Request) -> dict[str, Any]:
    """Source: https://peps.python.org/pep-3333/#environ-variables"""
    scope = request.scope
    environ = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": request.root_path,
        "PATH_INFO": request.path,
        "QUERY_STRING": request.query_string,
        "SERVER_NAME": request.host,
        "SERVER_PORT": str(request.port),
        "SERVER_PROTOCOL": f"HTTP/{scope.get('http_version', '1.1')}",
        "REMOTE_ADDR": request.remote_addr,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": request.scheme,
        "wsgi.input": request.stream,
        "wsgi.errors": request.wsgi_errors,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        key = name.replace("-", "_")
        environ[key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"] = value
    return environ
