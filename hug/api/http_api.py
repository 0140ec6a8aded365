"""The HTTP side of an API: its routes, formats, middleware and limits, and the applications made of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal, Protocol, overload

from hug import (
    defaults,
    openapi,
    redirect,  # noqa: F401  # for handlers: their first request shall import nothing
)
from hug.api.base import APIBase
from hug.api.own_channels import OwnChannels
from hug.api.route_checks import check_fields
from hug.api.routes import Routes
from hug.api.setting_checks import check_setting
from hug.api.startup_shutdown import Life
from hug.dispatch.application import Application
from hug.dispatch.exception_handlers import ByClass, ExceptionHandlers
from hug.dispatch.falcon_app import sink_pattern
from hug.dispatch.hosted_life import HostedLife
from hug.dispatch.not_found import NotFound
from hug.dispatch.wsgi import WSGI
from hug.documentation import document
from hug.eventstream.channels.registry import Channels
from hug.eventstream.watching.streaming import Streaming
from hug.input_format import urlencoded, urlencoded_as_sent
from hug.interface.exception_handler import ExceptionHandler
from hug.interface.http import HTTP
from hug.interface.input_formats import InputFormat
from hug.json_module import MOST_MEMBERS
from hug.versions import Given, Key, Version, key, normalised
from hug.web.unread_body import BODY_TIMEOUT, MAX_BODY

if TYPE_CHECKING:
    from hug.server.background import BackgroundServer


class Host(Protocol):
    """What the HTTP side needs of the API it belongs to."""

    module: ModuleType | None
    name: str
    doc: str
    future: bool
    life: Life

    @property
    def own_channels(self) -> OwnChannels:
        """Its channels, and their broker."""


class HTTPInterfaceAPI(APIBase):
    """The HTTP side of an API.

    Attributes:
        base_url: What the URLs of routes begin with that are added from now on.
        inline: Whether ``def`` handlers run on the event loop, where one that blocks stops everything, rather
            than in threads. Choose it for handlers that never block, or code that has to stay in one thread.
        max_body: Most bytes of a body taken into memory; a longer one is answered with 413.
        max_upload: Most bytes of a form with files, which go to disk; a longer one is answered with 413.
        max_members: Most values that a body is made into, those of JSON in its lists and objects together
            (its commas and opening brackets), those of a form in all fields; for more the answer is 400.
        body_timeout: Seconds that a client may take to send its body; then the answer is 408.
        max_header_size: Most bytes of a request's headers, 32 more for each; beyond that the answer is 431.
        documentation_url: Where the documentation is, behind each base URL, unless a route is; None: nowhere.
        openapi_url: Where the OpenAPI document is, just so.
        openapi_info: What is told there of the API (``title``, ``version`` ...), in place of what is found.
        openapi_bodies: Media types that a document has of a body which may be of others, too; empty: all.
        openapi_servers: What its URLs begin with; by default what the client has asked for.
        routes: Interfaces by base URL, URL, method and the key of their version (`hug.versions`).
        sinks: What answers for URLs without a route, by base URL and by what these begin with, oldest first.
        raised: What answers when something was raised.
        middleware: Components added with `add_middleware`.
        not_found_handlers: What answers for URLs that do not exist, by version.
        of_module: The WSGI application that the module has.
        falcon: The Falcon app, once the API is served.
        own_channels: The channels of the API, and their broker.
        streaming: How event streams are served, which is also `API.sse`.
        revision: How often something changed that the application is built from.
    """

    default_format = "output_format"

    def __init__(self, api: Host) -> None:
        super().__init__()
        self.api = api
        self.base_url = ""
        self.inline = False
        self.max_body = MAX_BODY
        self.max_upload = 100 * 1024 * 1024
        self.max_members = MOST_MEMBERS
        self.body_timeout = BODY_TIMEOUT
        self.max_header_size = 64 * 1024
        self.documentation_url: str | None = "/documentation"
        self.openapi_url: str | None = "/openapi.json"
        self.openapi_info: dict[str, Any] = {}
        self.openapi_bodies: list[str] = []
        self.openapi_servers: list[str] = []
        self._openapi_version = openapi.NEWEST
        self.routes = Routes()
        self.middleware: list[Any] = []
        self.sinks: dict[str, dict[str, HTTP]] = {}
        self.raised = ExceptionHandlers()
        self.not_found_handlers: dict[Key, HTTP] = {}
        self.falcon: Any = None
        self.own_channels = api.own_channels
        self.streaming = Streaming(self.own_channels.in_use)
        self.revision = 0
        self._input_formats: dict[str, InputFormat] = {}
        self._servers: dict[tuple[bool, str | None], Application] = {}
        self.of_module = self.wsgi()

    def __setattr__(self, name: str, value: Any) -> None:
        check_setting(self, name, value)
        super().__setattr__(name, value)

    @property
    def doc(self) -> str:
        """What the API is about."""
        return self.api.doc

    @property
    def future(self) -> bool:
        """Whether queries, forms and slashes are read as they are sent."""
        return self.api.future

    @property
    def life(self) -> Life:
        """What is to be done before the first request, and after the last: see `hug.startup`."""
        return self.api.life

    @property
    def channels(self) -> Channels:
        """See `API.channels`."""
        return self.own_channels.asked_for()

    # Routes

    def add_route(
        self, interface: HTTP, urls: Iterable[str], methods: Iterable[str], versions: Iterable[Version]
    ) -> None:
        """Let ``interface`` answer ``methods`` of ``urls``, which come after the base URL, in ``versions``.

        Raises:
            ValueError: A URL that does not start with a slash.
            RouteError: One has a field that the function cannot receive, or is answered by another already.
        """
        urls = tuple(urls)
        check_fields(interface, urls)
        methods, keys = tuple(methods), tuple(map(key, versions))
        for url in urls:
            if not url.startswith("/"):
                raise ValueError(f"URL {url!r} must start with '/'")
            self.keep(interface, self.base_url, url, methods, keys)

    def keep(
        self, interface: HTTP, base_url: str, url: str, methods: Sequence[str], keys: Sequence[Key]
    ) -> None:
        """See `Routes.keep`."""
        self.routes.keep(interface, base_url, url, methods, keys, slash_counts=self.future)
        self.revision += 1

    def add_sink(self, sink: HTTP, url: str, base_url: str = "") -> None:
        """Let ``sink`` answer all requests without a route whose path begins with ``url``, before older ones.

        Args:
            sink: What answers; it gets the rest of the path as ``path``.
            url: A regular expression, as Falcon has it, behind the base URL.
            base_url: Default is that of the API.

        Raises:
            ValueError: ``url`` does not start with a slash, or is no regular expression.
        """
        if not url.startswith("/"):
            raise ValueError(f"URL {url!r} of a sink must start with '/'")
        base_url = base_url or self.base_url
        sink_pattern(base_url + url)
        of_base = self.sinks.setdefault(base_url, {})
        of_base.pop(url, None)  # the newest comes last
        of_base[url] = sink
        self.revision += 1

    def add_exception_handler(
        self,
        exception_type: type[BaseException],
        error_handler: ExceptionHandler,
        versions: Given = None,
    ) -> None:
        """Let ``error_handler`` answer when such an exception is raised; see `hug.exception`."""
        for version in normalised(versions):
            self.raised.add(exception_type, error_handler, version)
        self.revision += 1

    def exception_handlers(self, version: Version = None) -> ByClass:
        """Return the handlers for requests of this version alone, by class, the newest first."""
        return self.raised.of(version)

    def set_not_found_handler(self, handler: HTTP, version: Version = None) -> None:
        """Let ``handler`` answer for URLs that do not exist in ``version``."""
        self.not_found_handlers[key(version)] = handler

    def urls(self) -> Iterator[str]:
        """Yield every URL once for each base URL it has, with that."""
        return self.routes.urls()

    def handlers(self) -> Iterator[HTTP]:
        """Yield every interface of a route once."""
        return self.routes.handlers()

    @property
    def versions(self) -> set[Key]:
        """What the routes are kept under: see `hug.versions`."""
        return self.routes.versions()

    @property
    def versioned(self) -> dict[Key, dict[str, Callable[..., Any]]]:
        """The functions of routes, by version and name."""
        return self.routes.versioned()

    def documentation_404(self) -> NotFound:
        """Return what answers for URLs that do not exist with documentation, unless there is a handler."""
        return self.server().not_found

    @property
    def base_404(self) -> NotFound:
        """What answers for URLs that do not exist with a bare 404, unless there is a handler."""
        return self.server(default_not_found=False).not_found

    @property
    def not_found(self) -> NotFound:
        """What answers for URLs that do not exist; a function may return it."""
        return self.server().not_found

    # Formats

    _output_format = APIBase.output_format  # what extensions of hug 2 use
    _not_found = not_found

    def input_format(self, content_type: str) -> InputFormat | None:
        """Return what reads bodies of this media type, None if nothing does."""
        found = self._input_formats.get(content_type) or defaults.input_format.get(content_type)
        return urlencoded_as_sent if found is urlencoded and self.future else found

    def set_input_format(self, content_type: str, formatter: InputFormat) -> None:
        """Let ``formatter`` read bodies of this media type."""
        self._input_formats[content_type] = formatter

    def adopt_input_formats(self, other: HTTPInterfaceAPI) -> None:
        """Take from another API what reads bodies of media types that nothing was set for here."""
        self._input_formats = {**other._input_formats, **self._input_formats}

    # Serving

    def add_middleware(self, component: Any) -> None:
        """Add a Falcon-style middleware component; its methods may be sync or async."""
        self.middleware.append(component)
        self.revision += 1

    def server(self, default_not_found: bool = True, base_url: str | None = None) -> Application:
        """Return the ASGI application, always the same for the same arguments.

        Args:
            default_not_found: Whether a URL that does not exist is answered with documentation.
            base_url: The only base URL to serve; default is all that routes have.
        """
        key = (bool(default_not_found), base_url)
        if key not in self._servers:
            self._servers[key] = Application(self, *key)
        return self._servers[key]

    @asynccontextmanager
    async def lifespan(self, _outer: object = None) -> AsyncIterator[None]:
        """Live as long as a block of ``async with``: for who mounts the application, and hears of the server.

        In the beginning brokers are connected and the startup handlers called, in the end the streams of the
        event loop end, and the shutdown handlers are called. Starlette and FastAPI take it as their
        ``lifespan``: ``Starlette(lifespan=api.http.lifespan, ...)``.

        Raises:
            RuntimeError: A startup handler failed, or a broker cannot be reached.
        """
        life = HostedLife(self.server())
        await life.begin()
        try:
            yield
        finally:
            await life.end()

    def wsgi(self, default_not_found: bool = True, base_url: str | None = None) -> WSGI:
        """Return a WSGI application, for servers that do not know ASGI; see `server` for the arguments."""
        return WSGI(self.server(default_not_found, base_url), self.api.module)

    @overload
    def serve(
        self,
        host: str | int = "",
        port: int = 8000,
        no_documentation: bool = False,
        display_intro: bool = True,
        background: Literal[False] = False,
    ) -> None: ...
    @overload
    def serve(
        self,
        host: str | int = "",
        port: int = 8000,
        no_documentation: bool = False,
        display_intro: bool = True,
        *,
        background: Literal[True],
    ) -> BackgroundServer: ...
    def serve(
        self,
        host: str | int = "",
        port: int = 8000,
        no_documentation: bool = False,
        display_intro: bool = True,
        background: bool = False,
    ) -> BackgroundServer | None:
        """Serve the API until the process is told to end, or in the background.

        Args:
            host: A name or an address; ``""`` means all interfaces. A number is taken for the port.
            port: 0 to 65535; 0 lets the system choose a free one.
            no_documentation: Whether a URL that does not exist is answered without documentation.
            display_intro: Whether to print where the API is served, and requests.
            background: Whether to return at once, with a server that has a ``url``, a ``port`` and a method
                ``stop``; leaving the block of ``with`` stops it, too. It has a thread of its own, so it works
                where an event loop runs already, as in a notebook.

        Raises:
            ListenError: The address cannot be had.
            StartFailed: A server in the background could not start.
        """
        # Both import uvicorn, which only a server needs.
        name, port = ("", host) if isinstance(host, int) else (host, port)
        application = self.server(not no_documentation)
        if background:
            from hug.server.background import BackgroundServer  # noqa: PLC0415

            return BackgroundServer(
                application,
                name,
                port,
                silent=not display_intro,
                title=self.api.name,
                failure=lambda: self.life.failure,
            )
        from hug.server.serve import serve  # noqa: PLC0415

        serve(application, name, port, silent=not display_intro, title=self.api.name)
        return None

    def documentation(
        self, base_url: str | None = None, api_version: int | None = None, prefix: str = ""
    ) -> dict[str, Any]:
        """Return the documentation; see `hug.documentation.document`."""
        return document(self, base_url, api_version, prefix)

    @property
    def openapi_version(self) -> str:
        """The version of OpenAPI, 3.2.0 by default; ValueError when set to one that hug does not write."""
        return self._openapi_version

    @openapi_version.setter
    def openapi_version(self, version: str) -> None:
        self._openapi_version = openapi.checked(version)

    def openapi(
        self, api_version: int | None = None, server: str = "", *, version: str = ""
    ) -> dict[str, Any]:
        """Return the API as a document of OpenAPI.

        Args:
            api_version: The version to describe; by default the highest.
            server: What the URLs begin with, such as ``http://example.com``; default is `openapi_servers`.
            version: That of OpenAPI, such as 3.1.0; default is `openapi_version`.
        """
        from hug.openapi.document import document as openapi_document  # noqa: PLC0415  # when asked for

        return openapi_document(
            self,
            title=self.api.name,
            release=str(getattr(self.api.module, "__version__", "0")),
            api_version=api_version,
            servers=[server] if server else self.openapi_servers,
            bodies=self.openapi_bodies,
            info=self.openapi_info,
            version=openapi.checked(version or self._openapi_version),
        )
