"""An API as an ASGI application."""

from __future__ import annotations

from typing import Any

from hug.asgi_types import Message, Receive, Send
from hug.dispatch.falcon_app import FalconApp
from hug.dispatch.lifespan import live
from hug.dispatch.not_found import NotFound
from hug.dispatch.server_error import KEY as FAILURE
from hug.dispatch.server_error import RAISED, Exited
from hug.dispatch.site import Site
from hug.dispatch.startup_on_loop import on_server
from hug.eventstream.serving.handover import SCOPE_KEY, Handover
from hug.eventstream.serving.open_stream import discard, serve
from hug.eventstream.watching import looking
from hug.exceptions import ENDING
from hug.interface.event_stream import EventStreamHTTP
from hug.web.before_falcon import admitted, refuse, refuse_websocket
from hug.web.begun_generators import KEY as BEGUN
from hug.web.begun_generators import close_begun
from hug.web.body import is_plain_get, opening
from hug.web.errors import HTTPError


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
        self._life = site.life
        self._revision: int | None = None
        self._falcon: Any = None
        self._immediate: dict[str, EventStreamHTTP] = {}
        self._refusing: list[Any] = []
        self._built: FalconApp

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request, or the life of the server."""
        if self._revision != self.site.revision:
            self.build()
        if scope["type"] == "lifespan":
            await live(self._live, self.site, scope, receive, send)
            return
        try:
            if not self._life.settled:
                await self._life.begin(on_server(self.site.inline))
            if scope["type"] == "websocket":
                await refuse_websocket(receive, send)
                return
            if type(scope["headers"]) is not list:  # ASGI lets it be iterables that can be read but once
                scope = {**scope, "headers": [(name, value) for name, value in scope["headers"]]}
            try:
                scope = admitted(scope, self.site.max_header_size)
            except HTTPError as error:
                more = [pair for each in self._refusing for pair in each.headers_of_refusal(scope)]
                await refuse(error, scope, send, more)
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
        except ENDING as error:
            raise Exited(error) from error

    async def _live(self, scope: Message, receive: Receive, send: Send) -> None:
        """Have Falcon, and the middleware that wants to, live with the server."""
        # A startup handler may have set it, for hug 2: Falcon would refuse to start. hug reads forms anyway.
        self._falcon.req_options.auto_parse_form_urlencoded = False
        await self._falcon(scope, receive, send)

    async def _answer(self, scope: Message, receive: Receive, handover: Handover) -> None:
        """Have Falcon answer; afterwards there is a stream if that has begun.

        Raises:
            Exception: What nobody has handled, to who wants it raised; the answer was 500.
        """
        scope[SCOPE_KEY] = handover
        try:
            await self._falcon(scope, opening(receive), handover.send)
        finally:
            del scope[SCOPE_KEY]
            failure = scope.pop(FAILURE, None)  # its traceback leads to the scope: that shall be no circle
            if BEGUN in scope:
                await close_begun(scope, self._built)
            if handover.stream is not None and not handover.taken:
                await discard(handover)
                handover.stream = None
        if failure is not None and RAISED in scope:
            raise failure

    def build(self) -> None:
        """Build the application from what the API has now.

        Raises:
            ValueError: A URL template that Falcon does not accept, or two that contradict each other.
        """
        looking.begin()
        revision = self.site.revision
        built = FalconApp(self.site, self.not_found, self._base_url)
        self._falcon = built.app
        self._immediate = built.immediate
        self._refusing = [each for each in self.site.middleware if hasattr(each, "headers_of_refusal")]
        self._built = built
        self._revision = revision
