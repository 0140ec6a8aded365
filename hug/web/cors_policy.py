"""Which pages of other origins may read what is answered (CORS). Decides; sends nothing.

Source: https://fetch.spec.whatwg.org/#http-cors-protocol
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, TypeAlias

from hug.web.vary import vary

Origin: TypeAlias = str | re.Pattern[str] | Callable[[str], Any]
Origins: TypeAlias = Origin | Iterable[Origin]

ANY: Final = "*"
ALLOW_ORIGIN: Final = "access-control-allow-origin"
PREFIX: Final = "access-control-"

_TOLD: Final = "hug.cors.told"

_TOKENS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~ ,\t-]*")
"""What a list of header names may consist of.

Source: https://www.rfc-editor.org/rfc/rfc9110#name-tokens
"""


class Policy:
    """What pages of other origins may do.

    Attributes:
        varies: Whether answers to pages of different origins differ, which caches have to know.
    """

    def __init__(
        self,
        origins: Origins = ANY,
        *,
        credentials: bool = False,
        max_age: int | None = None,
        methods: Iterable[str] | str | None = None,
        headers: Iterable[str] | str | None = None,
        expose: Iterable[str] | str = (),
    ) -> None:
        """Make a policy.

        Args:
            origins: Such as ``"https://example.org"``; a regular expression that matches all of one; a
                function, which must not block, that says whether one is allowed; or several of these.
                ``"*"`` is all.
            credentials: Whether requests may have cookies and passwords.
            max_age: Seconds that a browser may remember the answer to a preflight.
            methods: That may be used; default is those there are.
            headers: That requests may have; default is those that are asked for.
            expose: Headers of the response that pages may read.

        Raises:
            TypeError: An origin that is neither text, nor a regular expression, nor a function.
        """
        single = isinstance(origins, str | re.Pattern) or callable(origins)
        kept: list[Origin] = [origins] if single else [*origins]  # type: ignore[list-item,misc]
        for each in kept:
            if not (isinstance(each, str | re.Pattern) or callable(each)):
                raise TypeError(f"an origin is text, a regular expression or a function, not {each!r}")
        self._exact = frozenset(each.rstrip("/") for each in kept if isinstance(each, str))
        self._patterns = tuple(each for each in kept if isinstance(each, re.Pattern))
        self._functions = tuple(each for each in kept if not isinstance(each, str | re.Pattern))
        self._any = ANY in self._exact
        self.credentials = credentials
        self.varies = credentials or not self._any
        self.max_age = max_age
        self._methods = _listed(methods)
        self._headers = _listed(headers)
        self._exposed = _listed(expose)

    def allows(self, origin: str) -> bool:
        """Return whether pages of ``origin`` may read answers."""
        return (origin.isascii() and origin.isprintable()) and (  # it is sent back
            self._any
            or origin in self._exact
            or any(pattern.fullmatch(origin) for pattern in self._patterns)
            or any(function(origin) for function in self._functions)
        )

    def headers(self, origin: str | None) -> Iterator[tuple[str, str]]:
        """Yield what an answer says to a page of ``origin``; None is no page, or one of our own origin."""
        if self.varies:
            yield "vary", "Origin"
            if origin is None or not self.allows(origin):
                return
            # Browsers do not take "*" where there are credentials.
            yield ALLOW_ORIGIN, origin
        else:
            yield ALLOW_ORIGIN, ANY
        if self.credentials:
            yield f"{PREFIX}allow-credentials", "true"
        if self._exposed:
            yield f"{PREFIX}expose-headers", self._exposed

    def preflight(self, origin: str, there: Iterable[str], asked: str | None) -> Iterator[tuple[str, str]]:
        """Yield what a page of ``origin`` is told that asks before it sends a request.

        Args:
            origin: The page's.
            there: The methods that the resource has.
            asked: Names of headers that the request is to have.
        """
        yield from self.headers(origin)
        yield "vary", "Access-Control-Request-Headers"
        if not self.allows(origin):
            return
        yield f"{PREFIX}allow-methods", self._methods or ", ".join(there)
        names = self._headers or asked
        if names and _TOKENS.fullmatch(names):
            yield f"{PREFIX}allow-headers", names
        if self.max_age is not None:
            yield f"{PREFIX}max-age", str(self.max_age)


def _listed(values: Iterable[str] | str | None) -> str:
    return values if isinstance(values, str) else ", ".join(values or ())


def is_preflight(request: Any) -> bool:
    """Return whether a page asks by ``request`` for leave to send another one."""
    return (
        request.method == "OPTIONS"
        and request.get_header("Origin") is not None
        and request.get_header("Access-Control-Request-Method") is not None
    )


def tell(policy: Policy, request: Any, response: Any) -> None:
    """Let ``response`` say to a page what ``policy`` says, which may be nothing: see `is_told`."""
    request.scope[_TOLD] = True
    _set(response, policy.headers(request.get_header("Origin")))


def is_told(request: Any) -> bool:
    """Return whether a policy has decided already what a page is told that has sent ``request``."""
    return _TOLD in request.scope


def answer_preflight(policy: Policy, request: Any, response: Any, methods: Iterable[str]) -> None:
    """Make ``response`` the answer to a preflight, for a resource that has ``methods``."""
    request.scope[_TOLD] = True
    there = ("OPTIONS", *(each for each in methods if each != "OPTIONS"))
    asked = request.get_header("Access-Control-Request-Headers")
    response.set_header("allow", ", ".join(there))
    _set(response, policy.preflight(request.get_header("Origin"), there, asked))


def _set(response: Any, headers: Iterable[tuple[str, str]]) -> None:
    for name, value in headers:
        if name == "vary":
            vary(response, value)
        else:
            response.set_header(name, value)


def methods_of(resource: Any) -> tuple[str, ...]:
    """Return the methods that what Falcon calls a resource answers, in the order of the alphabet."""
    return tuple(sorted(name[3:].upper() for name in dir(resource) if name.startswith("on_")))
