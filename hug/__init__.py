"""hug: Python functions as HTTP endpoints and live event streams."""

from typing import TYPE_CHECKING

from hug.lazy import lazily
from hug.web.names import __all__ as _falcon_names

if TYPE_CHECKING:
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
        test,
        transform,
        types,
        use,
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
        connect,
        delete,
        exception,
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
        sink,
        static,
        trace,
    )
    from hug.routers.cli import CLIRouter as cli  # noqa: N813
    from hug.routers.local import LocalRouter as local  # noqa: N813
    from hug.routers.sse import sse
    from hug.types import UploadedFile
    from hug.types import create as type  # noqa: A004  # hug 2's name
    from hug.web.names import *  # noqa: F403  # Falcon's names, listed there

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

# The same once more, for Python: these are imported when they are asked for, as the modules are.
_decorators = dict.fromkeys(
    (
        "context_factory",
        "default_input_format",
        "default_output_format",
        "delete_context",
        "directive",
        "extend_api",
        "middleware_class",
        "reqresp_middleware",
        "request_middleware",
        "response_middleware",
        "shutdown",
        "startup",
        "wraps",
    ),
    "hug.decorators",
)
_routers = dict.fromkeys(
    (
        "call",
        "connect",
        "delete",
        "exception",
        "get",
        "get_post",
        "head",
        "http",
        "not_found",
        "object",
        "options",
        "patch",
        "post",
        "put",
        "put_post",
        "sink",
        "static",
        "trace",
    ),
    "hug.route",
)

__getattr__, __dir__ = lazily(
    __name__,
    {
        "API": "hug.api",
        "UploadedFile": "hug.types",
        "__version__": "hug._version:current",
        "cli": "hug.routers.cli:CLIRouter",
        "falcon": "falcon:",
        "local": "hug.routers.local:LocalRouter",
        "sse": "hug.routers.sse",
        "type": "hug.types:create",
        **_decorators,
        **_routers,
        **dict.fromkeys(_falcon_names, "hug.web.names"),
    },
)
