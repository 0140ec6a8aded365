"""Requests without a server, ``hug.test.get(api, "/url")``; streams, commands and brokers, too."""

from hug.test.asgi_client import NotAStream, StreamCut, StreamTimeout
from hug.test.commands import cli
from hug.test.forms import multipart
from hug.test.fresh_broker import broker
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
from hug.test.server_life import running
from hug.test.streams import EventSource, sse

__all__ = [
    "EventSource",
    "NotAStream",
    "Response",
    "StreamCut",
    "StreamTimeout",
    "broker",
    "call",
    "cli",
    "connect",
    "delete",
    "get",
    "head",
    "multipart",
    "options",
    "patch",
    "portal",
    "post",
    "put",
    "running",
    "sse",
    "trace",
]
