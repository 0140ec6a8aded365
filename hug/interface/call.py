"""One call of a function, however it came about, and what is known of it so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from hug.interface.execution import Execution

ANSWERED: Final = object()
"""In place of a result: there is an answer already, and the function was not called."""


class Call:
    """What the steps of an interface share while they serve one call.

    Attributes:
        request: The request, None if there is none, as on the command line.
        response: The response, to be filled, or None.
        bodiless: Whether nothing came as the body of a request.
        api_version: The version that was asked for by the URL, or by the caller.
        context: What requirements, types, directives and the context factory share.
        execution: How to call user code from where this runs; whoever runs it sets it.
        directives: Values of directives, in the order they were made.
        errors: What is wrong with the arguments, by name; None while nothing is known to be.
        asked: Whether the requirements have been asked, for which the context has been made.
        lacks_requirement: What an unmet requirement answered; None if all are met.
    """

    __slots__ = ("api_version", "asked", "context", "directives", "errors", "execution", "lacks_requirement")

    request: Any = None
    response: Any = None
    bodiless: bool = False

    execution: Execution

    def __init__(self, api_version: int | None) -> None:
        self.api_version = api_version
        self.context: Any = {}
        self.asked = False
        self.directives: list[Any] = []
        self.errors: Any = None
        self.lacks_requirement: Any = None
