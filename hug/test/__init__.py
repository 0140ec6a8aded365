"""Requests without a server, ``hug.test.get(api, "/url")``, and streams, ``hug.test.sse(api, "/url")``."""

from hug.test.asgi_client import NotAStream, StreamCut, StreamTimeout
from hug.test.requests import (
    Response,
    call,
    connect,
    delete,
    get,
    head,
    options,
    patch,
    portal,
    post,
    put,
    trace,
)
from hug.test.streams import EventSource, sse

__all__ = [
    "EventSource",
    "NotAStream",
    "Response",
    "StreamCut",
    "StreamTimeout",
    "call",
    "connect",
    "delete",
    "get",
    "head",
    "options",
    "patch",
    "portal",
    "post",
    "put",
    "sse",
    "trace",
]
