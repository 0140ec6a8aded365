"""One function, called in one of the ways there are: the steps that all of them share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Mapping
from typing import Any, ClassVar, Generic, Self, TypeVar

from hug import introspect
from hug.interface import contexts
from hug.interface.binding import Binding, missing
from hug.interface.call import Call
from hug.interface.preparation import as_directive, as_requirement, flexible, signature, transformation
from hug.interface.protocols import Owner
from hug.interface.requirements import answer_instead
from hug.output_format.prepared import output
from hug.sentinels import NOTHING
from hug.types.base import Type
from hug.types.refusals import explain, is_refusal

C = TypeVar("C", bound=Call)


class Interface(Generic[C]):
    """Calls a function with arguments made of what is given.

    Attributes:
        api: Where it belongs.
        route: The options.
        function: What it calls.
        binding: What its parameters get, and from where.
        asynchronous: Whether it is an ``async def``.

    A call goes through these steps, after its context has been made: requirements, `gather`, conversion,
    `direct`, validation, `call`. In the end comes `clean_up`, whatever has happened.
    """

    injectable: ClassVar[frozenset[str]] = frozenset()
    """Names of parameters that get what the `Call` has under that name."""

    def __init__(self, route: Mapping[str, Any], function: Any, api: Owner) -> None:
        """Prepare ``function``.

        Args:
            route: The options of its router, by name: see `hug.routing`.
            function: A Python function or bound method.
            api: Where it belongs.

        Raises:
            TypeError: hug cannot tell what the function takes, or cannot convert to an annotation of it.
        """
        self.api = api
        self.route = dict(route)
        self.function = function
        takes = signature(function, route.get("parameters"), route.get("defaults", {}))
        self.binding = Binding(
            takes,
            injectable=self.injectable,
            directive=api.directives().get,
            types=route.get("args"),
            map_params=route.get("map_params"),
        )
        self.asynchronous = introspect.is_coroutine(function)
        self.returns = route.get("args", {}).get("return", takes.returns)
        self.transform, self._transformed = transformation(route.get("transform"), self.returns)
        self.requires = tuple(map(as_requirement, route.get("requires", ())))
        self.validate_function = flexible(route.get("validate"))
        # A plain type after ``->`` says what the function returns, not what an error looks like.
        self.on_invalid = flexible(route.get("on_invalid", route.get("transform")))
        self.output = output(route["output"]) if "output" in route else None
        self.output_invalid = output(route["output_invalid"]) if "output_invalid" in route else None
        self.directives = {
            name: (as_directive(each), args) for name, (each, args) in self.binding.directives.items()
        }
        self.raise_on_invalid: bool = route.get("raise_on_invalid", False)

    def for_api(self, api: Owner) -> Self:
        """Return the same for another API, with the directives that it has here."""
        made = type(self)(self.route, self.function, api)
        made.directives.update(self.directives)
        return made

    async def obtain(self, call: C) -> Any:
        """Return what the function returns; `ANSWERED` if there was a reason not to call it."""
        if self.requires:
            await self.ask(call)
            if call.lacks_requirement is not None:
                return await self.refuse(call, call.lacks_requirement)
        errors: dict[str, Any] = {}
        given = self.gather(call, errors)
        if not isinstance(given, dict):  # there is more than the head of a request, say
            given = await given
        if errors:
            return await self._reject(call, errors)
        binding = self.binding
        arguments = self.bind(call, given, errors)
        if binding.injected:
            self._inject(call, arguments, errors)
        if binding.asynchronous:
            await self._await_values(call, arguments, errors)
        if errors:
            return await self._reject(call, errors)
        if self.directives:
            await self.direct(call, arguments)
        if self.validate_function is not None:
            errors = await call.execution.resolve(self.validate_function(self.binding.as_outside(arguments)))
            if errors:
                call.errors = errors
                return await self.disapprove(call, errors)
        result = self.call(call, arguments)
        if not introspect.is_awaitable(result):
            return result
        # A wrapper of an async function may be a plain one.
        return await (result if self.asynchronous else call.execution.resolve(result))

    # Steps

    async def new_context(self, call: C) -> Any:
        """Return the context of a call."""
        return await contexts.make(self.api, call, **self.offered(call))

    async def ask(self, call: C) -> None:
        """Ask the requirements, unless that has been done."""
        if not call.asked:
            call.asked = True
            call.lacks_requirement = await answer_instead(self.requires, call, self.api)

    @abstractmethod
    def gather(self, call: C, errors: dict[str, Any]) -> dict[str, Any] | Awaitable[dict[str, Any]]:
        """Return what is given, by name, or an awaitable of that; put what cannot be read into ``errors``."""

    def bind(self, call: C, given: dict[str, Any], errors: dict[str, Any]) -> dict[str, Any]:
        """Return arguments made of what is given; put what is missing or does not convert into ``errors``."""
        return self.binding.bind(given, call.context, errors, raise_on_invalid=self.raise_on_invalid)

    @abstractmethod
    async def reject(self, call: C, errors: Any) -> Any:
        """Answer what is given with what is wrong with it, by name; return the result of the call."""

    async def disapprove(self, call: C, errors: Any) -> Any:
        """Answer with what ``validate`` has against the arguments; return the result of the call."""
        return await self.reject(call, errors)

    @abstractmethod
    async def refuse(self, call: C, unmet: Any) -> Any:
        """Answer with what a requirement that is not met has returned; return the result of the call."""

    @abstractmethod
    def offered(self, call: C) -> dict[str, Any]:
        """Return what directives and the context factory may take, by name; ``context`` aside."""

    async def _reject(self, call: C, errors: Any) -> Any:
        call.errors = errors
        return await self.reject(call, errors)

    def _inject(self, call: C, arguments: dict[str, Any], errors: dict[str, Any]) -> None:
        for name in self.binding.injected:
            arguments[name] = getattr(call, name)
        body = self.binding.body
        if body is None or body.convert is None:
            return
        try:
            convert, context = body.convert, {"context": call.context} if body.contextual else {}
            arguments["body"] = convert(arguments["body"], **context)
        except Exception as error:
            if self.raise_on_invalid or not is_refusal(error):
                self.binding.abandon(arguments)
                raise
            if not call.bodiless or isinstance(body.convert, Type):  # whose own words clients of hug 2 know
                errors["body"] = explain(error)
            elif body.default is NOTHING:
                errors["body"] = missing("body")
            else:
                arguments["body"] = body.default

    async def _await_values(self, call: C, arguments: dict[str, Any], errors: dict[str, Any]) -> None:
        for field in self.binding.asynchronous:
            if field.name in arguments and field.external not in errors:
                try:
                    arguments[field.name] = await call.execution.resolve(arguments[field.name])
                except Exception as error:
                    if self.raise_on_invalid or not is_refusal(error):
                        self.binding.abandon(arguments)
                        raise
                    errors[field.external] = explain(error)

    async def direct(self, call: C, arguments: dict[str, Any]) -> None:
        """Put the values of directives into ``arguments``."""
        offered = self.offered(call)
        for name in self.directives:
            arguments[name] = await self.value_of(name, call, offered)

    async def value_of(self, name: str, call: C, offered: dict[str, Any]) -> Any:
        """Return the value that the directive of this parameter makes; it may take what is ``offered``."""
        directive, args = self.directives[name]
        value = directive(*args, context=call.context, **offered)
        value = await call.execution.resolve(value)
        call.directives.append(value)
        return value

    def call(self, _call: C, arguments: dict[str, Any]) -> Any:
        """Return what the function returns, or an awaitable of that."""
        return self.function(**arguments)

    async def transformed(self, call: C, result: Any) -> Any:
        """Return the result as the option ``transform``, or the ``->`` annotation, makes it."""
        if self.transform is None or (self._transformed and isinstance(result, self._transformed)):
            return result
        return await call.execution.resolve(
            self.transform(result, request=call.request, response=call.response, context=call.context)
        )

    async def clean_up(self, call: C, error: BaseException | None) -> None:
        """Tell directives that have a ``cleanup`` method that the call is over, the newest first.

        One that fails keeps none of the others from that.
        """
        try:
            while call.directives:
                cleanup = getattr(call.directives.pop(), "cleanup", None)
                if callable(cleanup):  # some values have any attribute that is asked for
                    await call.execution.resolve(cleanup(exception=error))
        finally:
            if call.directives:
                await Interface.clean_up(self, call, error)
            else:
                await contexts.delete(self.api, call, error)
