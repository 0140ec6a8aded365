"""What a request must be before Falcon reads it: Falcon trusts the server with what any client may send."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Final

from hug import json_module
from hug.asgi_types import Message, Receive, Send
from hug.web.error_body import error_body
from hug.web.errors import HTTPBadRequest, HTTPError, HTTPRequestHeaderFieldsTooLarge, HTTPVersionNotSupported

FIELD_OVERHEAD: Final = 32
"""Bytes that a header counts beyond its name and value, so that one limit bounds their number as well.

Source: https://www.rfc-editor.org/rfc/rfc9113#SETTINGS_MAX_HEADER_LIST_SIZE
"""

LONGEST_MEDIA_TYPE: Final = 2048
"""Bytes of a header of media types: what parses one takes time that grows with the square of its length."""

_MEDIA_TYPES: Final = frozenset({b"accept", b"content-type"})

_HTTP_VERSIONS: Final = frozenset({"1.0", "1.1", "2", "3"})


def admitted(scope: Message, max_header_size: int) -> Message:
    """Return the scope of a request as Falcon takes it: with the path below ``root_path``.

    Servers and frameworks that mount an application say where in ``root_path``. By ASGI the path begins with
    it; some leave it out of the path instead. Both are understood.

    Args:
        scope: The request's, which stays as it is.
        max_header_size: Most bytes of all headers, each of which counts `FIELD_OVERHEAD` more.

    Raises:
        HTTPError: 431, headers that are too large; 505, an HTTP version that there is not; 400, a query that
            is not UTF-8.

    Source: https://asgi.readthedocs.io/en/latest/specs/www.html#http-connection-scope
    """
    headers = scope["headers"]
    size = FIELD_OVERHEAD * len(headers) + sum(map(len, chain.from_iterable(headers)))
    if size > LONGEST_MEDIA_TYPE:
        _check_headers(headers, size, max_header_size)
    query = scope["query_string"]
    if not query.isascii():
        _check_query(query)
    version = scope.get("http_version", "1.1")
    root_path = scope.get("root_path")
    if root_path or version not in _HTTP_VERSIONS:
        scope = {**scope, "http_version": _known(version), "path": _below(root_path or "", scope["path"])}
    return scope


def _check_headers(headers: list[tuple[bytes, bytes]], size: int, most: int) -> None:
    if size > most:
        raise HTTPRequestHeaderFieldsTooLarge(None, f"All headers together may have {most} bytes at most.")
    for name, value in headers:
        if len(value) > LONGEST_MEDIA_TYPE and name in _MEDIA_TYPES:
            what = f"The header {name.decode()} may have {LONGEST_MEDIA_TYPE} bytes at most."
            raise HTTPRequestHeaderFieldsTooLarge(None, what)


def _check_query(query: bytes) -> None:
    try:
        query.decode()
    except UnicodeDecodeError:
        raise HTTPBadRequest(None, "The query is not UTF-8: percent-encode it.") from None


def _known(version: str) -> str:
    """Return the HTTP version that a request of ``version`` is read as; minor versions of 1 are compatible.

    Source: https://www.rfc-editor.org/rfc/rfc9110#section-6.2
    """
    if version in _HTTP_VERSIONS:
        return version
    if version.partition(".")[0] != "1":
        raise HTTPVersionNotSupported(None, f"There is no HTTP/{version} here.")
    return "1.0" if version == "1" else "1.1"  # granian calls HTTP/1.0 so


def _below(root_path: str, path: str) -> str:
    if root_path and path.startswith(root_path):
        below: str = path[len(root_path.rstrip("/")) :]
        if not below or below.startswith("/"):
            return below
    return path


async def refuse(
    error: HTTPError, scope: Message, send: Send, more: Iterable[tuple[bytes, bytes]] = ()
) -> None:
    """Answer a request that is not admitted, with ``more`` headers."""
    body = json_module.dumps(error_body({error.title: error.description})).encode()
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", b"%d" % len(body)),
        (b"x-content-type-options", b"nosniff"),
        *more,
    ]
    await send({"type": "http.response.start", "status": error.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


async def refuse_websocket(receive: Receive, send: Send) -> None:
    """Refuse a WebSocket, as there is no endpoint for one: closed before it is accepted, it is a 403."""
    await receive()
    await send({"type": "websocket.close", "code": 1000})
