"""One function as Python code calls it, with all that hug does for a request but the request."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from hug.interface.call import ANSWERED
from hug.interface.protocols import Owner
from hug.interface.requestless import Requestless, RequestlessCall
from hug.web.error_body import error_body


class LocalCall(RequestlessCall):
    """A call by Python code.

    Attributes:
        own: Values that the caller has for parameters of directives.
    """

    __slots__ = ("own",)

    def __init__(self, api_version: int | None) -> None:
        super().__init__(api_version)
        self.own: dict[str, Any] = {}


class Local(Requestless[LocalCall]):
    """Calls a function as Python code does, with positional and keyword arguments.

    Attributes:
        wrapper: The function that stands for it: what `hug.local` returns.
        version: The version that directives get to know; None is no version.
        skip_validation: Whether arguments are passed as they are.
        skip_directives: Whether directives make no values.
    """

    def __init__(self, route: Mapping[str, Any], function: Callable[..., Any], api: Owner) -> None:
        """See `Interface.__init__`."""
        super().__init__(route, function, api)
        self.version: int | None = route.get("version")
        self.skip_validation: bool = route.get("validate") is False
        self.skip_directives: bool = not route.get("directives", True)
        self._signature = inspect.signature(function)
        self._external = {field.name: field.external for field in self.binding.fields}
        self._internal = {external: name for name, external in self._external.items()}
        self.wrapper = self._wrapper()
        if self.asynchronous:
            # asyncio comes with it, which sync functions do without; here, since calls may be many.
            from hug.interface.own_loop import joins  # noqa: PLC0415

            self._joins: Callable[[LocalCall], bool] = joins

    def _wrapper(self) -> Callable[..., Any]:
        # A function, and not this object: as an attribute of a class it is a method.
        @functools.wraps(self.function)
        def call(*args: Any, **kwargs: Any) -> Any:
            return self(*args, **kwargs)

        return call

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return what the function returns, or ``{"errors": ...}``, in the output format if there is one.

        For an async function that is awaited where an event loop runs: this returns the coroutine.
        Elsewhere it runs in an event loop of its own.

        Raises:
            TypeError: The function has no such parameter, or gets two values for one.
            HTTPForbidden: A requirement is not met, and has said so with False.
        """
        call = self._begun(args, kwargs)
        return self.answer(call) if self.asynchronous and self._joins(call) else self.wait(call)

    def _begun(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> LocalCall:
        call = LocalCall(self.version)
        internal = self._internal
        named = {internal.get(name, name): value for name, value in kwargs.items()}
        try:
            bound = self._signature.bind_partial(*args, **named)
        except TypeError as error:
            raise TypeError(f"{self.function.__qualname__}(): {error}") from None
        for name, value in bound.arguments.items():
            kind = self._signature.parameters[name].kind
            if kind is inspect.Parameter.VAR_POSITIONAL:
                call.rest = value
            elif kind is inspect.Parameter.VAR_KEYWORD:
                call.given.update(value)
            elif name in self.directives:
                call.own[name] = value
            else:
                call.given[self._external.get(name, name)] = value
        return call

    # Steps

    def bind(self, call: LocalCall, given: dict[str, Any], errors: dict[str, Any]) -> dict[str, Any]:
        """See `Interface.bind`."""
        if self.skip_validation:
            internal = self._internal
            return {internal.get(name, name): value for name, value in given.items()}
        return super().bind(call, given, errors)

    async def direct(self, call: LocalCall, arguments: dict[str, Any]) -> None:
        """Put the values of directives into ``arguments``, or those that the caller has in their place."""
        arguments.update(call.own)
        if self.skip_directives:
            return
        offered = self.offered(call)
        for name in self.directives:
            if name not in call.own:
                arguments[name] = await self.value_of(name, call, offered)

    def offered(self, call: LocalCall) -> dict[str, Any]:
        """See `Interface.offered`."""
        return {"api": self.api, "api_version": call.api_version, "interface": self}

    async def reject(self, call: LocalCall, errors: Any) -> Any:
        """See `Interface.reject`."""
        data: Any = error_body(errors)
        if self.on_invalid is not None:
            data = await call.execution.resolve(self.on_invalid(data, request=None, response=None))
        call.answer = await self.formatted(call, data, self.output_invalid or self.output)
        return ANSWERED

    async def refuse(self, call: LocalCall, unmet: Any) -> Any:
        """See `Interface.refuse`."""
        call.answer = await self.formatted(call, unmet, self.output)
        return ANSWERED

    async def respond(self, call: LocalCall, result: Any) -> Any:
        """See `Requestless.respond`."""
        return await self.formatted(call, await self.transformed(call, result), self.output)
