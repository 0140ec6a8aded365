"""What an application needs of the HTTP side of an API; the API itself is made of applications."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from hug.api.startup_shutdown import Life
from hug.dispatch.exception_handlers import ExceptionHandlers
from hug.documentation import Documented
from hug.interface.http import HTTP
from hug.interface.protocols import HTTPSettings
from hug.versions import Key


class Site(Documented, HTTPSettings, Protocol):
    """What an application needs of the HTTP side of an API, beside what its interfaces do.

    Attributes:
        max_header_size: Most bytes of a request's headers.
        documentation_url: Where its documentation is, None if nowhere.
        openapi_url: Where the OpenAPI document is, None if nowhere.
        openapi_info: What it tells of the API in place of what is found.
        openapi_bodies: Media types that it has of a body which may be of others, too.
        openapi_servers: What its URLs begin with.
        revision: A number that changes when the application has to be built anew.
        falcon: The Falcon app, set while the application is built.
        raised: What answers when something was raised.
        sinks: What answers for URLs without a route, by base URL and by what these begin with, oldest first.
    """

    revision: int
    documentation_url: str | None
    openapi_url: str | None
    openapi_info: dict[str, Any]
    openapi_bodies: list[str]
    openapi_servers: list[str]
    max_header_size: int
    falcon: Any
    raised: ExceptionHandlers
    sinks: dict[str, dict[str, HTTP]]

    def openapi(self, api_version: int | None = None) -> dict[str, Any]:
        """Return the OpenAPI document of a version."""

    @property
    def openapi_version(self) -> str:
        """The version of OpenAPI that the document is of."""

    @property
    def life(self) -> Life:
        """What is to be done before the first request, and after the last."""

    @property
    def future(self) -> bool:
        """Whether queries and slashes are read as Falcon does by default."""

    @property
    def middleware(self) -> list[Any]:
        """Middleware components, outermost first."""

    @property
    def not_found_handlers(self) -> Mapping[Key, HTTP]:
        """What answers when there is no such URL, by version."""
