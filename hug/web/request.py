"""Falcon's request, with what code written for hug 2 expects of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, cast

import falcon.asgi

from hug.asgi import Receive
from hug.web.body import Body, read_body, too_large, too_slow

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

    _body: Body | None = None
    _media_value: Any = _UNSET
    _headers: Headers | None = None
    _environ: dict[str, Any] | None = None
    sync = False
    """Whether a sync function handles this request."""

    @property
    def headers(self) -> Headers:
        """All headers, case-insensitive."""
        if self._headers is None:
            self._headers = Headers(
                (name.decode("latin-1"), value.decode("latin-1"))
                for name, value in self._asgi_headers.items()
            )
        return self._headers

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
        elif self._stream is not None:
            data = await self._read_rest(self._stream, limit, timeout)
        else:
            data = await read_body(self.scope, cast("Receive", self._receive), length, limit, timeout)
        if data or length:
            self._body = Body(data)
        return data

    async def _read_rest(self, stream: Any, limit: int, timeout: float) -> bytes:
        try:
            async with asyncio.timeout(timeout):
                data: bytes = await stream.read(limit + 1)
        except TimeoutError:
            raise too_slow(self.scope, timeout) from None
        if len(data) > limit:
            raise too_large(self.scope, limit)
        return data

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
        if self.sync and self._stream is None:
            self._body = Body()
            return self._body
        return super().stream

    @property
    def bounded_stream(self) -> Any:
        """The same as `stream`."""
        return self.stream

    def get_media(self, default_when_empty: Any = _UNSET) -> Any:
        """Return the body as Falcon's media handler for its content type reads it; await it in async code."""
        if not self.sync:
            return (
                super().get_media() if default_when_empty is _UNSET else super().get_media(default_when_empty)
            )
        if self._media_value is _UNSET:
            handler, _, _ = self.options.media_handlers._resolve(
                self.content_type, self.options.default_media_type
            )
            try:
                self._media_value = handler.deserialize(self.stream, self.content_type, self.content_length)
            except falcon.MediaNotFoundError:
                if default_when_empty is _UNSET:
                    raise
                return default_when_empty
        return self._media_value

    media = property(get_media)

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
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        key = name.replace("-", "_")
        environ[key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"] = value
    return environ
