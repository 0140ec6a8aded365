"""The format in which an error is told: that of the answer it takes the place of, but no HTML."""

from __future__ import annotations

from typing import Any, Final

from hug.interface.input_formats import media_type
from hug.output_format import json
from hug.output_format.prepared import Output, output

_HTML: Final = frozenset({"text/html", "application/xhtml+xml"})


def announce_error(formatter: Output, request: Any, response: Any) -> Output:
    """Announce the format of an error and return it: ``formatter``, or its choice, but JSON in place of HTML.

    Errors quote what the client sent, and a browser would read that as part of a page. A client that takes no
    format of the choice gets JSON, too.
    """
    formatter = formatter.announce(request, response)
    if formatter.choices or media_type(response.content_type)[0] in _HTML:
        formatter = output(json).announce(request, response)
    response.set_header("X-Content-Type-Options", "nosniff")
    return formatter


def is_text(data: Any) -> bool:
    """Whether ``data`` is written as it stands in an HTML format: somebody has made it, and not only data."""
    return isinstance(data, str | bytes) or hasattr(data, "render")
