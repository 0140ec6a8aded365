"""One function that names folders: requests get the files in them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from hug.flexible import Flexible
from hug.interface.exchange import Exchange
from hug.interface.http import HTTP
from hug.interface.protocols import Owner
from hug.web.errors import HTTPMethodNotAllowed, HTTPNotFound
from hug.web.file_response import send
from hug.web.request import Request
from hug.web.response import Response
from hug.web.static_files import find, open_static, static_type


class StaticHTTP(HTTP):
    """Answers requests with the files of the folders that its function returns: one, or several.

    What is not there is answered as a URL without a route is.
    """

    sends_files = True

    def __init__(self, route: Mapping[str, Any], function: Callable[..., Any], api: Owner) -> None:
        """See `HTTP.__init__`."""
        super().__init__(route, function, api)
        self._cache_control: str | None = route.get("cache")
        self._open = Flexible(self._opened, "directories", "exchange")

    def call(self, exchange: Exchange, arguments: dict[str, Any]) -> Any:
        """See `HTTP.call`.

        Raises:
            HTTPMethodNotAllowed: Files can only be read.
        """
        if exchange.request.method not in {"GET", "HEAD"}:
            raise HTTPMethodNotAllowed(["GET", "HEAD"])
        return super().call(exchange, arguments)

    async def respond(self, exchange: Exchange, result: Any) -> None:
        """Answer with a file.

        Raises:
            HTTPNotFound: There is none.
            TypeError: The function has returned something that is no folder.
        """
        directories = self._directories(result)
        found = await exchange.execution.call(self._open, directories=directories, exchange=exchange)
        if found is None:
            exchange.response.delete_header("cache-control")
            raise HTTPNotFound
        if self.output is not None:
            await super().respond(exchange, found)

    def _opened(self, directories: list[Any], exchange: Exchange) -> str | None:
        """Find the file and have it sent, unless a format of the route's own does that; return its path."""
        request, response = exchange.request, exchange.response
        found = find(directories, exchange.url_fields.get("path", ""))
        if found is None or self.output is not None:
            return found
        file = open_static(found)
        if file is None:
            return None
        try:
            self._describe_file(found, request, response)
            send(file, request, response)
        except BaseException:  # 412 and 416, which are not to be kept as if they were the file
            response.delete_header("cache-control")
            file.close()
            raise
        return found

    def _describe_file(self, path: str, _request: Request, response: Response) -> None:
        response.content_type = static_type(path)
        response.set_header("x-content-type-options", "nosniff")
        if self._cache_control is not None:
            response.set_header("cache-control", self._cache_control)

    def _directories(self, result: Any) -> list[Any]:
        given = [result] if isinstance(result, str | os.PathLike) else result
        if isinstance(given, list | tuple | set | frozenset) and all(
            isinstance(each, str | os.PathLike) and os.fspath(each) for each in given
        ):
            return list(given)
        raise TypeError(f"{self.name} must return a folder or a list of folders, not {result!r}")
