"""What a module has in place of its applications until it offers something by HTTP.

Whoever calls one makes the applications, which take their places in the module.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from hug.api.http_api import HTTPInterfaceAPI
    from hug.asgi_types import Message, Receive, Send


class Host(Protocol):
    """The API of the module."""

    @property
    def http(self) -> HTTPInterfaceAPI:
        """Its HTTP side, which is made when it is asked for."""


class ASGIStandIn:
    """Stands for ``__hug_asgi__``."""

    def __init__(self, api: Host) -> None:
        self._api = api

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request, or the life of the server."""
        await self._api.http.server()(scope, receive, send)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # who asks for these looks at whatever there is in a module
            raise AttributeError(name)
        return getattr(self._api.http.server(), name)


class WSGIStandIn:
    """Stands for ``__hug_wsgi__``."""

    def __init__(self, api: Host) -> None:
        self._api = api

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any] | None = None
    ) -> Iterable[bytes]:
        """Answer one request."""
        return self._api.http.of_module(environ, start_response)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._api.http.of_module, name)
