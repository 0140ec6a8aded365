"""A router for files."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from hug.api.module_api import api_for
from hug.routers.http import HTTPRouter
from hug.routers.options import StaticOptions, Texts
from hug.routers.sink import SinkRouter

if TYPE_CHECKING:
    from hug.interface.static import StaticHTTP

F = TypeVar("F", bound=Callable[..., Any])

Cache: TypeAlias = bool | int | str | Mapping[str, Any] | None


class StaticRouter(SinkRouter):
    """A router for files: its function, sync or async, returns a folder, or a list of folders.

    Below each of its URLs are the files in these; the first folder that has one gives it, and ``index.html``
    stands for its folder. Nothing outside of them is ever sent, not even where a link in them leads there.
    """

    known = StaticOptions
    written = "hug.static"

    @property
    def interface_class(self) -> type[StaticHTTP]:
        """See `HTTPRouter.interface_class`."""
        from hug.interface.static import StaticHTTP  # noqa: PLC0415  # Falcon

        return StaticHTTP

    def __init__(
        self,
        urls: Texts | None = None,
        output: Callable[..., Any] | None = None,
        cache: Cache = None,
        **options: Any,
    ) -> None:
        """Make a router.

        Args:
            urls: What URLs begin with; default is a slash and the name of the function.
            output: A format that gets the path of the file, in place of sending that as it is.
            cache: What clients may keep: seconds, or True for a year; the options of `HTTPRouter.cache`; or
                the value of ``Cache-Control`` itself. Without it they ask each time whether it has changed.
            options: All others.
        """
        if (control := cache_control(cache)) is not None:
            options["cache"] = control
        super().__init__(urls, output, **options)

    def __call__(self, function: F) -> F:
        """Let the files in what ``function`` returns be read."""
        interface = self.interface(function)
        http = api_for(self.route.get("api"), function).http
        for url in self.route.get("urls") or (f"/{function.__name__}",):
            if not url.startswith("/"):
                raise ValueError(f"URL {url!r} must start with '/'")
            prefix = re.escape(url.rstrip("/"))
            # Not what only begins with the same letters: /statically is no file of /static.
            http.add_sink(interface, prefix + r"(?P<path>(?s:/.*)|\Z)" if prefix else r"/(?P<path>(?s:.*))")
        return function


def cache_control(cache: Cache) -> str | None:
    """Return the value of ``Cache-Control`` for the option ``cache``; None for no such header.

    Raises:
        ValueError: Seconds below 0.
        TypeError: It is no form of the option.
    """
    if cache is None or cache is False:
        return None
    if cache is True:
        return cache_control({})
    if isinstance(cache, int):
        if cache < 0:
            raise ValueError(f"cache must be a number of seconds, 0 or more, not {cache}")
        return cache_control({"max_age": cache})
    if isinstance(cache, str):
        return cache
    if isinstance(cache, Mapping):
        return str(HTTPRouter().cache(**cache).route["response_headers"]["cache-control"])
    raise TypeError(
        f"cache must be True, seconds, the options of cache(), or a header's value, not {cache!r}"
    )
