"""One request, one response.

Each runs the real ASGI application, on a private event loop, so it can be used anywhere, also inside a
running loop. What a handler raises and hug does not answer is raised here.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any
from urllib.parse import unquote, urlencode

import falcon

from hug import json_module
from hug.api.module_api import existing
from hug.asgi_types import Message
from hug.dispatch.server_error import RAISED
from hug.format import parse_content_type
from hug.web.loop_in_thread import Portal

portal = Portal("hug-test")
"""The event loop that requests run on."""


class Response:
    """What came back.

    Attributes:
        status: The status line, such as ``"200 OK"``.
        headers: Names, in lower case, and values.
        headers_dict: The same, by name in any case.
        content_type: The value of that header, None without it.
        content: The body, as bytes.
        data: The body: decoded if it is JSON, else text, or bytes that are not UTF-8. None if it is empty.
    """

    def __init__(self, status: int, headers: Iterable[tuple[bytes, bytes]], content: bytes) -> None:
        self.status: str = falcon.code_to_http_status(status)
        self.headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
        self.headers_dict: MutableMapping[str, Any] = falcon.CaseInsensitiveDict(self.headers)
        self.content_type = dict(self.headers).get("content-type")
        self.content = content
        self.data = _decoded(content, self.content_type)

    @property
    def status_code(self) -> int:
        """The status as a number."""
        return int(self.status[:3])

    def __repr__(self) -> str:
        return f"<{self.status}: {self.data!r}>"


def call(
    method: str,
    api_or_module: Any,
    url: str = "",
    body: Any = "",
    headers: Mapping[str, str | bytes] | None = None,
    params: Mapping[str, Any] | None = None,
    query_string: str = "",
    scheme: str = "http",
    host: str = "falconframework.org",
    **kwargs: Any,
) -> Response:
    """Send one request and return the response.

    Args:
        method: Such as ``"GET"``.
        api_or_module: An API, or the module, or its name, that has one.
        url: Path, perhaps with a query; the slash at its start may be left out.
        body: Text or bytes are sent as they are; anything else as JSON.
        headers: Of the request; values are text or bytes.
        params: Values of the query; a list repeats its name, None is left out.
        query_string: More of the query, already encoded.
        scheme: Of the URL.
        host: Of the URL.
        kwargs: More ``params``.
    """
    scope, content = request_for(
        method, url, body, headers, {**(params or {}), **kwargs}, query_string, scheme, host
    )
    return portal.call(exchange, existing(api_or_module).http.server(), scope, content)


def request_for(
    method: str,
    url: str,
    body: Any,
    headers: Mapping[str, str | bytes] | None,
    params: Mapping[str, Any],
    query_string: str = "",
    scheme: str = "http",
    host: str = "falconframework.org",
) -> tuple[Message, bytes]:
    """Return the ASGI scope and the body of a request; the arguments are those of `call`."""
    path, _, query = url.partition("?")
    params = {name: value for name, value in params.items() if value is not None}
    fields = {"host": host, "user-agent": "hug.test"}
    fields.update((name.lower(), _as_text(value)) for name, value in (headers or {}).items())
    content = _encoded(body, fields)
    if content:
        fields["content-length"] = str(len(content))
    raw_path = path if path.startswith("/") else f"/{path}"
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method.upper(),
        "scheme": scheme,
        "path": unquote(raw_path),
        "raw_path": raw_path.encode(),
        "query_string": "&".join(filter(None, (query, query_string, urlencode(params, doseq=True)))).encode(),
        "root_path": "",
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields.items()],
        "client": ("127.0.0.1", 65133),
        "server": (host, 443 if scheme == "https" else 80),
        RAISED: True,
    }
    return scope, content


async def exchange(application: Any, scope: Message, content: bytes) -> Response:
    """Send one request to an ASGI application and return the response."""
    events = iter([{"type": "http.request", "body": content, "more_body": False}])
    left = asyncio.Event()
    start: Message = {}
    chunks: list[bytes] = []

    async def receive() -> Message:
        if (event := next(events, None)) is not None:
            return event
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(event: Message) -> None:
        if event["type"] == "http.response.start":
            start.update(event)
            if any(value.startswith(b"text/event-stream") for _, value in event["headers"]):
                left.set()  # it may never end: `hug.test.stream` reads those
        else:
            chunks.append(event.get("body", b""))

    await application(scope, receive, send)
    return Response(start["status"], start["headers"], b"".join(chunks))


def _as_text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _encoded(body: Any, headers: dict[str, str]) -> bytes:
    if isinstance(body, bytes):
        return body
    if not isinstance(body, str) and "json" in headers.setdefault("content-type", "application/json"):
        body = json_module.dumps(body)
    return str(body).encode()


def _decoded(content: bytes, content_type: str | None) -> Any:
    if not content:
        return None
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return content
    if parse_content_type(content_type)[0] == "application/json":
        # A handler that writes the response itself often leaves hug's content type: then it is text.
        with contextlib.suppress(ValueError):
            return json_module.loads(text)
    return text


def get(api_or_module: Any, url: str = "", body: Any = "", **kwargs: Any) -> Response:
    """Send a GET request; see `call`."""
    return call("GET", api_or_module, url, body, **kwargs)


def post(api_or_module: Any, url: str = "", body: Any = "", **kwargs: Any) -> Response:
    """Send a POST request; see `call`."""
    return call("POST", api_or_module, url, body, **kwargs)


def put(api_or_module: Any, url: str = "", body: Any = "", **kwargs: Any) -> Response:
    """Send a PUT request; see `call`."""
    return call("PUT", api_or_module, url, body, **kwargs)


def patch(api_or_module: Any, url: str = "", body: Any = "", **kwargs: Any) -> Response:
    """Send a PATCH request; see `call`."""
    return call("PATCH", api_or_module, url, body, **kwargs)


def delete(api_or_module: Any, url: str = "", body: Any = "", **kwargs: Any) -> Response:
    """Send a DELETE request; see `call`."""
    return call("DELETE", api_or_module, url, body, **kwargs)


def head(api_or_module: Any, url: str = "", body: Any = "", **kwargs: Any) -> Response:
    """Send a HEAD request; see `call`."""
    return call("HEAD", api_or_module, url, body, **kwargs)


def options(api_or_module: Any, url: str = "", body: Any = "", **kwargs: Any) -> Response:
    """Send an OPTIONS request; see `call`."""
    return call("OPTIONS", api_or_module, url, body, **kwargs)


def trace(api_or_module: Any, url: str = "", body: Any = "", **kwargs: Any) -> Response:
    """Send a TRACE request; see `call`."""
    return call("TRACE", api_or_module, url, body, **kwargs)


def connect(api_or_module: Any, url: str = "", body: Any = "", **kwargs: Any) -> Response:
    """Send a CONNECT request; see `call`."""
    return call("CONNECT", api_or_module, url, body, **kwargs)
