"""One function as an HTTP endpoint: from a request to its arguments, from its result to a response."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from string import Formatter
from typing import Any, ClassVar, Final, cast

import falcon

from hug import introspect, versions
from hug.exceptions import BodyUnreadable
from hug.interface.binding import Binding, explain
from hug.interface.description import Description
from hug.interface.exchange import ANSWERED, Exchange
from hug.interface.execution import INLINE, InThread
from hug.interface.formats import Output, announce_error, input_format, is_text, media_type, output
from hug.interface.preparation import as_directive, as_requirement, flexible, signature, transformation
from hug.interface.protocols import Owner
from hug.interface.requirements import answer_instead
from hug.sentinels import NOTHING
from hug.web.error_body import error_body
from hug.web.request import Request
from hug.web.response import Response
from hug.web.threads import finish, handlers

AT_ONCE: Final = 64 * 1024
"""Most bytes of a body parsed on the event loop, if the function runs there: a few milliseconds of work."""

INJECTABLE: Final = frozenset({"request", "response", "body", "api_version"})


class HTTP:
    """Answers the requests of one route with one function.

    Attributes:
        api: Where it belongs.
        route: The options.
        function: What it calls.
        places: The base URLs and URL templates that it is registered under.

    An exchange goes through these steps: `read_body`, `check_requirements`, `gather`, conversion, `direct`,
    validation, `call`, `respond`, `clean_up`. They run on the event loop for an ``async def``, and for a
    ``def`` all in one thread, except `respond` of an interface that ``streams``: that is always on the loop.
    """

    streams: ClassVar[bool] = False
    """Whether the result is consumed after the response has begun, so that `respond` runs no code of it."""

    answers_head: ClassVar[bool] = False
    """Whether a GET route answers HEAD, too."""

    def __init__(self, route: Mapping[str, Any], function: Callable[..., Any], api: Owner) -> None:
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
            injectable=INJECTABLE,
            directive=api.directive,
            types=route.get("args"),
            map_params=route.get("map_params"),
        )
        self.asynchronous = introspect.is_coroutine(function)
        self.blocking = self._blocks()
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
        self.parse_body: bool = route.get("parse_body", False)
        self.inputs: Mapping[str, Any] = route.get("inputs", {})
        self.raise_on_invalid: bool = route.get("raise_on_invalid", False)
        self.status: str | int | None = route.get("status")
        self.response_headers: Mapping[str, str] = route.get("response_headers", {})
        self.places: list[tuple[str, str]] = []

    def _blocks(self) -> bool:
        """Whether the function may block; called once, when all it may depend on is known."""
        return not self.asynchronous

    async def __call__(
        self, request: Request, response: Response, api_version: int | None = None, **url_fields: Any
    ) -> None:
        """Answer ``request`` through ``response``."""
        exchange = Exchange(request, response, api_version, url_fields)
        settings = self.api.http
        self.prepare(exchange)
        if self.parse_body and request.may_have_body:
            exchange.body = await self.read_body(exchange)
        if settings.inline:
            exchange.execution = INLINE
        if settings.inline or not self.blocking:
            await self.answer(exchange)
        elif self.streams:
            await self.answer(exchange, self._obtain_in_thread)
        else:
            exchange.execution = InThread(asyncio.get_running_loop())
            await handlers.run(lambda: finish(self.answer(exchange)))
        if exchange.redirect is not None:
            await exchange.redirect(request, response, api_version=api_version, **url_fields)

    async def answer(
        self, exchange: Exchange, obtain: Callable[[Exchange], Awaitable[Any]] | None = None
    ) -> None:
        """Obtain the result and respond with it; clean up, whatever happens."""
        try:
            result = await (obtain or self.obtain)(exchange)
            if callable(result) and (redirect := _endpoint(result)):
                exchange.redirect = redirect
            elif result is not ANSWERED:
                await self.respond(exchange, result)
        except BaseException as error:
            await self.clean_up(exchange, error)
            raise
        if exchange.directives:
            await self.clean_up(exchange, None)

    async def obtain(self, exchange: Exchange) -> Any:
        """Return what the function returns; `ANSWERED` if there was a reason not to call it."""
        if self.requires and await self.check_requirements(exchange) is ANSWERED:
            return ANSWERED
        errors: dict[str, Any] = {}
        given = await self.gather(exchange, errors)
        if errors:
            return await self.reject(exchange, errors)
        binding = self.binding
        arguments = binding.bind(given, exchange.context, errors, raise_on_invalid=self.raise_on_invalid)
        if binding.injected:
            self._inject(exchange, arguments, errors)
        if binding.asynchronous:
            await self._await_values(exchange, arguments, errors)
        if errors:
            return await self.reject(exchange, errors)
        if self.directives:
            await self.direct(exchange, arguments)
        if self.validate_function is not None:
            errors = await exchange.execution.resolve(self.validate_function(arguments))
            if errors:
                return await self.reject(exchange, errors)
        return await self.call(exchange, arguments)

    async def _obtain_in_thread(self, exchange: Exchange) -> Any:
        on_loop, exchange.execution = exchange.execution, InThread(asyncio.get_running_loop())
        try:
            return await handlers.run(lambda: finish(self.obtain(exchange)))
        finally:
            exchange.execution = on_loop

    # Steps

    def prepare(self, exchange: Exchange) -> None:
        """Set what the route says of every response; the function may change it."""
        exchange.request.sync = not self.asynchronous
        if self.status is not None:
            exchange.response.status = self.status
        if self.response_headers:
            exchange.response.set_headers(dict(self.response_headers))
        exchange.output = self.output or self.api.http.output
        exchange.output.announce(exchange.request, exchange.response)

    async def read_body(self, exchange: Exchange) -> bytes:
        """Return the body, which may be empty; raise the error to answer with if it is too long or slow."""
        settings = self.api.http
        return await exchange.request.read(settings.max_body, settings.body_timeout)

    async def check_requirements(self, exchange: Exchange) -> Any:
        """Return `ANSWERED` if a requirement was not met and gave the answer."""
        answer = await answer_instead(self.requires, exchange, self.api)
        if answer is None:
            return None
        await self.write(exchange, answer, exchange.output)
        return ANSWERED

    async def gather(self, exchange: Exchange, errors: dict[str, Any]) -> dict[str, Any]:
        """Return what the client gives, by name: the query, the body over it, URL fields over both.

        The URL goes first because others decide by it, such as a proxy that knows who may see ``/users/1``.
        """
        given = {**exchange.request.params, **exchange.url_fields}
        data = exchange.body
        if data is not None:
            exchange.body = None
            if data:
                try:
                    exchange.body = value = await self._parse(exchange, data)
                except BodyUnreadable as error:
                    errors["body"] = str(error)
                    return given
                if isinstance(value, dict):
                    given.update(value)
                    if exchange.url_fields:
                        given.update(exchange.url_fields)
        return given

    async def _parse(self, exchange: Exchange, data: bytes) -> Any:
        """Return the value of a body, or the body as a file if nothing reads its content type."""
        kind, parameters = media_type(exchange.request.content_type)
        formatter = self.inputs.get(kind) or self.api.http.input_format(kind)
        if formatter is None:
            return exchange.request.stream
        parse, limit = input_format(formatter), self.api.http.max_members
        if len(data) > AT_ONCE:
            return await exchange.execution.call(parse, data, parameters, limit)
        return await exchange.execution.resolve(parse(data, parameters, limit))

    def _inject(self, exchange: Exchange, arguments: dict[str, Any], errors: dict[str, Any]) -> None:
        for name in self.binding.injected:
            arguments[name] = getattr(exchange, name)
        body = self.binding.body
        if body is not None and body.convert is not None:
            try:
                convert, context = body.convert, {"context": exchange.context} if body.contextual else {}
                arguments["body"] = convert(exchange.body, **context)
            except Exception as error:
                if self.raise_on_invalid:
                    raise
                errors["body"] = explain(error)

    async def _await_values(
        self, exchange: Exchange, arguments: dict[str, Any], errors: dict[str, Any]
    ) -> None:
        for field in self.binding.asynchronous:
            if field.name in arguments and field.external not in errors:
                try:
                    arguments[field.name] = await exchange.execution.resolve(arguments[field.name])
                except Exception as error:
                    if self.raise_on_invalid:
                        raise
                    errors[field.external] = explain(error)

    async def direct(self, exchange: Exchange, arguments: dict[str, Any]) -> None:
        """Put the values of directives into ``arguments``."""
        for name, (directive, args) in self.directives.items():
            value = directive(
                *args,
                request=exchange.request,
                response=exchange.response,
                context=exchange.context,
                api=self.api,
                api_version=exchange.api_version,
                interface=self,
            )
            arguments[name] = value = await exchange.execution.resolve(value)
            exchange.directives.append(value)

    async def call(self, exchange: Exchange, arguments: dict[str, Any]) -> Any:
        """Return what the function returns."""
        if self.asynchronous:
            return await self.function(**arguments)
        result = self.function(**arguments)
        # A wrapper of an async function may be a plain one.
        return await exchange.execution.resolve(result) if hasattr(result, "__await__") else result

    async def reject(self, exchange: Exchange, errors: Any) -> Any:
        """Answer with 400 and what is wrong, by name of the field."""
        request, response = exchange.request, exchange.response
        response.status = falcon.HTTP_400
        data: Any = error_body(errors)
        if self.on_invalid is not None:
            data = await exchange.execution.resolve(self.on_invalid(data, request=request, response=response))
        formatter = self.output_invalid or exchange.output
        if self.output_invalid is not None or ("on_invalid" in self.route and is_text(data)):
            formatter.announce(request, response)
        else:
            formatter = announce_error(formatter, request, response)
        await self.write(exchange, data, formatter)
        return ANSWERED

    async def respond(self, exchange: Exchange, result: Any) -> None:
        """Answer with the result, transformed and in the route's output format."""
        response = exchange.response
        if self.transform is not None and not (self._transformed and isinstance(result, self._transformed)):
            transformed = self.transform(result, request=exchange.request, response=response)
            result = await exchange.execution.resolve(transformed)
        if result is None and (response.answered or response.status_code == 204):
            return  # the function has put its answer there itself
        content = exchange.output(result, exchange.request, response)
        if isinstance(content, bytes):  # as nearly always; what follows costs a coroutine
            response.data = content
        else:
            await self.put(exchange, content)

    async def write(self, exchange: Exchange, data: Any, formatter: Output) -> None:
        """Put ``data`` into the response, formatted."""
        await self.put(exchange, formatter(data, exchange.request, exchange.response))

    async def put(self, exchange: Exchange, content: Any) -> None:
        """Put what a formatter gave into the response: bytes, text or a file, or an awaitable of these."""
        if hasattr(content, "__await__"):
            content = await exchange.execution.resolve(content)
        if hasattr(content, "read"):
            exchange.response.stream = content
        else:
            exchange.response.data = content

    async def clean_up(self, exchange: Exchange, error: BaseException | None) -> None:
        """Tell directives that have a ``cleanup`` method that the call is over, the newest first."""
        while exchange.directives:
            cleanup = getattr(exchange.directives.pop(), "cleanup", None)
            if cleanup is not None:
                await exchange.execution.resolve(cleanup(exception=error))

    def describe(self, default: Output) -> Description:
        """Return what this tells about itself; ``default`` is for routes without a format of their own."""
        return Description(
            usage=self.function.__doc__,
            private=self.route.get("private", False),
            examples=tuple(self.route.get("examples", ())),
            callable_bare=not self.binding.required,
            requires=tuple(each.function.__doc__ for each in self.requires),
            output=self.describe_output(default),
            returns=NOTHING if self.streams else self.returns,
            fields=self.binding.fields,
        )

    def describe_output(self, _default: Output) -> dict[str, Any]:
        """Return what documentation says of responses; that without a format of their own is given."""
        function = (self.output or _default).function
        return {"format": function.__doc__, "content_type": getattr(function, "content_type", None)}

    def urls(self, version: int | None = None) -> list[str]:
        """Return the URL templates this answers in ``version``, or without a version."""
        keys = map(versions.key, self.route.get("versions", (None,)))
        if versions.chosen(dict.fromkeys(keys, True), version) is None:
            return []
        return [versions.url(base_url, url, version) for base_url, url in self.places]

    def url(self, version: int | None = None, **fields: Any) -> str:
        """Return the URL with these ``fields`` filled in; raise KeyError when no template has just these."""
        for url in self.urls(version):
            if {field for _, field, _, _ in Formatter().parse(url) if field is not None} == fields.keys():
                return url.format(**fields)
        raise KeyError("URL that takes all provided parameters not found")


def _endpoint(result: Any) -> Callable[..., Any] | None:
    """Return the endpoint that ``result`` is, or that it is the function of."""
    if isinstance(result, HTTP):
        return result
    interface: Any = getattr(result, "interface", None)
    if interface is True:
        return cast("Callable[..., Any]", result)
    return getattr(interface, "http", None)
