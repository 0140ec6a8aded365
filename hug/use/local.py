"""A service that is an API in this process: no network, and all that it does for a request."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

import falcon

from hug.api.module_api import existing
from hug.test.requests import exchange, request_for
from hug.use.service import NONE, Response, Service, ServiceUnreachable, decoded, has_body
from hug.web.loop_in_thread import Portal

portal = Portal("hug-use")
"""The event loop that requests run on."""


class Local(Service):
    """An API in this process, asked as if it were elsewhere. What its handlers raise is raised here.

    Attributes:
        api: The API.
        headers: Of all requests.
    """

    def __init__(
        self,
        api: Any,
        version: int | str | None = None,
        headers: Mapping[str, str] = NONE,
        timeout: float | None = None,
        raise_on: int | Iterable[int] = (500,),
    ) -> None:
        """Take an API.

        Args:
            api: The API, or the module, or its name, that has one.
            version: See `Service`.
            headers: Of all requests.
            timeout: Seconds, 30 by default.
            raise_on: Statuses that raise `ServiceError`.
        """
        super().__init__(version, timeout, raise_on)
        self.api = existing(api)
        self.headers = dict(headers)

    def ask(
        self, method: str, path: str, headers: Mapping[str, str], timeout: float, params: Mapping[str, Any]
    ) -> Response:
        """See `Service.ask`."""
        body, query = (dict(params), NONE) if has_body(method) and params else ("", params)
        sent = {"user-agent": "hug.use", **self.headers, **headers}
        scope, content = request_for(method, path, body, sent, query, host="localhost")

        async def answered() -> Any:
            async with asyncio.timeout(timeout):
                return await exchange(self.api.http.server(), scope, content)

        try:
            answer = portal.call(answered)
        except TimeoutError:
            raise ServiceUnreachable(f"{method} {path}: no answer within {timeout} seconds") from None
        found: Any = falcon.CaseInsensitiveDict(answer.headers)
        return Response(decoded(answer.content, answer.content_type), answer.status_code, found)
