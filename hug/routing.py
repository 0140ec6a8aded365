"""The classes of routers, where hug 2 has them; each is in a file of its own, in `hug.routers`."""

from hug.routers.cli import CLIRouter
from hug.routers.exception import ExceptionRouter
from hug.routers.http import HTTPRouter
from hug.routers.local import LocalRouter
from hug.routers.not_found import NotFoundRouter
from hug.routers.router import InternalValidation, Router
from hug.routers.sink import SinkRouter
from hug.routers.static import StaticRouter
from hug.routers.url import EventStreamRouter, URLRouter

__all__ = [
    "CLIRouter",
    "EventStreamRouter",
    "ExceptionRouter",
    "HTTPRouter",
    "InternalValidation",
    "LocalRouter",
    "NotFoundRouter",
    "Router",
    "SinkRouter",
    "StaticRouter",
    "URLRouter",
]
