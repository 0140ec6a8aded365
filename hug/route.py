"""The decorators, from `hug.get` to `hug.sse`: each is, or makes, a router of `hug.routers`."""

from __future__ import annotations

from hug.routers.by_class import Object, object  # noqa: A004  # hug 2's name
from hug.routers.of_api import API
from hug.routers.sse import EventStreams, sse
from hug.routing import (
    CLIRouter,
    ExceptionRouter,
    LocalRouter,
    NotFoundRouter,
    SinkRouter,
    StaticRouter,
    URLRouter,
)

_everywhere = URLRouter()

get = _everywhere.get
post = _everywhere.post
put = _everywhere.put
patch = _everywhere.patch
delete = _everywhere.delete
head = _everywhere.head
options = _everywhere.options
trace = _everywhere.trace
connect = _everywhere.connect
get_post = _everywhere.get_post
put_post = _everywhere.put_post
http = call = _everywhere.http

cli = CLIRouter
exception = ExceptionRouter
local = LocalRouter
not_found = NotFoundRouter
sink = SinkRouter
static = StaticRouter

__all__ = [
    "API",
    "EventStreams",
    "Object",
    "call",
    "cli",
    "connect",
    "delete",
    "exception",
    "get",
    "get_post",
    "head",
    "http",
    "local",
    "not_found",
    "object",
    "options",
    "patch",
    "post",
    "put",
    "put_post",
    "sink",
    "sse",
    "static",
    "trace",
]
