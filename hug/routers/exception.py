"""A router for what was raised."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from hug.api.module_api import api_for
from hug.introspect import refuse_bare
from hug.routers.http import HTTPRouter
from hug.routers.options import ExceptionOptions, Exceptions

if TYPE_CHECKING:
    from hug.interface.exception_handler import ExceptionHandler

F = TypeVar("F", bound=Callable[..., Any])


class ExceptionRouter(HTTPRouter):
    """A router for exceptions: its functions answer in place of what has raised one.

    That may be middleware, a requirement, a directive, a function, its validation, transform or output
    format, and a type if the route has ``raise_on_invalid``. Of an event stream it is what is raised before
    the response has begun. What is raised in order to answer, redirects and 404, and Falcon's own 405 for a
    method that is not there go to handlers of just these classes only.

    A function gets what it names of ``exception``, ``request``, ``response``, the fields of the URL and
    directives. The handler of the most specific class answers, of several the newest. The status stays as it
    is, 200 unless somebody has set another. What a handler raises itself goes to no handler.
    """

    known = ExceptionOptions

    @property
    def interface_class(self) -> type[ExceptionHandler]:
        """See `HTTPRouter.interface_class`."""
        from hug.interface.exception_handler import ExceptionHandler  # noqa: PLC0415  # Falcon

        return ExceptionHandler

    def __init__(
        self,
        exceptions: Exceptions = (Exception,),
        exclude: Exceptions = (),
        output: Callable[..., Any] | None = None,
        **options: Any,
    ) -> None:
        """Make a router.

        Args:
            exceptions: Classes; also such as are no `Exception`, but not what ends tasks.
            exclude: Classes derived from these that are left to other handlers.
            output: The format of answers.
            options: All others.

        Raises:
            TypeError: A function takes the place of the classes: the parentheses are missing.
        """
        if not isinstance(exceptions, type):
            refuse_bare(exceptions, "hug.exception")
        if output is not None:
            options["output"] = output
        super().__init__(**{**options, "exceptions": exceptions, "exclude": exclude})

    def __call__(self, function: F) -> F:
        """Let ``function`` answer when such an exception is raised."""
        handler = cast("ExceptionHandler", self.interface(function))
        http = api_for(self.route.get("api"), function).http
        for kind in self.route["exceptions"]:
            http.add_exception_handler(kind, handler, self.route.get("versions", (None,)))
        return function
