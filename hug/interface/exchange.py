"""One request, the response to it, and what is known of them so far."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hug.interface.call import Call
from hug.interface.execution import THREADED
from hug.output_format.prepared import Output
from hug.web.request import Request
from hug.web.response import Response


class Exchange(Call):
    """A call by HTTP.

    Attributes:
        url_fields: What the fields of the URL template are.
        body: The bytes of the body, and once they are parsed its value.
        output: The format of the answer.
        redirect: Another endpoint, which answers in place of this one.
    """

    __slots__ = ("bodiless", "body", "output", "redirect", "request", "response", "url_fields")

    request: Request
    response: Response
    bodiless: bool

    def __init__(
        self, request: Request, response: Response, api_version: int | None, url_fields: dict[str, Any]
    ) -> None:
        super().__init__(api_version)
        self.execution = THREADED
        self.request = request
        self.response = response
        self.url_fields = url_fields
        self.body: Any = None
        self.bodiless = True
        self.output: Output
        self.redirect: Callable[..., Any] | None = None
