"""Input formats, looked at once: the keywords that they take, and whether they are async."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from io import BytesIO
from typing import Any, TypeAlias

import falcon

from hug.exceptions import BodyUnreadable
from hug.format import parse_content_type
from hug.input_format import codec
from hug.introspect import first, is_awaitable, is_coroutine, keywords

logger = logging.getLogger("hug")

InputFormat: TypeAlias = Callable[..., Any]

media_type = lru_cache(maxsize=64)(parse_content_type)
"""The media type and parameters of a ``Content-Type`` header; clients send few different ones.

`hug.web.before_falcon.LONGEST_MEDIA_TYPE` bounds their length, and so what is kept of them.
"""


class Input:
    """An input format, ``f(body, charset=..., content_length=..., max_members=..., **parameters)``."""

    __slots__ = ("_body", "_names", "asynchronous", "function")

    def __init__(self, function: InputFormat) -> None:
        self.function = function
        self.asynchronous = is_coroutine(function)
        self._names = keywords(function)
        self._body = first(function) or ""

    def __call__(self, data: bytes, parameters: Mapping[str, str], max_members: int) -> Any:
        """Return what the format makes of a body, or an awaitable of that.

        Args:
            data: The body.
            parameters: Those of the ``Content-Type`` header, which the client chooses.
            max_members: The most values it may have; a format that makes many of a body keeps to it.

        Raises:
            BodyUnreadable: The body is not what its content type says.
        """
        names = self._names
        given: dict[str, Any] = {}
        if parameters:
            given = {name: value for name, value in parameters.items() if names is None or name in names}
            given.pop(self._body, None)
            if "charset" in given:
                given["charset"] = codec(given["charset"])
        if names is None or "content_length" in names:
            given["content_length"] = len(data)
        if names is None or "max_members" in names:
            given["max_members"] = max_members
        try:
            value = self.function(BytesIO(data), **given)
        except Exception as error:
            raise self._explained(error) from error
        return self._awaited(value) if is_awaitable(value) else value

    async def _awaited(self, value: Awaitable[Any]) -> Any:
        try:
            return await value
        except Exception as error:
            raise self._explained(error) from error

    def _explained(self, error: Exception) -> Exception:
        """Return what to raise: libraries have many kinds of errors for what they cannot read."""
        if isinstance(error, falcon.HTTPError | falcon.HTTPStatus | BodyUnreadable):
            return error
        if not isinstance(error, LookupError | ValueError | SyntaxError):
            logger.warning("%r cannot read a body: that is a 400", self.function, exc_info=error)
        return BodyUnreadable(str(error))


input_format = lru_cache(maxsize=256)(Input)
"""The `Input` of a formatter."""
