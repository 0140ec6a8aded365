"""An API as an ASGI application: its routes and versions in a Falcon app, and what answers when none fits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import falcon
import falcon.asgi
from falcon.routing import BaseConverter

from hug import output_format, versions
from hug.asgi import Message, Receive, Send
from hug.documentation import NOT_DEFINED, Documented, document
from hug.eventstream.loop import ending
from hug.eventstream.serving.handover import SCOPE_KEY, Handover
from hug.eventstream.serving.open_stream import discard, serve
from hug.eventstream.serving.settings import Settings
from hug.interface.event_stream import EventStreamHTTP
from hug.interface.formats import announce_error, output
from hug.interface.http import HTTP
from hug.versions import Key, VersionError
from hug.web.before_falcon import admitted, refuse, refuse_websocket
from hug.web.body import is_plain_get, opening
from hug.web.error_body import error_body
from hug.web.errors import HTTPBadRequest, HTTPError
from hug.web.middleware import adapted
from hug.web.request import Request
from hug.web.response import Response
from hug.web.threads import handlers

Responder = Callable[..., Any]


class Site(Documented, Protocol):
    """What an application needs of the HTTP side of an API.

    Attributes:
        revision: A number that changes when the application has to be built anew.
        falcon: The Falcon app, set while the application is built.
        streaming: How event streams are served.
    """

    revision: int
    inline: bool
    max_header_size: int
    falcon: Any
    streaming: Settings

    @property
    def future(self) -> bool:
        """Whether queries and slashes are read as Falcon does by default."""

    @property
    def middleware(self) -> list[Any]:
        """Middleware components, outermost first."""

    @property
    def not_found_handlers(self) -> Mapping[Key, HTTP]:
        """What answers when there is no such URL, by version."""


class Application:
    """The ASGI application of an API, built when it is needed, and again when a route has been added."""

    def __init__(self, site: Site, default_not_found: bool = True, base_url: str | None = None) -> None:
        """Make an application of ``site``.

        Args:
            site: The HTTP side of an API.
            default_not_found: Whether a URL that does not exist is answered with documentation.
            base_url: The only base URL to serve; default is all that routes have.
        """
        self.site = site
        self.not_found = NotFound(site, default_not_found)
        self._base_url = base_url
        self._revision: int | None = None
        self._falcon: Any = None
        self._immediate: dict[str, EventStreamHTTP] = {}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request, or the life of the server."""
        if self._revision != self.site.revision:
            self.build()
        if scope["type"] != "http":
            await self._serve_other(scope, receive, send)
            return
        try:
            scope = admitted(scope, self.site.max_header_size)
        except HTTPError as error:
            await refuse(error, scope, send)
            return
        handover = Handover(send)
        immediate = self._immediate.get(scope["path"])
        if immediate is None or not is_plain_get(scope) or not await immediate.begin(scope, handover):
            await self._answer(scope, receive, handover)
        if handover.stream is not None:
            closed = handover.on_closed
            try:
                stream = serve(handover, receive, send, self.site.streaming, scope.get("extensions"))
                del handover  # a stream may be open for days, by the thousand
                await stream
            finally:
                if closed is not None:
                    await closed()

    async def _answer(self, scope: Message, receive: Receive, handover: Handover) -> None:
        """Have Falcon answer; afterwards there is a stream if that has begun."""
        scope[SCOPE_KEY] = handover
        try:
            await self._falcon(scope, opening(receive), handover.send)
        finally:
            del scope[SCOPE_KEY]
            if handover.stream is not None and not handover.taken:
                await discard(handover)
                handover.stream = None

    async def _serve_other(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await refuse_websocket(receive, send)
            return
        if scope["type"] == "lifespan":
            ending.expect_streams(asyncio.get_running_loop())
            receive = _ending(receive)
        await self._falcon(scope, receive, send)

    def build(self) -> None:
        """Build the Falcon app from what the API has now.

        Raises:
            ValueError: A URL template that Falcon does not accept, or two that contradict each other.
        """
        site = self.site
        revision = site.revision
        app: Any = falcon.asgi.App(
            request_type=Request,
            response_type=Response,
            middleware=[adapted(component, self._call) for component in site.middleware],
        )
        app.req_options.strip_url_path_trailing_slash = not site.future
        app.req_options.keep_blank_qs_values = site.future
        app.req_options.auto_parse_qs_csv = not site.future
        app.router_options.converters["version"] = VersionField
        app.set_error_serializer(self._serialize_error)
        app.add_error_handler(Exception, _reraise)
        app.add_error_handler(falcon.HTTPNotFound, self._handle_not_found)
        site.falcon = app
        self._immediate = {}
        for base_url, urls in site.routes.items():
            if self._base_url is None or self._base_url == base_url:
                for url, methods in urls.items():
                    self._add_route(app, base_url, url, methods)
        self._falcon = app
        self._revision = revision

    def _add_route(
        self, app: Any, base_url: str, url: str, methods: Mapping[str, Mapping[Key, HTTP]]
    ) -> None:
        resource = Resource()
        for method, kept in methods.items():
            setattr(resource, f"on_{method.lower()}", self._responder(kept))
        if "HEAD" not in methods and any(each.answers_head for each in methods.get("GET", {}).values()):
            resource.on_head = resource.on_get
        stream = methods.get("GET", {}).get(None)
        sole = len(methods.get("GET", {})) == 1 and "{" not in base_url + url
        if sole and not self.site.middleware and isinstance(stream, EventStreamHTTP) and stream.immediate:
            self._immediate[base_url + url] = stream
        for template in (base_url + url, base_url + versions.FIELD + url):
            # Falcon cuts the slash off requests, and then never finds a template that has one.
            stripped = template if self.site.future else template.rstrip("/") or "/"
            app.add_route(stripped, resource)

    def _responder(self, kept: Mapping[Key, HTTP]) -> Responder:
        if kept.keys() == {None}:
            return kept[None].__call__
        return Versions(kept, self.not_found).__call__

    async def _call(self, function: Callable[..., Any], *args: Any) -> Any:
        return function(*args) if self.site.inline else await handlers.run(function, *args)

    def _serialize_error(self, request: Any, response: Any, error: falcon.HTTPError) -> None:
        formatter = announce_error(self.site.output, request, response)
        said = _titled(error) if error.description is None else error.description
        response.data = formatter(error_body({error.title: said}), request, response)

    async def _handle_not_found(
        self, request: Any, response: Any, error: falcon.HTTPNotFound, _fields: dict[str, Any]
    ) -> None:
        if error.headers:
            response.set_headers(error.headers)
        if error.description is not None or _titled(error):
            raise error  # its own words say more than the documentation
        await self.not_found(request, response)


class Resource:
    """The responders of one URL, as Falcon wants them: ``on_get``, ``on_post`` and so on."""

    on_get: Responder
    on_head: Responder


class VersionField(BaseConverter):
    """Reads the field of a URL template that asks for a version."""

    def convert(self, value: str) -> int | None:
        """See `hug.versions.number`."""
        return versions.number(value)


class Versions:
    """Sends a request to the interface of the version it asks for."""

    def __init__(self, kept: Mapping[Key, HTTP], not_found: NotFound) -> None:
        self._kept = kept
        self._not_found = not_found

    async def __call__(
        self, request: Request, response: Response, api_version: int | None = None, **fields: Any
    ) -> None:
        """Answer the request; one for a version that is not there goes to the interface without versions."""
        interface = versions.chosen(self._kept, requested_version(request, api_version)) or self._not_found
        await interface(request, response, api_version=api_version, **fields)


def _ending(receive: Receive) -> Receive:
    """Return ``receive`` of a server's life, which ends the streams before it tells that the server ends."""

    async def hear() -> Message:
        message = await receive()
        if message["type"] == "lifespan.shutdown":
            await ending.finish()
        return message

    return hear


class NotFound:
    """Answers requests for what is not there: by a handler, with the documentation, or with a bare error."""

    interface = True
    """Marks that a function may return this to have it answer."""

    def __init__(self, site: Site, documents: bool) -> None:
        self._site = site
        self._documents = documents

    async def __call__(
        self, request: Request, response: Response, api_version: int | None = None, **fields: Any
    ) -> None:
        """Answer with 404."""
        response.status = falcon.HTTP_404
        if api_version is None:
            api_version = versions.in_path(request.path, (self._site.base_url, *self._site.routes))
        handlers = self._site.not_found_handlers
        if handlers:
            handler = versions.chosen(handlers, requested_version(request, api_version))
            if handler is not None:
                await handler(request, response, **fields)
                return
        page = error_body({falcon.HTTP_404: None})
        if self._documents:
            documentation = document(self._site, api_version=api_version, prefix=request.prefix)
            page = {"404": NOT_DEFINED, "documentation": documentation}
        formatter = self._site.output
        if formatter.function is output_format.json and self._documents:
            formatter = output(output_format.pretty_json)
        formatter = announce_error(formatter, request, response)
        response.data = formatter(page, request, response)


def requested_version(request: Request, from_url: int | None) -> int | None:
    """Return the version that a request asks for: in its URL, its header ``X-API-VERSION`` or its query.

    Raises:
        HTTPBadRequest: What it asks for is not a number, or several different ones.
    """
    try:
        return versions.asked_for(
            from_url, request.get_header(versions.HEADER), request.params.get(versions.PARAMETER)
        )
    except VersionError as error:
        raise HTTPBadRequest(versions.PARAMETER, str(error)) from None


def _titled(error: falcon.HTTPError) -> str | None:
    """Return the status line of an error that has a title of its own, None for one that has that line."""
    line = falcon.code_to_http_status(error.status)
    return None if error.title in (line, None) else line


async def _reraise(_request: Any, _response: Any, error: Exception, _fields: dict[str, Any]) -> None:
    """Leave what is nobody's answer to the server, which logs it and answers 500."""
    raise error
