"""Falcon's names as ``hug.<name>``: statuses, media types, errors and helpers; hug's own errors in place.

What Falcon exports by accident of its layout (its submodules, its ``App``) or for its own use is left out.
"""

# Many names, few words: dense lists, in plain order.
# ruff: noqa: I001, RUF022
# fmt: off

from typing import TYPE_CHECKING

from hug.lazy import lazily

if TYPE_CHECKING:
    from falcon import (
        COMBINED_METHODS, CaseInsensitiveDict, CompatibilityError, Context, DEFAULT_MEDIA_TYPE,
        DelimiterError, ETag, Forwarded, HTTPFound, HTTPMovedPermanently, HTTPPermanentRedirect, HTTPSeeOther,
        HTTPTemporaryRedirect, HTTP_100, HTTP_101, HTTP_102, HTTP_103, HTTP_200, HTTP_201, HTTP_202, HTTP_203,
        HTTP_204, HTTP_205, HTTP_206, HTTP_207, HTTP_208, HTTP_226, HTTP_300, HTTP_301, HTTP_302, HTTP_303,
        HTTP_304, HTTP_305, HTTP_307, HTTP_308, HTTP_400, HTTP_401, HTTP_402, HTTP_403, HTTP_404, HTTP_405,
        HTTP_406, HTTP_407, HTTP_408, HTTP_409, HTTP_410, HTTP_411, HTTP_412, HTTP_413, HTTP_414, HTTP_415,
        HTTP_416, HTTP_417, HTTP_418, HTTP_421, HTTP_422, HTTP_423, HTTP_424, HTTP_425, HTTP_426, HTTP_428,
        HTTP_429, HTTP_431, HTTP_451, HTTP_500, HTTP_501, HTTP_502, HTTP_503, HTTP_504, HTTP_505, HTTP_506,
        HTTP_507, HTTP_508, HTTP_510, HTTP_511, HTTP_701, HTTP_702, HTTP_703, HTTP_710, HTTP_711, HTTP_712,
        HTTP_719, HTTP_720, HTTP_721, HTTP_722, HTTP_723, HTTP_724, HTTP_725, HTTP_726, HTTP_727, HTTP_740,
        HTTP_741, HTTP_742, HTTP_743, HTTP_744, HTTP_745, HTTP_748, HTTP_749, HTTP_750, HTTP_753, HTTP_754,
        HTTP_755, HTTP_759, HTTP_771, HTTP_772, HTTP_773, HTTP_774, HTTP_776, HTTP_777, HTTP_778, HTTP_779,
        HTTP_780, HTTP_781, HTTP_782, HTTP_783, HTTP_784, HTTP_785, HTTP_786, HTTP_791, HTTP_792, HTTP_797,
        HTTP_799, HTTP_ACCEPTED, HTTP_ALREADY_REPORTED, HTTP_BAD_GATEWAY, HTTP_BAD_REQUEST, HTTP_CONFLICT,
        HTTP_CONTENT_TOO_LARGE, HTTP_CONTINUE, HTTP_CREATED, HTTP_EARLY_HINTS, HTTP_EXPECTATION_FAILED,
        HTTP_FAILED_DEPENDENCY, HTTP_FORBIDDEN, HTTP_FOUND, HTTP_GATEWAY_TIMEOUT, HTTP_GONE,
        HTTP_HTTP_VERSION_NOT_SUPPORTED, HTTP_IM_A_TEAPOT, HTTP_IM_USED, HTTP_INSUFFICIENT_STORAGE,
        HTTP_INTERNAL_SERVER_ERROR, HTTP_LENGTH_REQUIRED, HTTP_LOCKED, HTTP_LOOP_DETECTED, HTTP_METHODS,
        HTTP_METHOD_NOT_ALLOWED, HTTP_MISDIRECTED_REQUEST, HTTP_MOVED_PERMANENTLY, HTTP_MULTIPLE_CHOICES,
        HTTP_MULTI_STATUS, HTTP_NETWORK_AUTHENTICATION_REQUIRED, HTTP_NON_AUTHORITATIVE_INFORMATION,
        HTTP_NOT_ACCEPTABLE, HTTP_NOT_EXTENDED, HTTP_NOT_FOUND, HTTP_NOT_IMPLEMENTED, HTTP_NOT_MODIFIED,
        HTTP_NO_CONTENT, HTTP_OK, HTTP_PARTIAL_CONTENT, HTTP_PAYMENT_REQUIRED, HTTP_PERMANENT_REDIRECT,
        HTTP_PRECONDITION_FAILED, HTTP_PRECONDITION_REQUIRED, HTTP_PROCESSING,
        HTTP_PROXY_AUTHENTICATION_REQUIRED, HTTP_REQUESTED_RANGE_NOT_SATISFIABLE,
        HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE, HTTP_REQUEST_TIMEOUT, HTTP_REQUEST_URI_TOO_LONG,
        HTTP_RESET_CONTENT, HTTP_SEE_OTHER, HTTP_SERVICE_UNAVAILABLE, HTTP_SWITCHING_PROTOCOLS,
        HTTP_TEMPORARY_REDIRECT, HTTP_TOO_EARLY, HTTP_TOO_MANY_REQUESTS, HTTP_UNAUTHORIZED,
        HTTP_UNAVAILABLE_FOR_LEGAL_REASONS, HTTP_UNPROCESSABLE_ENTITY, HTTP_UNSUPPORTED_MEDIA_TYPE,
        HTTP_UPGRADE_REQUIRED, HTTP_USE_PROXY, HTTP_VARIANT_ALSO_NEGOTIATES, HeaderNotSupported,
        InvalidMediaRange, InvalidMediaType, MEDIA_BMP, MEDIA_CSV, MEDIA_GIF, MEDIA_HTML, MEDIA_JPEG,
        MEDIA_JS, MEDIA_JSON, MEDIA_MSGPACK, MEDIA_MULTIPART, MEDIA_PARQUET, MEDIA_PNG, MEDIA_TEXT,
        MEDIA_URLENCODED, MEDIA_XML, MEDIA_YAML, MediaMalformedError, MediaNotFoundError,
        MediaValidationError, MultipartParseError, OperationNotAllowed, PayloadTypeError, RequestOptions,
        ResponseOptions, SINGLETON_HEADERS, TimezoneGMT, UnsupportedError, UnsupportedScopeError,
        WEBDAV_METHODS, WebSocketDisconnected, WebSocketHandlerNotFound, WebSocketPathNotFound,
        WebSocketServerError, after, before, code_to_http_status, dt_to_http, http_date_to_dt, http_now,
        http_status_to_code, secure_filename, to_query_str,
    )

    from falcon import http_status, status_codes, uri, util

    from hug.web import errors
    from hug.web.errors import (
        HTTPBadGateway, HTTPBadRequest, HTTPConflict, HTTPContentTooLarge, HTTPError, HTTPFailedDependency,
        HTTPForbidden, HTTPGatewayTimeout, HTTPGone, HTTPInsufficientStorage, HTTPInternalServerError,
        HTTPInvalidHeader, HTTPInvalidParam, HTTPLengthRequired, HTTPLocked, HTTPLoopDetected,
        HTTPMethodNotAllowed, HTTPMissingHeader, HTTPMissingParam, HTTPNetworkAuthenticationRequired,
        HTTPNotAcceptable, HTTPNotFound, HTTPNotImplemented, HTTPPayloadTooLarge, HTTPPreconditionFailed,
        HTTPPreconditionRequired, HTTPRangeNotSatisfiable, HTTPRequestHeaderFieldsTooLarge,
        HTTPServiceUnavailable, HTTPStatus, HTTPTooManyRequests, HTTPUnauthorized,
        HTTPUnavailableForLegalReasons, HTTPUnprocessableEntity, HTTPUnsupportedMediaType, HTTPUriTooLong,
        HTTPVersionNotSupported,
    )
    from hug.web.request import Request
    from hug.web.response import Response

    HTTP_REQUEST_ENTITY_TOO_LARGE = HTTP_413
    """What Falcon 2 called `HTTP_CONTENT_TOO_LARGE`."""

    get_http_status = code_to_http_status
    """What Falcon 2 called `code_to_http_status`."""

__all__ = [
    "COMBINED_METHODS", "CaseInsensitiveDict", "CompatibilityError", "Context", "DEFAULT_MEDIA_TYPE",
    "DelimiterError", "ETag", "Forwarded", "HTTPBadGateway", "HTTPBadRequest", "HTTPConflict",
    "HTTPContentTooLarge", "HTTPError", "HTTPFailedDependency", "HTTPForbidden", "HTTPFound",
    "HTTPGatewayTimeout", "HTTPGone", "HTTPInsufficientStorage", "HTTPInternalServerError",
    "HTTPInvalidHeader", "HTTPInvalidParam", "HTTPLengthRequired", "HTTPLocked", "HTTPLoopDetected",
    "HTTPMethodNotAllowed", "HTTPMissingHeader", "HTTPMissingParam", "HTTPMovedPermanently",
    "HTTPNetworkAuthenticationRequired", "HTTPNotAcceptable", "HTTPNotFound", "HTTPNotImplemented",
    "HTTPPayloadTooLarge", "HTTPPermanentRedirect", "HTTPPreconditionFailed", "HTTPPreconditionRequired",
    "HTTPRangeNotSatisfiable", "HTTPRequestHeaderFieldsTooLarge", "HTTPSeeOther", "HTTPServiceUnavailable",
    "HTTPStatus", "HTTPTemporaryRedirect", "HTTPTooManyRequests", "HTTPUnauthorized",
    "HTTPUnavailableForLegalReasons", "HTTPUnprocessableEntity", "HTTPUnsupportedMediaType",
    "HTTPUriTooLong", "HTTPVersionNotSupported", "HTTP_100", "HTTP_101", "HTTP_102", "HTTP_103", "HTTP_200",
    "HTTP_201", "HTTP_202", "HTTP_203", "HTTP_204", "HTTP_205", "HTTP_206", "HTTP_207", "HTTP_208",
    "HTTP_226", "HTTP_300", "HTTP_301", "HTTP_302", "HTTP_303", "HTTP_304", "HTTP_305", "HTTP_307",
    "HTTP_308", "HTTP_400", "HTTP_401", "HTTP_402", "HTTP_403", "HTTP_404", "HTTP_405", "HTTP_406",
    "HTTP_407", "HTTP_408", "HTTP_409", "HTTP_410", "HTTP_411", "HTTP_412", "HTTP_413", "HTTP_414",
    "HTTP_415", "HTTP_416", "HTTP_417", "HTTP_418", "HTTP_421", "HTTP_422", "HTTP_423", "HTTP_424",
    "HTTP_425", "HTTP_426", "HTTP_428", "HTTP_429", "HTTP_431", "HTTP_451", "HTTP_500", "HTTP_501",
    "HTTP_502", "HTTP_503", "HTTP_504", "HTTP_505", "HTTP_506", "HTTP_507", "HTTP_508", "HTTP_510",
    "HTTP_511", "HTTP_701", "HTTP_702", "HTTP_703", "HTTP_710", "HTTP_711", "HTTP_712", "HTTP_719",
    "HTTP_720", "HTTP_721", "HTTP_722", "HTTP_723", "HTTP_724", "HTTP_725", "HTTP_726", "HTTP_727",
    "HTTP_740", "HTTP_741", "HTTP_742", "HTTP_743", "HTTP_744", "HTTP_745", "HTTP_748", "HTTP_749",
    "HTTP_750", "HTTP_753", "HTTP_754", "HTTP_755", "HTTP_759", "HTTP_771", "HTTP_772", "HTTP_773",
    "HTTP_774", "HTTP_776", "HTTP_777", "HTTP_778", "HTTP_779", "HTTP_780", "HTTP_781", "HTTP_782",
    "HTTP_783", "HTTP_784", "HTTP_785", "HTTP_786", "HTTP_791", "HTTP_792", "HTTP_797", "HTTP_799",
    "HTTP_ACCEPTED", "HTTP_ALREADY_REPORTED", "HTTP_BAD_GATEWAY", "HTTP_BAD_REQUEST", "HTTP_CONFLICT",
    "HTTP_CONTENT_TOO_LARGE", "HTTP_CONTINUE", "HTTP_CREATED", "HTTP_EARLY_HINTS",
    "HTTP_EXPECTATION_FAILED", "HTTP_FAILED_DEPENDENCY", "HTTP_FORBIDDEN", "HTTP_FOUND",
    "HTTP_GATEWAY_TIMEOUT", "HTTP_GONE", "HTTP_HTTP_VERSION_NOT_SUPPORTED", "HTTP_IM_A_TEAPOT",
    "HTTP_IM_USED", "HTTP_INSUFFICIENT_STORAGE", "HTTP_INTERNAL_SERVER_ERROR", "HTTP_LENGTH_REQUIRED",
    "HTTP_LOCKED", "HTTP_LOOP_DETECTED", "HTTP_METHODS", "HTTP_METHOD_NOT_ALLOWED",
    "HTTP_MISDIRECTED_REQUEST", "HTTP_MOVED_PERMANENTLY", "HTTP_MULTIPLE_CHOICES", "HTTP_MULTI_STATUS",
    "HTTP_NETWORK_AUTHENTICATION_REQUIRED", "HTTP_NON_AUTHORITATIVE_INFORMATION", "HTTP_NOT_ACCEPTABLE",
    "HTTP_NOT_EXTENDED", "HTTP_NOT_FOUND", "HTTP_NOT_IMPLEMENTED", "HTTP_NOT_MODIFIED", "HTTP_NO_CONTENT",
    "HTTP_OK", "HTTP_PARTIAL_CONTENT", "HTTP_PAYMENT_REQUIRED", "HTTP_PERMANENT_REDIRECT",
    "HTTP_PRECONDITION_FAILED", "HTTP_PRECONDITION_REQUIRED", "HTTP_PROCESSING",
    "HTTP_PROXY_AUTHENTICATION_REQUIRED", "HTTP_REQUESTED_RANGE_NOT_SATISFIABLE",
    "HTTP_REQUEST_ENTITY_TOO_LARGE", "HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE", "HTTP_REQUEST_TIMEOUT",
    "HTTP_REQUEST_URI_TOO_LONG", "HTTP_RESET_CONTENT", "HTTP_SEE_OTHER", "HTTP_SERVICE_UNAVAILABLE",
    "HTTP_SWITCHING_PROTOCOLS", "HTTP_TEMPORARY_REDIRECT", "HTTP_TOO_EARLY", "HTTP_TOO_MANY_REQUESTS",
    "HTTP_UNAUTHORIZED", "HTTP_UNAVAILABLE_FOR_LEGAL_REASONS", "HTTP_UNPROCESSABLE_ENTITY",
    "HTTP_UNSUPPORTED_MEDIA_TYPE", "HTTP_UPGRADE_REQUIRED", "HTTP_USE_PROXY",
    "HTTP_VARIANT_ALSO_NEGOTIATES", "HeaderNotSupported", "InvalidMediaRange", "InvalidMediaType",
    "MEDIA_BMP", "MEDIA_CSV", "MEDIA_GIF", "MEDIA_HTML", "MEDIA_JPEG", "MEDIA_JS", "MEDIA_JSON",
    "MEDIA_MSGPACK", "MEDIA_MULTIPART", "MEDIA_PARQUET", "MEDIA_PNG", "MEDIA_TEXT", "MEDIA_URLENCODED",
    "MEDIA_XML", "MEDIA_YAML", "MediaMalformedError", "MediaNotFoundError", "MediaValidationError",
    "MultipartParseError", "OperationNotAllowed", "PayloadTypeError", "Request", "RequestOptions",
    "Response", "ResponseOptions", "SINGLETON_HEADERS", "TimezoneGMT", "UnsupportedError",
    "UnsupportedScopeError", "WEBDAV_METHODS", "WebSocketDisconnected", "WebSocketHandlerNotFound",
    "WebSocketPathNotFound", "WebSocketServerError", "after", "before", "code_to_http_status", "dt_to_http",
    "errors", "get_http_status", "http_date_to_dt", "http_now", "http_status", "http_status_to_code",
    "secure_filename", "status_codes", "to_query_str", "uri", "util",
]

_ERRORS = (
    "HTTPBadGateway", "HTTPBadRequest", "HTTPConflict", "HTTPContentTooLarge", "HTTPError",
    "HTTPFailedDependency", "HTTPForbidden", "HTTPGatewayTimeout", "HTTPGone", "HTTPInsufficientStorage",
    "HTTPInternalServerError", "HTTPInvalidHeader", "HTTPInvalidParam", "HTTPLengthRequired", "HTTPLocked",
    "HTTPLoopDetected", "HTTPMethodNotAllowed", "HTTPMissingHeader", "HTTPMissingParam",
    "HTTPNetworkAuthenticationRequired", "HTTPNotAcceptable", "HTTPNotFound", "HTTPNotImplemented",
    "HTTPPayloadTooLarge", "HTTPPreconditionFailed", "HTTPPreconditionRequired", "HTTPRangeNotSatisfiable",
    "HTTPRequestHeaderFieldsTooLarge", "HTTPServiceUnavailable", "HTTPStatus", "HTTPTooManyRequests",
    "HTTPUnauthorized", "HTTPUnavailableForLegalReasons", "HTTPUnprocessableEntity",
    "HTTPUnsupportedMediaType", "HTTPUriTooLong", "HTTPVersionNotSupported",
)

if not TYPE_CHECKING:  # to type checkers a name that is not there is a mistake
    __getattr__, __dir__ = lazily(
        __name__,
        {
            **dict.fromkeys(__all__, "falcon"),
            **dict.fromkeys(_ERRORS, "hug.web.errors"),
            "HTTP_REQUEST_ENTITY_TOO_LARGE": "falcon:HTTP_413",
            "Request": "hug.web.request",
            "Response": "hug.web.response",
            "errors": "hug.web.errors:",
            "get_http_status": "falcon:code_to_http_status",
        },
    )
