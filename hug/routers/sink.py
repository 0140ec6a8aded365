"""A router for all URLs that begin in some way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from hug.api.module_api import api_for
from hug.introspect import refuse_bare
from hug.routers.http import HTTPRouter
from hug.routers.options import SinkOptions, Texts
from hug.source_locations import warn_caller

F = TypeVar("F", bound=Callable[..., Any])


class SinkRouter(HTTPRouter):
    """A router for all URLs that begin with one of its own and have no route, whatever the method.

    The rest of the path is ``path``, if the function has a parameter of that name. The sink declared last is
    tried first. URLs are regular expressions, as Falcon has them: a named group becomes an argument.
    """

    known = SinkOptions
    written: ClassVar[str] = "hug.sink"
    """How the decorator is written, for messages."""

    def __init__(
        self, urls: Texts | None = None, output: Callable[..., Any] | None = None, **options: Any
    ) -> None:
        """Make a router.

        Args:
            urls: What URLs begin with; default is a slash and the name of the function.
            output: The format of answers.
            options: All others.

        Raises:
            TypeError: ``urls`` is a function: the parentheses after the decorator's name are missing.
        """
        refuse_bare(urls, self.written)
        if options.pop("versions", None) is not None:
            warn_caller("a sink has no versions, it answers in all")
        if output is not None:
            options["output"] = output
        super().__init__(**options | ({} if urls is None else {"urls": urls}))

    def __call__(self, function: F) -> F:
        """Let ``function`` answer for what begins so and has no route."""
        interface = self.interface(function)
        http = api_for(self.route.get("api"), function).http
        for url in self.route.get("urls") or (f"/{function.__name__}",):
            http.add_sink(interface, url)
        return function
