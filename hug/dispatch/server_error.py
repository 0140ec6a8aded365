"""What nobody has handled: answered with 500, through middleware, and then raised, for the server to log."""

from __future__ import annotations

import logging
from typing import Any, Final

import falcon

from hug import json_module
from hug.exceptions import HugError
from hug.web.cors_policy import PREFIX
from hug.web.error_body import error_body

logger = logging.getLogger("hug")


class Exited(HugError, RuntimeError):
    """What answers a request has raised `SystemExit`, as ``sys.exit()`` does: that request alone fails."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(f"{error!r} was raised where a request is answered: raise an HTTP error instead")


KEY: Final = "hug.failure"
"""Where the ASGI scope of a request has what has failed."""

_KEPT: Final = "vary"


def answer_failure(request: Any, response: Any, error: Exception) -> None:
    """Make ``response`` a 500 that tells nothing, and keep ``error``, under `KEY`, to raise it then.

    So middleware ends as it does with all responses, and a page of another origin can read that it failed.
    It is JSON, as it may be the output format that has failed, and has no headers but those for such pages.

    Raises:
        Exception: ``error``, if that is why the response cannot be sent.
    """
    if response.rendered:
        raise error
    earlier = request.scope.setdefault(KEY, error)
    if earlier is not error:
        logger.error("failed again while that was answered", exc_info=error)
    response.status = falcon.HTTP_500
    for name in response.headers:
        if name != _KEPT and not name.startswith(PREFIX):
            response.delete_header(name)
    response.text = response.media = response.stream = None
    response.content_type = "application/json; charset=utf-8"
    response.set_header("X-Content-Type-Options", "nosniff")
    response.data = json_module.dumps(error_body({falcon.HTTP_500: None})).encode()
