"""What nobody has handled: answered with 500, through middleware, and logged.

It is not raised to the server: uvicorn closes the connection of what raises, though the whole answer is out
and said nothing of that. What the client, or a proxy for somebody else, sends next on it is then lost. What
reports failures hears of it nevertheless: Sentry by the log, what counts answers by the status.
"""

from __future__ import annotations

import logging
from typing import Any, Final

import falcon

from hug import json_module
from hug.exceptions import HugError
from hug.web.cors_policy import PREFIX
from hug.web.error_body import error_body
from hug.web.log_text import escaped

logger = logging.getLogger("hug")


class Exited(HugError, RuntimeError):
    """What answers a request has raised `SystemExit`, as ``sys.exit()`` does: that request alone fails."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(f"{error!r} was raised where a request is answered: raise an HTTP error instead")


RAISED: Final = "hug.raised"
"""Set in the ASGI scope of a request by who wants to have raised what fails, and not logged: by a test."""

KEY: Final = "hug.failure"
"""Where the scope of a request has what has failed, while that is answered."""

_KEPT: Final = "vary"


def answer_failure(request: Any, response: Any, error: Exception) -> None:
    """Make ``response`` a 500 that tells nothing, log ``error``, and keep the first one under `KEY`.

    So middleware ends as it does with all responses, and a page of another origin can read that it failed.
    It is JSON, as it may be the output format that has failed, and has no headers but those for such pages.

    Raises:
        Exception: ``error``, if that is why the response cannot be sent.
    """
    if response.rendered:
        raise error
    first = KEY not in request.scope
    if request.scope.setdefault(KEY, error) is not error or (first and RAISED not in request.scope):
        _log(request, error, again="" if first else " again, while that was answered")
    response.status = falcon.HTTP_500
    for name in response.headers:
        if name != _KEPT and not name.startswith(PREFIX):
            response.delete_header(name)
    response.text = response.media = response.stream = None
    response.content_type = "application/json; charset=utf-8"
    response.set_header("X-Content-Type-Options", "nosniff")
    response.data = json_module.dumps(error_body({falcon.HTTP_500: None})).encode()


def _log(request: Any, error: Exception, again: str) -> None:
    template = request.uri_template
    route = "" if template in (None, request.path) else f", the route {template},"
    logger.error("%s %s%s failed%s", request.method, escaped(request.path), route, again, exc_info=error)
