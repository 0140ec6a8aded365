"""One function that answers in place of another that has raised: see `hug.exception`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hug.interface.exchange import Exchange
from hug.interface.http import HTTP
from hug.interface.protocols import Owner
from hug.web.request import Request
from hug.web.response import Response


class RaisedExchange(Exchange):
    """An exchange in which something was raised.

    Attributes:
        exception: What was.
    """

    __slots__ = ("exception",)

    def __init__(
        self, request: Request, response: Response, api_version: int | None, url_fields: dict[str, Any]
    ) -> None:
        self.exception: BaseException | None = url_fields.pop("exception", None)
        super().__init__(request, response, api_version, url_fields)


class ExceptionHandler(HTTP):
    """Answers requests in place of a function that has raised; gets ``exception=`` beside the URL fields.

    Attributes:
        exclude: Classes of exceptions that it leaves to others.
    """

    exchange_class = RaisedExchange
    injectable = HTTP.injectable | {"exception"}

    def __init__(self, route: Mapping[str, Any], function: Callable[..., Any], api: Owner) -> None:
        """See `HTTP.__init__`."""
        super().__init__(route, function, api)
        self.exclude: tuple[type[BaseException], ...] = route.get("exclude", ())
