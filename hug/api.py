"""APIs: what a module offers, and how it is served."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from types import ModuleType
from typing import Any, TypeAlias, TypeVar, cast

from hug import defaults, modules
from hug.dispatch import Application, NotFound
from hug.documentation import document
from hug.eventstream.brokers.memory import MemoryBroker
from hug.eventstream.channels.registry import Channels
from hug.eventstream.serving.settings import Settings
from hug.input_format import urlencoded, urlencoded_as_sent
from hug.interface.formats import InputFormat, Output, OutputFormat, output
from hug.interface.http import HTTP
from hug.json_module import MOST_MEMBERS
from hug.versions import Key, Version, key

T = TypeVar("T")

Routes: TypeAlias = dict[str, dict[str, dict[str, dict[Key, HTTP]]]]


class HTTPInterfaceAPI:
    """The HTTP side of an API.

    Attributes:
        base_url: What the URLs of routes begin with that are added from now on.
        inline: Whether ``def`` handlers run on the event loop, where one that blocks stops everything, rather
            than in threads. Choose it for handlers that never block, or code that has to stay in one thread.
        max_body: Most bytes of a body taken into memory; a longer one is answered with 413.
        max_members: Most values that a body is made into, those of JSON in its lists and objects together
            (its commas and opening brackets), those of a form in all fields; for more the answer is 400.
        body_timeout: Seconds that a client may take to send its body; then the answer is 408.
        max_header_size: Most bytes of a request's headers, 32 more for each; beyond that the answer is 431.
        routes: Interfaces by base URL, URL, method and the key of their version (`hug.versions`).
        middleware: Components added with `add_middleware`.
        not_found_handlers: What answers for URLs that do not exist, by version.
        falcon: The Falcon app, once the API is served.
        streaming: How event streams are served, which is also `API.sse`.
        channels: What is published on them, which is also `API.channels`.
        revision: How often something changed that the application is built from.
    """

    def __init__(self, api: API) -> None:
        self.api = api
        self.base_url = ""
        self.inline = False
        self.max_body = 10 * 1024 * 1024
        self.max_members = MOST_MEMBERS
        self.body_timeout = 30.0
        self.max_header_size = 64 * 1024
        self.routes: Routes = {}
        self.middleware: list[Any] = []
        self.not_found_handlers: dict[Key, HTTP] = {}
        self.falcon: Any = None
        self.streaming = Settings()
        self.channels = Channels(MemoryBroker())
        self.revision = 0
        self._output: Output | None = None
        self._input_formats: dict[str, InputFormat] = {}
        self._servers: dict[tuple[bool, str | None], Application] = {}

    @property
    def doc(self) -> str | None:
        """What the API is about."""
        return self.api.doc

    @property
    def future(self) -> bool:
        """Whether queries, forms and slashes are read as they are sent."""
        return self.api.future

    # Routes

    def add_route(
        self, interface: HTTP, urls: Iterable[str], methods: Iterable[str], versions: Iterable[Version]
    ) -> None:
        """Let ``interface`` answer ``methods`` of ``urls``, which come after the base URL, in ``versions``.

        Raises:
            ValueError: A URL that does not start with a slash.
        """
        of_base = self.routes.setdefault(self.base_url, {})
        methods, keys = tuple(methods), tuple(map(key, versions))
        for url in urls:
            if not url.startswith("/"):
                raise ValueError(f"URL {url!r} must start with '/'")
            interface.places.append((self.base_url, url))
            of_url = of_base.setdefault(url, {})
            for method in methods:
                of_url.setdefault(method, {}).update(dict.fromkeys(keys, interface))
        self.revision += 1

    def set_not_found_handler(self, handler: HTTP, version: Version = None) -> None:
        """Let ``handler`` answer for URLs that do not exist in ``version``."""
        self.not_found_handlers[key(version)] = handler

    def urls(self) -> Iterator[str]:
        """Yield every URL once for each base URL it has, without that."""
        for urls in self.routes.values():
            yield from urls

    def handlers(self) -> Iterator[HTTP]:
        """Yield every interface once."""
        seen: set[int] = set()
        for urls in self.routes.values():
            for methods in urls.values():
                for versions in methods.values():
                    for interface in versions.values():
                        if id(interface) not in seen:
                            seen.add(id(interface))
                            yield interface

    @property
    def versions(self) -> set[Key]:
        """What the routes are kept under: see `hug.versions`."""
        return {
            version
            for urls in self.routes.values()
            for methods in urls.values()
            for versions in methods.values()
            for version in versions
        }

    @property
    def not_found(self) -> NotFound:
        """What answers for URLs that do not exist; a function may return it."""
        return self.server().not_found

    # Formats

    @property
    def output(self) -> Output:
        """The output format, prepared."""
        return self._output or output(defaults.output_format)

    @property
    def output_format(self) -> OutputFormat:
        """What turns results into bytes, for routes without an output format of their own."""
        return self.output.function

    @output_format.setter
    def output_format(self, formatter: OutputFormat) -> None:
        self._output = output(formatter)

    def input_format(self, content_type: str) -> InputFormat | None:
        """Return what reads bodies of this media type, None if nothing does."""
        found = self._input_formats.get(content_type) or defaults.input_format.get(content_type)
        return urlencoded_as_sent if found is urlencoded and self.future else found

    def set_input_format(self, content_type: str, formatter: InputFormat) -> None:
        """Let ``formatter`` read bodies of this media type."""
        self._input_formats[content_type] = formatter

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

    def serve(
        self,
        host: str | int = "",
        port: int = 8000,
        no_documentation: bool = False,
        display_intro: bool = True,
    ) -> None:
        """Serve the API until the process is told to end.

        Args:
            host: A name or an address; ``""`` means all interfaces. A number is taken for the port.
            port: 0 to 65535.
            no_documentation: Whether a URL that does not exist is answered without documentation.
            display_intro: Whether to print where the API is served, and requests.

        Raises:
            ListenError: The address cannot be had.
        """
        from hug.server.serve import serve  # noqa: PLC0415  # imports uvicorn, which only a server needs

        name, port = ("", host) if isinstance(host, int) else (host, port)
        serve(self.server(not no_documentation), name, port, silent=not display_intro, title=self.api.name)

    def documentation(
        self, base_url: str | None = None, api_version: int | None = None, prefix: str = ""
    ) -> dict[str, Any]:
        """Return the documentation; see `hug.documentation.document`."""
        return document(self, base_url, api_version, prefix)


class _OnePerModule(type):
    """Makes ``API(module)`` return the API that the module has, if it has one."""

    def __call__(cls: type[T], module: Any = None, *args: Any, **kwargs: Any) -> T:
        if isinstance(module, str):
            module = modules.find(module)
        given = module is None or isinstance(module, API)
        existing = module if given else vars(module).get("__hug__")
        found = existing if isinstance(existing, API) else type.__call__(cls, module, *args, **kwargs)
        return cast("T", found)


class API(metaclass=_OnePerModule):
    """What a module offers. ``API(__name__)`` is always the same; ``API()`` belongs to no module.

    Attributes:
        module: The module, None without one.
        name: Its name.
        doc: What it is about; default is the module's docstring.
        context: Whatever the application wants to keep with the API.
        cli_error_exit_codes: Whether a command that returns something false exits with 1.
        future: Whether queries, forms and slashes are read as they are sent: commas do not split values,
            blank values are kept, a slash at the end of a path counts. To be set before the first request.
        http: Its HTTP side.
    """

    def __init__(
        self,
        module: ModuleType | str | None = None,
        name: str = "",
        doc: str | None = None,
        cli_error_exit_codes: bool = False,
        future: bool = False,
    ) -> None:
        """Make the API of a module.

        Args:
            module: The module or its name; a name that is not imported gives a new, empty module.
            name: Default is the module's name.
            doc: Default is the module's docstring.
            cli_error_exit_codes: See the attribute.
            future: See the attribute.
        """
        self.module = modules.find(module) if isinstance(module, str) else module
        self.name = name or getattr(self.module, "__name__", "")
        self.doc = doc if doc is not None else getattr(self.module, "__doc__", None)
        self.cli_error_exit_codes = cli_error_exit_codes
        self.future = future
        self.context: dict[str, Any] = {}
        self.http = HTTPInterfaceAPI(self)
        self._directives: dict[str, Callable[..., Any]] = {}
        if self.module is not None:
            modules.publish(self.module, self, self.http.server())

    @property
    def sse(self) -> Settings:
        """How event streams are served: heartbeats, retry times, limits of time."""
        return self.http.streaming

    @property
    def channels(self) -> Channels:
        """The channels that are in use; ``hug.sse.channel`` makes them."""
        return self.http.channels

    def directives(self) -> dict[str, Callable[..., Any]]:
        """Return all directives by the name of the parameter that asks for them."""
        return {f"hug_{name}": each for name, each in {**defaults.directives, **self._directives}.items()}

    def directive(self, name: str, default: Any = None) -> Any:
        """Return the directive that a parameter called ``name`` asks for, ``default`` if there is none."""
        return self.directives().get(name, default)

    def add_directive(self, directive: Callable[..., Any]) -> None:
        """Let parameters called ``hug_`` and the directive's name ask for it."""
        self._directives[directive.__name__] = directive

    def handlers(self) -> Iterator[HTTP]:
        """Yield every interface."""
        yield from self.http.handlers()

    def __repr__(self) -> str:
        return f"<hug.API {self.name or 'without a module'}>"


def api_for(api: Any, function: Callable[..., Any]) -> API:
    """Return the API that ``api`` names, or that of the module ``function`` is defined in."""
    return API(modules.of_function(function) if api is None else api)
