"""hug: Python functions as HTTP endpoints and live event streams."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

import falcon

from hug import (
    api,
    authentication,
    decorators,
    defaults,
    development_runner,
    directives,
    documentation,
    exceptions,
    format,  # noqa: A004  # the name of a module since hug 1
    input_format,
    interface,
    introspect,
    json_module,
    middleware,
    output_format,
    redirect,
    route,
    routing,
    transform,
    types,
    validate,
)
from hug._version import current as __version__
from hug.api import API
from hug.decorators import (
    context_factory,
    default_input_format,
    default_output_format,
    delete_context,
    directive,
    extend_api,
    middleware_class,
    reqresp_middleware,
    request_middleware,
    response_middleware,
    shutdown,
    startup,
    wraps,
)
from hug.route import (
    call,
    cli,
    connect,
    delete,
    exception,
    get,
    get_post,
    head,
    http,
    local,
    not_found,
    object,  # noqa: A004  # hug 2's name for routing by class
    options,
    patch,
    post,
    put,
    put_post,
    sink,
    sse,
    static,
    trace,
)
from hug.types import UploadedFile
from hug.types import create as type  # noqa: A004  # hug 2's name
from hug.web.names import *  # noqa: F403  # Falcon's names, listed there
from hug.web.names import __all__ as _falcon_names

if TYPE_CHECKING:
    from hug import test, use

__all__ = [  # noqa: PLE0604  # all are strings
    "API",
    "UploadedFile",
    "__version__",
    "api",
    "authentication",
    "call",
    "cli",
    "connect",
    "context_factory",
    "decorators",
    "default_input_format",
    "default_output_format",
    "defaults",
    "development_runner",
    "delete",
    "delete_context",
    "directive",
    "directives",
    "documentation",
    "exception",
    "exceptions",
    "extend_api",
    "falcon",
    "format",
    "get",
    "get_post",
    "head",
    "http",
    "input_format",
    "interface",
    "introspect",
    "json_module",
    "local",
    "middleware",
    "middleware_class",
    "not_found",
    "object",
    "options",
    "output_format",
    "patch",
    "post",
    "put",
    "put_post",
    "redirect",
    "reqresp_middleware",
    "request_middleware",
    "response_middleware",
    "route",
    "routing",
    "shutdown",
    "sink",
    "sse",
    "static",
    "startup",
    "test",
    "trace",
    "transform",
    "type",
    "types",
    "use",
    "wraps",
    "validate",
    *_falcon_names,
]


def __getattr__(name: str) -> Any:
    """Import what programs that only serve do without, when it is asked for."""
    if name in ("test", "use"):
        return import_module(f"hug.{name}")
    raise AttributeError(f"module 'hug' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
