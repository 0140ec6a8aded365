"""What services have in common: the methods of HTTP, their answers, and what goes wrong."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from encodings.aliases import aliases
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from hug import json_module
from hug.exceptions import HugError
from hug.format import parse_content_type
from hug.web.before_falcon import LONGEST_MEDIA_TYPE

TIMEOUT: Final = 30.0
"""Seconds that a service may take where nothing else is said."""

MAX_BODY: Final = 64 * 1024 * 1024
"""Most bytes of an answer where nothing else is said."""

CHARSETS: Final = frozenset((*aliases, *aliases.values(), "cp874", "koi8_u", "utf_8_sig"))
"""The charsets that a service may name, as Python spells them. There are codecs beside them that take a time
which grows with the square of a text's length, and each name that Python does not know stays in memory.
"""

NONE: Final[Mapping[str, Any]] = MappingProxyType({})


class Response(NamedTuple):
    """What a service has answered.

    Attributes:
        data: The value of JSON, a text, or bytes of any other type. `Socket` gives a file of bytes.
        status_code: The number of its status; None where there is none, as with sockets.
        headers: By name; None where there are none.
    """

    data: Any
    status_code: int | None
    headers: Mapping[str, str] | None


class ServiceError(HugError):
    """A service has answered with a status that is to raise an error.

    Attributes:
        response: The answer.
    """

    def __init__(self, method: str, url: str, response: Response) -> None:
        super().__init__(f"{method} {url}: the service has answered with {response.status_code}")
        self.response = response


class ServiceUnreachable(HugError, ConnectionError):
    """A service cannot be reached, or has not answered in time. What it was asked for may have been done."""


class AnswerTooLong(HugError, ValueError):
    """A service has answered with more bytes than are to be taken into memory."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the answer has more than {limit} bytes, see the option max_body")


class Service:
    """A service that is asked with methods and URLs.

    Attributes:
        version: The version that is asked for, as ``/v1`` before the URL; None asks for none.
        timeout: Seconds that it may take.
        raise_on: Statuses that raise `ServiceError`.
    """

    def __init__(
        self,
        version: int | str | None = None,
        timeout: float | None = None,
        raise_on: int | Iterable[int] = (500,),
    ) -> None:
        self.version = version
        self.timeout = TIMEOUT if timeout is None else timeout
        self.raise_on = frozenset((raise_on,) if isinstance(raise_on, int) else raise_on)

    @abstractmethod
    def ask(
        self, method: str, path: str, headers: Mapping[str, str], timeout: float, params: Mapping[str, Any]
    ) -> Response:
        """Return what the service answers.

        Args:
            method: In capitals.
            path: Begins with a slash.
            headers: Of this request.
            timeout: In seconds.
            params: Values to send.
        """
        raise NotImplementedError("a service defines how it is asked: ask()")

    def request(
        self,
        method: str,
        url: str,
        url_params: Mapping[str, Any] = NONE,
        headers: Mapping[str, str] = NONE,
        timeout: float | None = None,
        **params: Any,
    ) -> Response:
        """Ask, wait, and return the answer. In async code, ``await asyncio.to_thread(service.request, ...)``.

        Args:
            method: Such as ``"GET"``.
            url: Without the service's own; fields such as ``{id}`` are filled with ``url_params``, quoted.
            url_params: Values of the fields of ``url``.
            headers: Of this request, before those of the service.
            timeout: Seconds, in place of the service's.
            params: Values, sent as the service takes them; None is left out.

        Raises:
            KeyError: A field of ``url`` without a value.
            ServiceError: The status is one of ``raise_on``.
            ServiceUnreachable: There is no answer, or not in time.
            AnswerTooLong: The answer is longer than it may be.
        """
        path = url.format_map({name: quote(str(value), safe="") for name, value in url_params.items()})
        version = "" if self.version is None else f"/v{self.version}"
        values = {name: value for name, value in params.items() if value is not None}
        response = self.ask(
            method.upper(),
            f"{version}/{path.lstrip('/')}",
            headers,
            self.timeout if timeout is None else timeout,
            values,
        )
        if response.status_code in self.raise_on:
            raise ServiceError(method.upper(), url, response)
        return response

    def get(self, url: str, **options: Any) -> Response:
        """Ask with GET; see `request`."""
        return self.request("GET", url, **options)

    def post(self, url: str, **options: Any) -> Response:
        """Ask with POST; see `request`."""
        return self.request("POST", url, **options)

    def put(self, url: str, **options: Any) -> Response:
        """Ask with PUT; see `request`."""
        return self.request("PUT", url, **options)

    def patch(self, url: str, **options: Any) -> Response:
        """Ask with PATCH; see `request`."""
        return self.request("PATCH", url, **options)

    def delete(self, url: str, **options: Any) -> Response:
        """Ask with DELETE; see `request`."""
        return self.request("DELETE", url, **options)

    def head(self, url: str, **options: Any) -> Response:
        """Ask with HEAD; see `request`."""
        return self.request("HEAD", url, **options)

    def options(self, url: str, **options: Any) -> Response:
        """Ask with OPTIONS; see `request`."""
        return self.request("OPTIONS", url, **options)

    def trace(self, url: str, **options: Any) -> Response:
        """Ask with TRACE; see `request`."""
        return self.request("TRACE", url, **options)

    def connect(self, url: str, **options: Any) -> Response:
        """Ask with CONNECT; see `request`."""
        return self.request("CONNECT", url, **options)


def has_body(method: str) -> bool:
    """Return whether values are sent in a body: for the methods that have one, or else in the query."""
    return method in ("POST", "PUT", "PATCH")


def decoded(content: bytes, content_type: str | None) -> Any:
    """Return the value of an answer's body: what cannot be read as its content type says stays bytes."""
    if content_type is not None and len(content_type) > LONGEST_MEDIA_TYPE:
        return content
    kind, parameters = parse_content_type(content_type)
    charset = parameters.get("charset", "utf-8").lower().replace("-", "_")
    try:
        if kind == "application/json" or kind.endswith("+json"):
            return json_module.loads(content.decode()) if content else None
        if kind.startswith("text/") and charset in CHARSETS:
            return content.decode(charset)
    except (LookupError, ValueError):
        pass
    return content
