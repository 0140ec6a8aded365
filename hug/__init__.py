"""hug: Python functions as HTTP endpoints and live event streams."""

import falcon

from hug import (
    api,
    decorators,
    defaults,
    directives,
    documentation,
    exceptions,
    format,  # noqa: A004  # the name of a module since hug 1
    input_format,
    interface,
    introspect,
    json_module,
    output_format,
    redirect,
    route,
    routing,
    test,
    types,
)
from hug.api import API
from hug.decorators import (
    default_input_format,
    default_output_format,
    directive,
    middleware_class,
    request_middleware,
    response_middleware,
)
from hug.route import (
    call,
    connect,
    delete,
    get,
    get_post,
    head,
    http,
    not_found,
    object,  # noqa: A004  # hug 2's name for routing by class
    options,
    patch,
    post,
    put,
    put_post,
    sse,
    trace,
)
from hug.types import create as type  # noqa: A004  # hug 2's name
from hug.web.names import *  # noqa: F403  # Falcon's names, listed there
from hug.web.names import __all__ as _falcon_names

__version__ = "3.0.0.dev0"

__all__ = [  # noqa: PLE0604  # all are strings
    "API",
    "__version__",
    "api",
    "call",
    "connect",
    "decorators",
    "default_input_format",
    "default_output_format",
    "defaults",
    "delete",
    "directive",
    "directives",
    "documentation",
    "exceptions",
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
    "request_middleware",
    "response_middleware",
    "route",
    "routing",
    "sse",
    "test",
    "trace",
    "type",
    "types",
    *_falcon_names,
]
