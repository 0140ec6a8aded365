"""One request, the response to it, and what is known of them so far."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from hug.interface.execution import THREADED, Execution
from hug.interface.formats import Output
from hug.web.request import Request
from hug.web.response import Response

ANSWERED: Final = object()
"""In place of a result: the response is complete, and the function was not called."""


class Exchange:
    """What the steps of an interface share while they answer one request.

    Attributes:
        request: The request.
        response: The response, to be filled.
        api_version: The version that the URL names.
        url_fields: What the fields of the URL template are.
        context: What this call's requirements, types and directives share.
        body: The bytes of the body, and once they are parsed its value.
        execution: How to call user code from where this runs.
        output: The format of the answer.
        directives: Values of directives, in the order they were made.
        redirect: Another endpoint, which answers in place of this one.
    """

    __slots__ = (
        "api_version",
        "body",
        "context",
        "directives",
        "execution",
        "output",
        "redirect",
        "request",
        "response",
        "url_fields",
    )

    def __init__(
        self, request: Request, response: Response, api_version: int | None, url_fields: dict[str, Any]
    ) -> None:
        self.request = request
        self.response = response
        self.api_version = api_version
        self.url_fields = url_fields
        self.context: dict[str, Any] = {}
        self.body: Any = None
        self.execution: Execution = THREADED
        self.output: Output
        self.directives: list[Any] = []
        self.redirect: Callable[..., Any] | None = None
