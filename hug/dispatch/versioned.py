"""Requests for a version: which one is asked for, and the interface that answers it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from falcon.routing import BaseConverter

from hug import versions
from hug.interface.http import HTTP
from hug.versions import Key, VersionError
from hug.web.errors import HTTPBadRequest
from hug.web.request import Request
from hug.web.response import Response


class VersionField(BaseConverter):
    """Reads the field of a URL template that asks for a version."""

    def convert(self, value: str) -> int | None:
        """See `hug.versions.number`."""
        return versions.number(value)


class Versions:
    """Sends a request to the interface of the version it asks for."""

    def __init__(self, kept: Mapping[Key, HTTP], not_found: Callable[..., Awaitable[None]]) -> None:
        self._kept = kept
        self._not_found = not_found

    async def __call__(
        self, request: Request, response: Response, api_version: int | None = None, **fields: Any
    ) -> None:
        """Answer the request; one for a version that is not there goes to the interface without versions."""
        interface = versions.chosen(self._kept, requested_version(request, api_version)) or self._not_found
        await interface(request, response, api_version=api_version, **fields)


def requested_version(request: Request, from_url: int | None) -> int | None:
    """Return the version that a request asks for: in its URL, its header ``X-API-VERSION`` or its query.

    Raises:
        HTTPBadRequest: What it asks for is not a number, or several different ones.
    """
    try:
        return versions.asked_for(
            from_url, request.get_header(versions.HEADER), request.params.get(versions.PARAMETER)
        )
    except VersionError as error:
        raise HTTPBadRequest(versions.PARAMETER, str(error)) from None
