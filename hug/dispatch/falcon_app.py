"""The Falcon app of an API: its routes, its middleware, and what it does with errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import falcon
import falcon.asgi

from hug.dispatch.builtin_pages import BuiltinPages
from hug.dispatch.exception_handlers import Carried, carrying
from hug.dispatch.falcon_router import FalconRouter
from hug.dispatch.misspelt_directives import warn_of_misspelt
from hug.dispatch.not_found import NotFound
from hug.dispatch.resource import Resource, answer_preflights, policies
from hug.dispatch.server_error import answer_failure
from hug.dispatch.site import Site
from hug.dispatch.templates import CONVERTERS, templates
from hug.dispatch.versioned import Versions, requested_version
from hug.interface.error_format import announce_error
from hug.interface.event_stream import EventStreamHTTP
from hug.interface.http import HTTP
from hug.versions import Key
from hug.web import media
from hug.web.error_body import error_body
from hug.web.middleware import prepared
from hug.web.request import Request
from hug.web.response import Response
from hug.web.threads import helpers

Responder = Callable[..., Any]


class FalconApp:
    """The Falcon app of a site, made of what that has when this is made.

    Attributes:
        app: The app.
        immediate: Event streams by path that need nothing of Falcon but their head.
    """

    def __init__(self, site: Site, not_found: NotFound, base_url: str | None) -> None:
        """Build it.

        Args:
            site: The HTTP side of an API.
            not_found: What answers when nothing else does.
            base_url: The only base URL to serve; None for all that routes have.

        Raises:
            ValueError: A URL template that Falcon does not accept, or two that contradict each other.
        """
        self.immediate: dict[str, EventStreamHTTP] = {}
        self._site = site
        self._not_found = not_found
        self._builtin_pages = BuiltinPages(site) if not_found.documents else None
        self._base_url = base_url
        self._router = FalconRouter()
        self.app = self._build()

    def _build(self) -> Any:
        site = self._site
        app: Any = falcon.asgi.App(
            request_type=type("Request", (Request,), {"limits": site}),
            response_type=Response,
            middleware=prepared(site.middleware, self),
            router=self._router,
        )
        app.req_options.strip_url_path_trailing_slash = not site.future
        app.req_options.keep_blank_qs_values = site.future
        app.req_options.auto_parse_qs_csv = not site.future
        media.bound(app.req_options.media_handlers, site)
        media.bound(app.resp_options.media_handlers, site)
        app.router_options.converters.update(CONVERTERS)
        app.set_error_serializer(self._serialize_error)
        app.add_error_handler((Exception, falcon.HTTPError, falcon.HTTPStatus), self._handle_error)
        app.add_error_handler(falcon.HTTPNotFound, self._handle_not_found)
        site.falcon = app
        for base_url, urls in site.routes.items():
            if self._base_url is None or self._base_url == base_url:
                for url, methods in urls.items():
                    self._add_route(app, base_url, url, methods)
        for base_url, sinks in site.sinks.items():
            if self._base_url is None or self._base_url == base_url:
                for url, sink in sinks.items():
                    warn_of_misspelt(sink)
                    app.add_sink(self._carrying(sink.__call__), sink_pattern(base_url + url))
        return app

    def _add_route(
        self, app: Any, base_url: str, url: str, methods: Mapping[str, Mapping[Key, HTTP]]
    ) -> None:
        resource = Resource()
        for method, kept in methods.items():
            setattr(resource, f"on_{method.lower()}", self._responder(kept))
            for interface in kept.values():
                warn_of_misspelt(interface, base_url + url)
        if "HEAD" not in methods and any(each.answers_head for each in methods.get("GET", {}).values()):
            resource.on_head = resource.on_get
        stream = methods.get("GET", {}).get(None)
        sole = len(methods.get("GET", {})) == 1 and "{" not in base_url + url
        plain = sole and not self._site.middleware and not self._site.raised.beyond_exceptions
        if plain and isinstance(stream, EventStreamHTTP) and stream.immediate:
            self.immediate[base_url + url] = stream
        resource.cors = policies(methods)
        if resource.cors:
            answer_preflights(resource)
        for template in templates(base_url, url, slash_counts=self._site.future):
            app.add_route(template, resource)

    def _responder(self, kept: Mapping[Key, HTTP]) -> Responder:
        if kept.keys() == {None}:
            return self._carrying(kept[None].__call__)
        return self._carrying(Versions(kept, self._not_found).__call__)

    def _carrying(self, responder: Responder) -> Responder:
        return carrying(responder) if self._site.raised.beyond_exceptions else responder

    def find(self, path: str) -> Any:
        """See `hug.web.middleware.Host.find`."""
        found = self._router.find(path)
        return None if found is None else found[0]

    async def call(self, function: Callable[..., Any], *args: Any) -> Any:
        """See `hug.web.middleware.Host.call`."""
        return function(*args) if self._site.inline else await helpers.run(function, *args)

    def _serialize_error(self, request: Any, response: Any, error: falcon.HTTPError) -> None:
        formatter = announce_error(self._site.output, request, response)
        said = _titled(error) if error.description is None else error.description
        response.data = formatter(error_body({error.title: said}), request, response)

    async def _handle_error(
        self, request: Any, response: Any, error: BaseException, fields: dict[str, Any]
    ) -> None:
        """Have what was raised answered by its handler.

        If there is none, it is raised again for Falcon, if it has a status; else it is a failure. So is what
        the handler raises itself.
        """
        if response.rendered:
            raise error  # Falcon would send none of another answer but the head
        if isinstance(error, Carried):
            error = error.error
        handler = self._site.raised.chosen(error, _version(request, fields))
        if handler is None:
            if isinstance(error, falcon.HTTPError | falcon.HTTPStatus) or not isinstance(error, Exception):
                raise error
            answer_failure(request, response, error)
            return
        response.stream = None  # what was to be answered is not, not even what there is of it already
        try:
            await handler(request, response, **{**fields, "exception": error})
        except falcon.HTTPNotFound as missing:
            await self._answer_not_found(request, response, missing)
        except (falcon.HTTPError, falcon.HTTPStatus):
            raise  # Falcon answers with it
        except Exception as failure:
            if failure is not error and failure.__context__ is None:  # it comes from a thread
                failure.__context__ = error
            answer_failure(request, response, failure)

    async def _handle_not_found(
        self, request: Any, response: Any, error: falcon.HTTPNotFound, fields: dict[str, Any]
    ) -> None:
        routed = not isinstance(error, falcon.HTTPRouteNotFound)
        if routed and self._site.raised.chosen(error, _version(request, fields)) is not None:
            await self._handle_error(request, response, error, fields)
        else:
            await self._answer_not_found(request, response, error)

    async def _answer_not_found(self, request: Any, response: Any, error: falcon.HTTPNotFound) -> None:
        if error.headers:
            response.set_headers(error.headers)
        if error.description is not None or _titled(error):
            raise error  # its own words say more than the documentation
        routed = not isinstance(error, falcon.HTTPRouteNotFound)
        if routed or self._builtin_pages is None or not await self._builtin_pages.answers(request, response):
            await self._not_found(request, response)


def _titled(error: falcon.HTTPError) -> str | None:
    """Return the status line of an error that has a title of its own, None for one that has that line."""
    line = falcon.code_to_http_status(error.status)
    return None if error.title in (line, None) else line


def _version(request: Request, fields: Mapping[str, Any]) -> int | None:
    """Return the version a request asks for; None if it asks for none, or for several."""
    try:
        return requested_version(request, fields.get("api_version"))
    except falcon.HTTPBadRequest:
        return None


def sink_pattern(prefix: str) -> re.Pattern[str]:
    """Return what matches the paths of a sink: ``prefix``, a regular expression, and whatever follows.

    Raises:
        ValueError: It is none.
    """
    try:
        compiled = re.compile(prefix)
        rest = "" if "path" in compiled.groupindex else "(?P<path>(?s:.*))"
        return re.compile(prefix + rest)
    except re.error as error:
        raise ValueError(
            f"the URL of a sink is a regular expression, and {prefix!r} is none: {error}"
        ) from None
