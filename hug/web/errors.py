"""Falcon's HTTP errors with the positional arguments hug's users write: ``HTTPForbidden("Title", "Why")``.

Falcon 4 made them keyword-only. Each class here is also its Falcon namesake, so that an ``except`` for one
catches the other, and each is a `HTTPError` of hug. ``title`` is the line that names the error, by default
its status line; ``description`` says what is wrong.

Source: https://falcon.readthedocs.io/en/stable/api/errors.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from http import HTTPStatus as _Status
from typing import ClassVar, TypeAlias, TypedDict, Unpack

import falcon

Headers: TypeAlias = Mapping[str, str] | Iterable[tuple[str, str]] | None
RetryAfter: TypeAlias = int | datetime | None


class Link(TypedDict, total=False):
    """Where to read more about an error; ``code`` is the application's own number for it."""

    href: str | None
    href_text: str | None
    code: int | None


class HTTPStatus(falcon.HTTPStatus):
    """Raised to answer with a status that is no error; ``body`` is what Falcon now calls ``text``."""

    def __init__(
        self,
        status: str | int | _Status,
        headers: Headers = None,
        body: str | None = None,
        text: str | None = None,
    ) -> None:
        super().__init__(status, headers, text if body is None else body)


class HTTPError(falcon.HTTPError):
    """Root of the HTTP errors hug offers; ``status`` may be any status line or code."""

    def __init__(
        self,
        status: str | int | _Status,
        title: str | None = None,
        description: str | None = None,
        headers: Headers = None,
        href: str | None = None,
        href_text: str | None = None,
        code: int | None = None,
    ) -> None:
        # Not super(): in the classes below a Falcon class stands between, which takes no status.
        falcon.HTTPError.__init__(
            self,
            status,
            title=title,
            description=description,
            headers=headers,
            href=href,
            href_text=href_text,
            code=code,
        )


class _Titled(HTTPError):
    line: ClassVar[str]

    def __init__(
        self,
        title: str | None = None,
        description: str | None = None,
        headers: Headers = None,
        **link: Unpack[Link],
    ) -> None:
        HTTPError.__init__(self, self.line, title, description, headers, **link)


class _Described(HTTPError):
    line: ClassVar[str]
    titled: ClassVar[str]

    def __init__(
        self,
        description: str | None = None,
        headers: Headers = None,
        title: str | None = None,
        **link: Unpack[Link],
    ) -> None:
        HTTPError.__init__(self, self.line, title or self.titled, description, headers, **link)


class _Bare(HTTPError):
    line: ClassVar[str]

    def __init__(
        self,
        headers: Headers = None,
        title: str | None = None,
        description: str | None = None,
        **link: Unpack[Link],
    ) -> None:
        HTTPError.__init__(self, self.line, title, description, headers, **link)


class _Retried(HTTPError):
    line: ClassVar[str]

    def __init__(
        self,
        title: str | None = None,
        description: str | None = None,
        retry_after: RetryAfter = None,
        headers: Headers = None,
        **link: Unpack[Link],
    ) -> None:
        HTTPError.__init__(self, self.line, title, description, _retrying(headers, retry_after), **link)


def _retrying(headers: Headers, after: RetryAfter) -> Headers:
    """Return ``headers`` with a ``Retry-After`` that says so, unless there is nothing to say."""
    if after is None:
        return headers
    own = dict(headers.items() if isinstance(headers, Mapping) else headers or ())
    return {**own, "Retry-After": falcon.dt_to_http(after) if isinstance(after, datetime) else str(after)}


class HTTPBadRequest(_Titled, falcon.HTTPBadRequest):
    """400 Bad Request."""

    line = "400 Bad Request"


class HTTPForbidden(_Titled, falcon.HTTPForbidden):
    """403 Forbidden."""

    line = "403 Forbidden"


class HTTPConflict(_Titled, falcon.HTTPConflict):
    """409 Conflict."""

    line = "409 Conflict"


class HTTPLengthRequired(_Titled, falcon.HTTPLengthRequired):
    """411 Length Required."""

    line = "411 Length Required"


class HTTPPreconditionFailed(_Titled, falcon.HTTPPreconditionFailed):
    """412 Precondition Failed."""

    line = "412 Precondition Failed"


class HTTPUriTooLong(_Titled, falcon.HTTPUriTooLong):
    """414 URI Too Long."""

    line = "414 URI Too Long"


class HTTPUnprocessableEntity(_Titled, falcon.HTTPUnprocessableEntity):
    """422 Unprocessable Entity."""

    line = "422 Unprocessable Entity"


class HTTPLocked(_Titled, falcon.HTTPLocked):
    """423 Locked."""

    line = "423 Locked"


class HTTPFailedDependency(_Titled, falcon.HTTPFailedDependency):
    """424 Failed Dependency."""

    line = "424 Failed Dependency"


class HTTPPreconditionRequired(_Titled, falcon.HTTPPreconditionRequired):
    """428 Precondition Required."""

    line = "428 Precondition Required"


class HTTPRequestHeaderFieldsTooLarge(_Titled, falcon.HTTPRequestHeaderFieldsTooLarge):
    """431 Request Header Fields Too Large."""

    line = "431 Request Header Fields Too Large"


class HTTPInternalServerError(_Titled, falcon.HTTPInternalServerError):
    """500 Internal Server Error."""

    line = "500 Internal Server Error"


class HTTPNotImplemented(_Titled, falcon.HTTPNotImplemented):
    """501 Not Implemented."""

    line = "501 Not Implemented"


class HTTPBadGateway(_Titled, falcon.HTTPBadGateway):
    """502 Bad Gateway."""

    line = "502 Bad Gateway"


class HTTPGatewayTimeout(_Titled, falcon.HTTPGatewayTimeout):
    """504 Gateway Timeout."""

    line = "504 Gateway Timeout"


class HTTPVersionNotSupported(_Titled, falcon.HTTPVersionNotSupported):
    """505 HTTP Version Not Supported."""

    line = "505 HTTP Version Not Supported"


class HTTPInsufficientStorage(_Titled, falcon.HTTPInsufficientStorage):
    """507 Insufficient Storage."""

    line = "507 Insufficient Storage"


class HTTPLoopDetected(_Titled, falcon.HTTPLoopDetected):
    """508 Loop Detected."""

    line = "508 Loop Detected"


class HTTPNetworkAuthenticationRequired(_Titled, falcon.HTTPNetworkAuthenticationRequired):
    """511 Network Authentication Required."""

    line = "511 Network Authentication Required"


class HTTPNotAcceptable(_Described, falcon.HTTPNotAcceptable):
    """406 Not Acceptable."""

    line = "406 Not Acceptable"
    titled = "Media type not acceptable"


class HTTPUnsupportedMediaType(_Described, falcon.HTTPUnsupportedMediaType):
    """415 Unsupported Media Type."""

    line = "415 Unsupported Media Type"
    titled = "Unsupported media type"


class HTTPNotFound(_Bare, falcon.HTTPNotFound):
    """404 Not Found."""

    line = "404 Not Found"


class HTTPGone(_Bare, falcon.HTTPGone):
    """410 Gone."""

    line = "410 Gone"


class HTTPServiceUnavailable(_Retried, falcon.HTTPServiceUnavailable):
    """503 Service Unavailable; ``retry_after`` is in seconds, or a time."""

    line = "503 Service Unavailable"


class HTTPTooManyRequests(_Retried, falcon.HTTPTooManyRequests):
    """429 Too Many Requests; ``retry_after`` is in seconds, or a time."""

    line = "429 Too Many Requests"


class HTTPContentTooLarge(_Retried, falcon.HTTPPayloadTooLarge):
    """413 Content Too Large; ``retry_after`` is in seconds, or a time."""

    line = "413 Content Too Large"


HTTPPayloadTooLarge = HTTPContentTooLarge


class HTTPUnauthorized(HTTPError, falcon.HTTPUnauthorized):
    """401 Unauthorized; each challenge becomes part of ``WWW-Authenticate``."""

    def __init__(
        self,
        title: str | None = None,
        description: str | None = None,
        challenges: Iterable[str] | None = None,
        headers: Headers = None,
        **link: Unpack[Link],
    ) -> None:
        falcon.HTTPUnauthorized.__init__(
            self, title=title, description=description, headers=headers, challenges=challenges, **link
        )


class HTTPMethodNotAllowed(HTTPError, falcon.HTTPMethodNotAllowed):
    """405 Method Not Allowed; the methods that are go into ``Allow``."""

    def __init__(
        self,
        allowed_methods: Iterable[str],
        headers: Headers = None,
        title: str | None = None,
        description: str | None = None,
        **link: Unpack[Link],
    ) -> None:
        falcon.HTTPMethodNotAllowed.__init__(
            self, allowed_methods, title=title, description=description, headers=headers, **link
        )


class HTTPRangeNotSatisfiable(HTTPError, falcon.HTTPRangeNotSatisfiable):
    """416 Range Not Satisfiable; the resource's length in bytes goes into ``Content-Range``."""

    def __init__(
        self,
        resource_length: int,
        headers: Headers = None,
        title: str | None = None,
        description: str | None = None,
        **link: Unpack[Link],
    ) -> None:
        falcon.HTTPRangeNotSatisfiable.__init__(
            self, resource_length, title=title, description=description, headers=headers, **link
        )


class HTTPUnavailableForLegalReasons(HTTPError, falcon.HTTPUnavailableForLegalReasons):
    """451 Unavailable For Legal Reasons."""

    def __init__(
        self,
        title: str | None = None,
        headers: Headers = None,
        description: str | None = None,
        **link: Unpack[Link],
    ) -> None:
        HTTPError.__init__(self, falcon.HTTP_451, title, description, headers, **link)


class HTTPInvalidHeader(HTTPBadRequest, falcon.HTTPInvalidHeader):
    """400 Bad Request: a header whose value cannot be; ``msg`` says why."""

    def __init__(self, msg: str, header_name: str, headers: Headers = None, **link: Unpack[Link]) -> None:
        what = f'The value provided for the "{header_name}" header is invalid. {msg}'
        HTTPBadRequest.__init__(self, "Invalid header value", what, headers, **link)


class HTTPInvalidParam(HTTPBadRequest, falcon.HTTPInvalidParam):
    """400 Bad Request: a parameter whose value cannot be; ``msg`` says why."""

    def __init__(self, msg: str, param_name: str, headers: Headers = None, **link: Unpack[Link]) -> None:
        what = f'The value provided for the "{param_name}" parameter is invalid. {msg}'
        HTTPBadRequest.__init__(self, "Invalid parameter", what, headers, **link)


class HTTPMissingHeader(HTTPBadRequest, falcon.HTTPMissingHeader):
    """400 Bad Request: a header that has to be there is not."""

    def __init__(self, header_name: str, headers: Headers = None, **link: Unpack[Link]) -> None:
        what = f'The "{header_name}" header is required.'
        HTTPBadRequest.__init__(self, "Missing header value", what, headers, **link)


class HTTPMissingParam(HTTPBadRequest, falcon.HTTPMissingParam):
    """400 Bad Request: a parameter that has to be there is not."""

    def __init__(self, param_name: str, headers: Headers = None, **link: Unpack[Link]) -> None:
        what = f'The "{param_name}" parameter is required.'
        HTTPBadRequest.__init__(self, "Missing parameter", what, headers, **link)
