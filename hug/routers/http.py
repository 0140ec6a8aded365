"""A router for HTTP, wherever its requests come from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Self

from hug.api.module_api import api_for
from hug.interface.of_function import Interfaces, behind_local
from hug.routers.options import HTTPOptions, Versions
from hug.routers.router import InternalValidation, warn_of_unmapped
from hug.web.cors_policy import ANY, Origin, Policy

if TYPE_CHECKING:
    from hug.interface.http import HTTP


class HTTPRouter(InternalValidation):
    """A router for HTTP."""

    known = HTTPOptions

    @property
    def interface_class(self) -> type[HTTP]:
        """What answers the requests of functions that are routed."""
        from hug.interface.http import HTTP  # noqa: PLC0415  # Falcon, from the first route on

        return HTTP

    def versions(self, supported: Versions, **overrides: Any) -> Self:
        """Return a router for these versions; None: for all, False: for requests that name none."""
        return self.where(versions=supported, **overrides)

    def parse_body(self, automatic: bool = True, **overrides: Any) -> Self:
        """Return a router that reads the body, or leaves it to the function."""
        return self.where(parse_body=automatic, **overrides)

    def max_body(self, size: int, **overrides: Any) -> Self:
        """Return a router that takes this many bytes of a body into memory, whatever its API does."""
        return self.where(max_body=size, **overrides)

    def max_upload(self, size: int, **overrides: Any) -> Self:
        """Return a router that takes this many bytes of a form with files, whatever its API does."""
        return self.where(max_upload=size, **overrides)

    def parameters(self, names: Iterable[str], **overrides: Any) -> Self:
        """Return a router that takes these parameters, whatever the function's are."""
        return self.where(parameters=names, **overrides)

    def defaults(self, values: Mapping[str, Any], **overrides: Any) -> Self:
        """Return a router with these defaults for ``parameters``."""
        return self.where(defaults=values, **overrides)

    def set_status(self, status: str | int, **overrides: Any) -> Self:
        """Return a router that answers with this status."""
        return self.where(status=status, **overrides)

    def response_headers(self, headers: Mapping[str, str], **overrides: Any) -> Self:
        """Return a router that sets these headers."""
        return self.where(response_headers=headers, **overrides)

    def add_response_headers(self, headers: Mapping[str, str], **overrides: Any) -> Self:
        """Return a router that sets these headers, too."""
        return self.response_headers({**self.route.get("response_headers", {}), **headers}, **overrides)

    def cache(
        self,
        private: bool = False,
        max_age: int | None = 31536000,
        s_maxage: int | None = None,
        no_cache: bool = False,
        no_store: bool = False,
        must_revalidate: bool = False,
        **overrides: Any,
    ) -> Self:
        """Return a router that sets ``Cache-Control``; ages are in seconds.

        Source: https://www.rfc-editor.org/rfc/rfc9111#name-response-cache-control-directiv
        """
        parts = (
            "private" if private else "public",
            f"max-age={max_age}" if max_age is not None else "",
            f"s-maxage={s_maxage}" if s_maxage is not None else "",
            "no-cache" if no_cache else "",
            "no-store" if no_store else "",
            "must-revalidate" if must_revalidate else "",
        )
        return self.add_response_headers({"cache-control": ", ".join(filter(None, parts))}, **overrides)

    def allow_origins(
        self,
        *origins: Origin,
        methods: Iterable[str] | str | None = None,
        max_age: int | None = None,
        credentials: bool = False,
        headers: Iterable[str] | str | None = None,
        **overrides: Any,
    ) -> Self:
        """Return a router whose answers, errors too, pages of these origins may read; without any: of all.

        Args:
            origins: See `hug.web.cors_policy.Policy`, as for what follows.
            methods: That may be used; default is those of the URL.
            max_age: Seconds that a browser may remember what it was told.
            credentials: Whether requests may have cookies and passwords.
            headers: That requests may have; default is those that a page asks for.
            overrides: Other options.
        """
        policy = Policy(
            origins or ANY, methods=methods, max_age=max_age, credentials=bool(credentials), headers=headers
        )
        return self.where(allow_origins=policy, **overrides)

    def interface(self, function: Callable[..., Any]) -> HTTP:
        """Return an interface of ``function`` with this route, and let ``function.interface.http`` be it."""
        spec = behind_local(function)
        interface = self.interface_class(self.route, spec, api_for(self.route.get("api"), spec))
        warn_of_unmapped(interface)
        Interfaces.of(function).http = interface
        return interface
