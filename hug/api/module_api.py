"""APIs: what a module offers."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from functools import cached_property
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar, cast

from hug import defaults, modules
from hug.api.late_applications import ASGIStandIn, WSGIStandIn
from hug.api.startup_shutdown import Life
from hug.exceptions import BrokerError
from hug.interface import contexts
from hug.source_locations import warn_caller

if TYPE_CHECKING:
    from hug.api.cli_api import CLIInterfaceAPI
    from hug.api.http_api import HTTPInterfaceAPI
    from hug.api.own_channels import OwnChannels
    from hug.eventstream.brokers import Broker
    from hug.eventstream.channels.registry import Channels
    from hug.eventstream.watching.streaming import Streaming
    from hug.interface.cli import CLI
    from hug.interface.http import HTTP

T = TypeVar("T")


class _OnePerModule(type):
    """Makes ``API(module)`` return the API that the module has, if it has one."""

    def __call__(cls: type[T], module: Any = None, *args: Any, **kwargs: Any) -> T:
        if isinstance(module, str):
            module = modules.find(module)
        given = module is None or isinstance(module, API)
        existing = module if given else vars(module).get("__hug__")
        if not isinstance(existing, API):
            with _making:  # another thread may have made it meanwhile
                existing = None if module is None else vars(module).get("__hug__")
                if not isinstance(existing, API):
                    return cast("T", type.__call__(cls, module, *args, **kwargs))
        existing._set(*args, **kwargs)
        return cast("T", existing)


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
        life: What is to be done when a server starts, and when it ends; see `hug.startup`.
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
        words = self.module.__doc__ if doc is None and self.module is not None else doc
        self.doc = words or ""
        self.cli_error_exit_codes = cli_error_exit_codes
        self.future = future
        self.context: dict[str, Any] = {}
        self.life = Life(self)
        self._context_factory: Callable[..., Any] | None = None
        self._delete_context: Callable[..., Any] | None = None
        self._directives: dict[str, Callable[..., Any]] = {}
        self._number = next(_numbers)
        if self.module is not None:
            modules.publish(self.module, self, ASGIStandIn(self), WSGIStandIn(self))

    def _set(
        self,
        name: str = "",
        doc: str | None = None,
        cli_error_exit_codes: bool | None = None,
        future: bool | None = None,
    ) -> None:
        """Set what is given where the API is asked for again: a function may have made it before."""
        self.name = name or self.name
        self.doc = self.doc if doc is None else doc
        if cli_error_exit_codes is not None:
            self.cli_error_exit_codes = cli_error_exit_codes
        if future is not None and future != self.future:
            self.future = future
            if self.has_http:
                self.http.revision += 1

    @cached_property
    def http(self) -> HTTPInterfaceAPI:
        """Its HTTP side, made when it is first asked for: by the first route, say, or by a server."""
        from hug.api.http_api import HTTPInterfaceAPI  # noqa: PLC0415  # Falcon, and all that answers requests

        with _making:
            if not self.has_http:
                made = HTTPInterfaceAPI(self)
                if self.module is not None:
                    modules.replace(self.module, ASGIStandIn, "__hug_asgi__", made.server())
                    modules.replace(self.module, WSGIStandIn, "__hug_wsgi__", made.of_module)
                vars(self)["http"] = made
        return cast("HTTPInterfaceAPI", vars(self)["http"])

    @property
    def has_http(self) -> bool:
        """Whether it has an HTTP side yet."""
        return "http" in vars(self)

    @cached_property
    def cli(self) -> CLIInterfaceAPI:
        """Its commands, made when they are first asked for; to call it is to run one."""
        from hug.api.cli_api import CLIInterfaceAPI  # noqa: PLC0415  # which servers and publishers do without

        with _making:
            made: CLIInterfaceAPI = vars(self).setdefault("cli", CLIInterfaceAPI(self))
        return made

    @property
    def has_cli(self) -> bool:
        """Whether it has a side for the command line yet."""
        return "cli" in vars(self)

    @cached_property
    def own_channels(self) -> OwnChannels:
        """The channels of the API, and their broker."""
        from hug.api.own_channels import OwnChannels  # noqa: PLC0415  # channels, which few commands have

        with _making:
            made: OwnChannels = vars(self).setdefault("own_channels", OwnChannels(self))
        return made

    @property
    def label(self) -> str:
        """What tells it from other APIs of the program, in whatever process: its module, or its number."""
        return getattr(self.module, "__name__", "") or f"{self._number}"

    @property
    def sse(self) -> Streaming:
        """How event streams are served, heartbeats, retry times, limits of time; and their `status`."""
        return self.http.streaming

    @property
    def broker(self) -> Broker:
        """Where its channels are: the default broker of the process, or another one, which can be set.

        Set it to a URL such as ``"redis://localhost"``, or to a broker, before the API has any channels. It
        then has names of its own, which it shares with whoever is on the same broker.

        Raises:
            BrokerError: The URL is wrong, or a package is missing; or channels were asked for before.
        """
        return self.own_channels.broker

    @broker.setter
    def broker(self, broker: str | Broker) -> None:
        try:
            self.own_channels.broker = broker
        except BrokerError as error:
            raise error.with_traceback(None) from None  # a server prints it: how we came there helps nobody

    @property
    def channels(self) -> Channels:
        """The channels of its broker that are in use; ``hug.sse.channel`` makes them."""
        return self.own_channels.asked_for()

    @property
    def has_plain_contexts(self) -> bool:
        """Whether contexts are plain dictionaries, which nobody makes or takes down: asked for each call."""
        factory = self._context_factory or defaults.context_factory
        taker = self._delete_context or defaults.delete_context
        return factory is contexts.PLAIN and taker is contexts.LEFT_ALONE

    @property
    def context_factory(self) -> Callable[..., Any]:
        """What makes the context of each call: see `hug.context_factory`."""
        return self._context_factory or defaults.context_factory

    @context_factory.setter
    def context_factory(self, factory: Callable[..., Any]) -> None:
        self._context_factory = factory

    @property
    def delete_context(self) -> Callable[..., Any]:
        """What takes down the context of each call: see `hug.delete_context`."""
        return self._delete_context or defaults.delete_context

    @delete_context.setter
    def delete_context(self, taker: Callable[..., Any]) -> None:
        self._delete_context = taker

    def extend(
        self,
        api: Any,
        route: str = "",
        base_url: str = "",
        http: bool = True,
        cli: bool = True,
        command_prefix: str = "",
        sub_command: str = "",
    ) -> None:
        """Take over what another API has now; see `hug.extend_api`.

        Args:
            api: The other API, its module, or the name of that.
            route: What the URLs of its routes and sinks begin with here, behind the base URL.
            base_url: The base URL they get; default is that of this API.
            http: Whether to take over what it answers requests with.
            cli: Whether to take over its commands.
            command_prefix: What the names of its commands begin with here.
            sub_command: The name of the command whose next word they are, in place of a prefix.

        Raises:
            ValueError: ``route`` does not start with a slash; or both a prefix and a command for commands.
            NotImported: The name is of no module that is imported.
        """
        if command_prefix and sub_command:
            raise ValueError("commands get a prefix or become those of a command, not both")
        if isinstance(api, str):
            api = modules.imported(api)
        if isinstance(api, ModuleType) and "__hug__" not in vars(api):
            warn_caller(f"the module {api.__name__!r} has no API: nothing is taken over of it")
        other = API(api)
        if other is self:
            return
        for name, each in other._directives.items():
            self._directives.setdefault(name, each)
        self.life.adopt(other.life)
        if http and route and not route.startswith("/"):
            raise ValueError(f"what URLs begin with must start with '/', not {route!r}")
        if http and other.has_http:
            from hug.api.extending import Extension  # noqa: PLC0415  # Falcon, which is there already

            Extension(self.http, self, other.http).take(route, base_url)
        if cli and (sub_command or other.has_cli):
            self.cli.extend(other.cli, command_prefix=command_prefix, sub_command=sub_command)

    @property
    def startup_handlers(self) -> list[Callable[..., Any]]:
        """What is called before the first request, in this order."""
        return self.life.startup_handlers

    def add_startup_handler(self, handler: Callable[..., Any]) -> None:
        """Have ``handler`` called before the first request, as `hug.startup` does."""
        self.life.add_startup_handler(handler)

    @property
    def shutdown_handlers(self) -> list[Callable[..., Any]]:
        """What is called when the last stream has ended, in this order."""
        return self.life.shutdown_handlers

    def add_shutdown_handler(self, handler: Callable[..., Any]) -> None:
        """Have ``handler`` called when the last stream has ended, as `hug.shutdown` does."""
        self.life.shutdown_handlers.append(handler)

    @property
    def started(self) -> bool:
        """Whether the startup handlers have been called."""
        return self.life.started

    @property
    def _context(self) -> dict[str, Any]:
        """What extensions of hug 2 call `context`."""
        return self.context

    def _ensure_started(self) -> None:
        """Call the startup handlers that have not been called, here and now: before a command, say."""
        self.life.begin_here()

    def directives(self) -> dict[str, Callable[..., Any]]:
        """Return all directives by the name of the parameter that asks for them."""
        return {f"hug_{name}": each for name, each in {**defaults.directives, **self._directives}.items()}

    def directive(self, name: str, default: Any = None) -> Any:
        """Return the directive called ``name``, with or without ``hug_``; ``default`` if there is none."""
        known = {**defaults.directives, **self._directives}
        return known.get(name, known.get(name.removeprefix("hug_"), default))

    def add_directive(self, directive: Callable[..., Any]) -> None:
        """Let parameters called ``hug_`` and the directive's name ask for it."""
        self._directives[directive.__name__] = directive

    def handlers(self) -> Iterator[HTTP | CLI]:
        """Yield every interface."""
        if self.has_http:
            yield from self.http.handlers()
        if self.has_cli:
            yield from self.cli.handlers()

    def __repr__(self) -> str:
        return f"<hug.API {self.name or 'without a module'}>"


def existing(api: Any) -> API:
    """Return the API that ``api`` is, or that of a module, or of the name of one.

    Raises:
        NotImported: The name is of no module that is imported.
    """
    return API(modules.imported(api) if isinstance(api, str) else api)


def api_for(api: Any, function: Callable[..., Any]) -> API:
    """Return the API that ``api`` names, or that of the module ``function`` is defined in."""
    return API(modules.of_function(function) if api is None else api)


def from_object(of: Any) -> API:
    """Return the API of the module that a function or a class is from."""
    return API(modules.of_function(of))


_numbers = itertools.count(1)
_making = threading.RLock()
