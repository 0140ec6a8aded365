"""Lets pages of other origins read answers (CORS), and answers what browsers ask before (preflights)."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any, Self

import falcon

from hug.asgi_types import Message
from hug.web import cors_policy
from hug.web.middleware import Host


class CORSMiddleware:
    """Says with every answer, errors too, which pages may read it, and answers preflights itself.

    It goes before all other middleware: ``api.http.add_middleware(hug.middleware.CORSMiddleware(api))``.
    What is added later sees nothing of preflights, neither the request nor the response.
    By default pages of all origins may do all, also with the cookies of whoever looks at them; so name the
    origins where cookies say who that is. What a route says itself (``allow_origins``) goes before this.
    """

    answers_preflights = True
    """See `hug.web.middleware`."""

    def __init__(
        self,
        api: Any,
        allow_origins: cors_policy.Origins | None = None,
        allow_credentials: bool = True,
        max_age: int | None = None,
        expose_headers: Iterable[str] | str = (),
    ) -> None:
        """Make it for ``api``.

        Args:
            api: The API.
            allow_origins: Such as ``["https://example.org"]``. Each is text, a regular expression that
                matches all of the origin, or a function that says whether one is allowed and never blocks;
                default is ``["*"]``, which is all.
            allow_credentials: Whether requests may have cookies and passwords.
            max_age: Seconds that a browser may remember the answer to a preflight.
            expose_headers: Headers of answers that pages may read, beside those that they always may.

        Raises:
            TypeError: An origin that is something else.
        """
        self.api = api
        self.allow_origins = [cors_policy.ANY] if allow_origins is None else allow_origins
        self.allow_credentials = allow_credentials
        self.max_age = max_age
        self.policy = cors_policy.Policy(
            self.allow_origins, credentials=allow_credentials, max_age=max_age, expose=expose_headers
        )
        self._host: Host | None = None

    def served_by(self, host: Host) -> Self:
        """Return the same, for the routes that ``host`` has."""
        hosted = copy.copy(self)
        hosted._host = host
        return hosted

    async def process_request(self, request: Any, response: Any) -> None:
        """Answer a preflight, without its route."""
        if not cors_policy.is_preflight(request):
            return
        method = request.get_header("Access-Control-Request-Method")
        resource = None if self._host is None else self._host.find(request.path)
        if method in getattr(resource, "cors", ()):
            return  # the route does it
        # What answers for unknown paths answers any method: a page may read that there is nothing.
        unknown = (method,) if method in falcon.HTTP_METHODS else ()
        methods = unknown if resource is None else cors_policy.methods_of(resource)
        cors_policy.answer_preflight(self.policy, request, response, methods)
        request.preflight_answered = response.complete = True

    async def process_response(
        self, request: Any, response: Any, _resource: Any, _req_succeeded: bool
    ) -> None:
        """Say who may read the answer."""
        told = cors_policy.is_told(request) or response.get_header(cors_policy.ALLOW_ORIGIN) is not None
        if not told:  # a route has spoken, too, that allows nobody, or not this page
            cors_policy.tell(self.policy, request, response)

    def headers_of_refusal(self, scope: Message) -> list[tuple[bytes, bytes]]:
        """Return the same for the answer to a request that is refused before it is read."""
        origin = dict(scope["headers"]).get(b"origin")
        headers = self.policy.headers(None if origin is None else origin.decode("latin-1"))
        return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
