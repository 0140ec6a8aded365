"""Ways to send a client elsewhere, from inside any function that answers a request."""

from __future__ import annotations

from typing import Any, NoReturn

import falcon
from falcon import uri

from hug.web.errors import HTTPNotFound, HTTPStatus


def to(location: str, code: str = falcon.HTTP_302) -> NoReturn:
    """Redirect to ``location`` with the status line ``code``.

    What a URL cannot hold, such as a line break, is percent-encoded: it must not become a header of its own.
    A lone surrogate becomes U+FFFD.

    Source: https://url.spec.whatwg.org/#string-utf-8-percent-encode

    Raises:
        HTTPStatus: Always; hug answers with it.
    """
    if not location.isascii():
        location = location.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    raise HTTPStatus(code, {"location": uri.encode_check_escaped(location)})


def permanent(location: str) -> NoReturn:
    """Redirect with 301: the resource has moved for good."""
    to(location, falcon.HTTP_301)


def found(location: str) -> NoReturn:
    """Redirect with 302: for now the resource is there."""
    to(location, falcon.HTTP_302)


def see_other(location: str) -> NoReturn:
    """Redirect with 303: the answer is there, to be got with GET."""
    to(location, falcon.HTTP_303)


def temporary(location: str) -> NoReturn:
    """Redirect with 307: repeat the same request there."""
    to(location, falcon.HTTP_307)


def not_found(*_args: Any, **_kwargs: Any) -> NoReturn:
    """Answer as if there were no such URL; takes anything, so that it can be used as ``on_invalid``."""
    raise HTTPNotFound
