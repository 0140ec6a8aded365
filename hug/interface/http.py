"""One function as an HTTP endpoint: from a request to its arguments, from its result to a response."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import partial
from typing import Any, ClassVar, Final, Self, cast

import falcon
from falcon.util.uri import parse_query_string

from hug import url_templates, versions
from hug.eventstream.serving.handover import Handover
from hug.exceptions import BodyUnreadable
from hug.interface import forms
from hug.interface.binding import undivide
from hug.interface.bodies import Bodies
from hug.interface.call import ANSWERED
from hug.interface.error_format import announce_error, is_text
from hug.interface.exchange import Exchange
from hug.interface.execution import INLINE, THREADED, InThread
from hug.interface.interface import Interface
from hug.interface.protocols import Owner
from hug.interface.streaming_answer import abandon, comes_in_pieces, hand_over, in_pieces
from hug.introspect import is_awaitable
from hug.output_format.prepared import Output
from hug.web.cors_policy import Policy, tell
from hug.web.error_body import error_body
from hug.web.errors import HTTPNotFound
from hug.web.file_response import SentFile
from hug.web.request import Request
from hug.web.response import Response
from hug.web.threads import handlers
from hug.web.uploads import Form
from hug.web.without_waiting import finish

_VALUES: Final = frozenset({dict, list, str, bytes, int, float, bool, type(None)})
"""Types of results that neither come in pieces nor can be read; nor do those of subclasses of dict."""


class HTTP(Interface[Exchange]):
    """Answers the requests of one route with one function.

    Attributes:
        api: Where it belongs.
        route: The options.
        function: What it calls.
        site: How the API answers requests: kept here, as each request asks for it.
        bodies: What reads the bodies of requests.
        places: The base URLs and URL templates that it is registered under.
        origin: The interface that this one was made of for another API; itself, if it was not.

    An exchange goes through these steps: its body is read, `ask`, `gather`, conversion, `direct`, validation,
    `call`, `respond`, `clean_up`. A form with files, which may be large, is read after `ask`. They run on the
    event loop for an ``async def``, and for a ``def`` all in one thread, except reading, and `respond` of an
    interface that ``streams``: these are always on the loop.
    """

    streams: ClassVar[bool] = False
    """Whether the result is consumed after the response has begun, so that `respond` runs no code of it."""

    answers_head: ClassVar[bool] = False
    """Whether a GET route answers HEAD, too."""

    injectable = frozenset({"request", "response", "body", "api_version"})

    exchange_class: ClassVar[type[Exchange]] = Exchange

    def __init__(self, route: Mapping[str, Any], function: Callable[..., Any], api: Owner) -> None:
        """See `Interface.__init__`."""
        super().__init__(route, function, api)
        self.site = api.http
        self.name = f"{function.__module__}.{function.__qualname__}"
        self._sync = not (self.asynchronous or inspect.isasyncgenfunction(function))
        self.blocking = self._blocks()
        self.parse_body: bool = route.get("parse_body", False)
        # A sync function cannot wait for ``request.stream``: it is read before.
        self.takes_body = self.parse_body or (not self.asynchronous and "request" in self.binding.injected)
        self.bodies = Bodies(route, self.binding, api)
        self.status: str | int | None = route.get("status")
        self.response_headers: Mapping[str, str] = route.get("response_headers", {})
        self.cors: Policy | None = route.get("allow_origins")
        self.places: list[tuple[str, str]] = []
        self.origin: HTTP = self

    def for_api(self, api: Owner) -> Self:
        """See `Interface.for_api`."""
        made = super().for_api(api)
        made.origin = self.origin
        return made

    def _blocks(self) -> bool:
        """Whether the function may block; called once, when all it may depend on is known."""
        return self._sync

    async def __call__(
        self, request: Request, response: Response, api_version: int | None = None, **url_fields: Any
    ) -> None:
        """Answer ``request`` through ``response``."""
        exchange = self.exchange_class(request, response, api_version, url_fields)
        inline = self.site.inline
        self.prepare(exchange)
        if inline:
            exchange.execution = INLINE
        if self.takes_body and request.may_have_body:
            late = bool(self.requires) and self.bodies.is_upload(request)
            body = await (self._read_if_admitted(exchange) if late else self.bodies.read(request))
            exchange.body = body if self.parse_body else None
        if inline or not self.blocking:
            await self.answer(exchange)
        elif self.streams:
            await self.answer(exchange, self._obtain_in_thread)
        else:
            exchange.execution = InThread(asyncio.get_running_loop())
            await handlers.run(lambda: finish(self.answer(exchange)))
        if exchange.redirect is not None:
            if getattr(exchange.redirect, "documents", False):
                raise HTTPNotFound  # for whichever application serves this to answer
            await exchange.redirect(request, response, api_version=api_version, **url_fields)

    async def answer(
        self, exchange: Exchange, obtain: Callable[[Exchange], Awaitable[Any]] | None = None
    ) -> None:
        """Obtain the result and respond with it; clean up, whatever happens."""
        if not (plain := self.api.has_plain_contexts) and not exchange.asked:
            try:
                exchange.context = await self.new_context(exchange)
            except BaseException:
                await self._close_form(exchange)
                raise
        try:
            result = await (obtain or self.obtain)(exchange)
            if callable(result) and (redirect := _endpoint(result)):
                exchange.redirect = redirect
            elif result is not ANSWERED:
                await self.respond(exchange, result)
            if exchange.response.stream is not None:
                hand_over(exchange, self.name)
        except BaseException as error:
            try:
                await abandon(exchange)
            finally:
                await self.clean_up(exchange, error)
            raise
        if exchange.directives or not plain or exchange.request.form is not None:
            await self.clean_up(exchange, None)

    async def _obtain_in_thread(self, exchange: Exchange) -> Any:
        return await self._in_thread(exchange, self.obtain)

    async def _in_thread(self, exchange: Exchange, step: Callable[[Exchange], Awaitable[Any]]) -> Any:
        on_loop, exchange.execution = exchange.execution, InThread(asyncio.get_running_loop())
        try:
            return await handlers.run(lambda: finish(step(exchange)))
        finally:
            exchange.execution = on_loop

    async def _read_if_admitted(self, exchange: Exchange) -> bytes | Form | None:
        """Ask the requirements, then read the body; None if they are not met, which `answer` tells.

        What they read of it themselves is read again.
        """
        exchange.request.keeps = True
        if self.site.inline or not self.blocking:
            await self._ask_first(exchange)
        else:
            await self._in_thread(exchange, self._ask_first)
        if exchange.lacks_requirement is not None:
            return None
        exchange.request.rewind()
        try:
            return await self.bodies.read(exchange.request)
        except BaseException as error:
            await self.clean_up(exchange, error)
            raise

    async def _ask_first(self, exchange: Exchange) -> None:
        if not self.api.has_plain_contexts:
            exchange.context = await self.new_context(exchange)
        try:
            await self.ask(exchange)
        except BaseException as error:
            await self.clean_up(exchange, error)
            raise

    # Steps

    def prepare(self, exchange: Exchange) -> None:
        """Set what the route says of every response; the function may change it."""
        if exchange.request.sync is not self._sync:
            exchange.request.sync = self._sync
        if self.status is not None:
            exchange.response.status = self.status
        if self.response_headers:
            exchange.response.set_headers(dict(self.response_headers))
        if self.cors is not None:
            tell(self.cors, exchange.request, exchange.response)
        formatter = self.output or self.site.output
        exchange.output = formatter.announce(exchange.request, exchange.response)

    async def refuse(self, exchange: Exchange, unmet: Any) -> Any:
        """See `Interface.refuse`."""
        await self.write(exchange, unmet, exchange.output)
        return ANSWERED

    def offered(self, exchange: Exchange) -> dict[str, Any]:
        """See `Interface.offered`."""
        return {
            "request": exchange.request,
            "response": exchange.response,
            "api": self.api,
            "api_version": exchange.api_version,
            "interface": self,
        }

    def gather(
        self, exchange: Exchange, errors: dict[str, Any]
    ) -> dict[str, Any] | Awaitable[dict[str, Any]]:
        """Return what the client gives, by name: the query, the body over it, URL fields over both.

        The URL goes first because others decide by it, such as a proxy that knows who may see ``/users/1``.
        """
        given = {**exchange.request.params, **exchange.url_fields}
        if self.binding.whole:
            query = exchange.request.query_string
            undivide(self.binding.whole, given, lambda: parse_query_string(query, keep_blank=True, csv=False))
        data, exchange.body = exchange.body, None
        exchange.bodiless = not data
        return self._with_body(exchange, data, given, errors) if data else given

    async def _with_body(
        self, exchange: Exchange, data: Any, given: dict[str, Any], errors: dict[str, Any]
    ) -> dict[str, Any]:
        try:
            value = await self.bodies.parse(exchange, data)
            exchange.body = self.bodies.whole(exchange, data, value)
        except BodyUnreadable as error:
            errors["body"] = str(error)
            return given
        if isinstance(value, dict):
            given.update(value)
            if exchange.url_fields:
                given.update(exchange.url_fields)
        return given

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
        if self.transform is not None:
            result = await self.transformed(exchange, result)
        if result is None and (response.answered or response.status_code == 204):
            return  # the function has put its answer there itself
        if type(result) not in _VALUES and not isinstance(result, dict):  # as nearly all are
            if comes_in_pieces(result, exchange.output):
                response.stream = in_pieces(result, exchange)
                return
            if exchange.output.of_data and hasattr(result, "read"):
                await self.put(exchange, result)
                return
        content = exchange.output(result, exchange.request, response)
        if isinstance(content, bytes):  # as nearly always; what follows costs a coroutine
            response.data = content
        else:
            await self.put(exchange, content)

    async def write(self, exchange: Exchange, data: Any, formatter: Output) -> None:
        """Put ``data`` into the response, formatted."""
        await self.put(exchange, formatter(data, exchange.request, exchange.response))

    async def put(self, exchange: Exchange, content: Any) -> None:
        """Put what a formatter gave into the response: see `hug.output_format.prepared.Output`."""
        if is_awaitable(content):
            content = await exchange.execution.resolve(content)
        if isinstance(content, SentFile):
            await exchange.execution.call(content, request=exchange.request, response=exchange.response)
        elif hasattr(content, "read") or hasattr(content, "__aiter__") or isinstance(content, Iterator):
            exchange.response.stream = content
        else:
            exchange.response.data = content

    async def clean_up(self, exchange: Exchange, error: BaseException | None) -> None:
        """See `Interface.clean_up`; what a stream may use is cleaned up when that has ended."""
        handover = exchange.response.stream
        if error is None and isinstance(handover, Handover) and handover.stream is not None:
            if isinstance(exchange.execution, InThread):
                exchange.execution = THREADED  # the thread will have ended by then
            handover.on_closed = partial(self._clean_up_now, exchange, None)
        else:
            await self._clean_up_now(exchange, error)

    async def _clean_up_now(self, exchange: Exchange, error: BaseException | None) -> None:
        try:
            await super().clean_up(exchange, error)
        finally:
            await self._close_form(exchange)

    async def _close_form(self, exchange: Exchange) -> None:
        if (form := exchange.request.form) is not None and exchange.redirect is None:
            await exchange.execution.call(forms.close, form)

    def urls(self, version: int | None = None) -> list[str]:
        """Return the URL templates this answers in ``version``, or without a version."""
        keys = map(versions.key, self.route.get("versions", (None,)))
        if versions.chosen(dict.fromkeys(keys, True), version) is None:
            return []
        return [versions.url(base_url, url, version) for base_url, url in self.places]

    def url(self, version: int | None = None, **fields: Any) -> str:
        """Return the URL with these ``fields`` filled in; raise KeyError when no template has just these."""
        for url in self.urls(version):
            if url_templates.fields(url).keys() == fields.keys():
                return url_templates.filled(url, fields)
        raise KeyError("URL that takes all provided parameters not found")


def _endpoint(result: Any) -> Callable[..., Any] | None:
    """Return the endpoint that ``result`` is, or that it is the function of."""
    if isinstance(result, HTTP):
        return result
    interface: Any = getattr(result, "interface", None)
    if interface is True:
        return cast("Callable[..., Any]", result)
    return getattr(interface, "http", None)
