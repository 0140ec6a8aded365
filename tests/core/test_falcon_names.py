"""Falcon's names on hug, and its errors raised as Falcon 2 took their arguments."""

import subprocess
import sys
from importlib.metadata import version

import falcon
import pytest

import hug

TITLED = {
    "HTTPBadRequest": 400, "HTTPForbidden": 403, "HTTPConflict": 409, "HTTPLengthRequired": 411,
    "HTTPPreconditionFailed": 412, "HTTPUriTooLong": 414, "HTTPUnprocessableEntity": 422, "HTTPLocked": 423,
    "HTTPFailedDependency": 424, "HTTPPreconditionRequired": 428, "HTTPRequestHeaderFieldsTooLarge": 431,
    "HTTPInternalServerError": 500, "HTTPNotImplemented": 501, "HTTPBadGateway": 502,
    "HTTPGatewayTimeout": 504, "HTTPVersionNotSupported": 505, "HTTPInsufficientStorage": 507,
    "HTTPLoopDetected": 508, "HTTPNetworkAuthenticationRequired": 511,
}  # fmt: skip
RETRIED = {"HTTPServiceUnavailable": 503, "HTTPTooManyRequests": 429, "HTTPPayloadTooLarge": 413}
DESCRIBED = {"HTTPNotAcceptable": 406, "HTTPUnsupportedMediaType": 415}
BARE = {"HTTPNotFound": 404, "HTTPGone": 410}

MINE = {"x-mine": "1"}


RAISED = [
    *((name, code, ("t", "d", MINE), {"t": "d"}, MINE) for name, code in TITLED.items()),
    *((name, code, ("t", "d", 5, MINE), {"t": "d"}, {**MINE, "retry-after": "5"})
      for name, code in RETRIED.items()),
    ("HTTPNotAcceptable", 406, ("d", MINE), {"Media type not acceptable": "d"}, MINE),
    ("HTTPUnsupportedMediaType", 415, ("d", MINE), {"Unsupported media type": "d"}, MINE),
    ("HTTPGone", 410, (MINE,), {None: None}, MINE),
    ("HTTPError", 418, ("418 I'm a Teapot", "t", "d", MINE), {"t": "d"}, MINE),
    ("HTTPError", 499, (499, "t"), {"t": "499 Unknown"}, {}),
    ("HTTPUnauthorized", 401, ("t", "d", ["Basic", "Bearer"], MINE), {"t": "d"},
     {**MINE, "www-authenticate": "Basic, Bearer"}),
    ("HTTPMethodNotAllowed", 405, (["GET", "PUT"], MINE), {None: None}, {**MINE, "allow": "GET, PUT"}),
    ("HTTPRangeNotSatisfiable", 416, (9, MINE), {None: None}, {**MINE, "content-range": "bytes */9"}),
    ("HTTPUnavailableForLegalReasons", 451, ("t", MINE), {"t": "451 Unavailable For Legal Reasons"}, MINE),
    ("HTTPInvalidHeader", 400, ("It is odd.", "X-A", MINE),
     {"Invalid header value": 'The value provided for the "X-A" header is invalid. It is odd.'}, MINE),
    ("HTTPInvalidParam", 400, ("It is odd.", "a", MINE),
     {"Invalid parameter": 'The value provided for the "a" parameter is invalid. It is odd.'}, MINE),
    ("HTTPMissingHeader", 400, ("X-A", MINE),
     {"Missing header value": 'The "X-A" header is required.'}, MINE),
    ("HTTPMissingParam", 400, ("a", MINE), {"Missing parameter": 'The "a" parameter is required.'}, MINE),
]  # fmt: skip


@pytest.mark.parametrize(("name", "code", "args", "errors", "headers"), RAISED)
def test_positional_arguments(api: hug.API, name: str, code: int, args, errors, headers) -> None:
    """Each error takes its arguments in the order that it had in Falcon 2, and answers with them."""
    kind = getattr(hug, name)

    @hug.get("/x", api=api)
    def handler():
        raise kind(*args)

    answer = hug.test.get(api, "/x")
    assert answer.status_code == code
    told = {title if title is not None else answer.status: text for title, text in errors.items()}
    assert answer.data == {"errors": told}
    assert {field: answer.headers_dict.get(field) for field in headers} == headers
    assert issubclass(kind, hug.HTTPError)
    assert issubclass(kind, getattr(falcon, name))


NEEDING_NOTHING = {
    **TITLED, **RETRIED, **DESCRIBED, **BARE, "HTTPUnauthorized": 401, "HTTPUnavailableForLegalReasons": 451,
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:.*use HTTPContentTooLarge instead")  # Falcon's own
@pytest.mark.parametrize(("name", "code"), NEEDING_NOTHING.items())
@pytest.mark.parametrize("of", [hug, falcon])
@pytest.mark.parametrize("called", [True, False])
def test_without_arguments(name: str, code: int, of, called: bool) -> None:
    """An error may be raised without arguments, or as a class; Falcon's own, too."""
    api = hug.API()
    kind = getattr(of, name)

    @hug.get("/x", api=api)
    def handler():
        raise (kind() if called else kind)

    answer = hug.test.get(api, "/x")
    assert answer.status_code == code
    if code == 404:
        assert list(answer.data) == ["404", "documentation"]
    else:
        ((title, text),) = answer.data["errors"].items()
        assert (title, text) == (answer.status, None) or (name in DESCRIBED and text == answer.status)


@pytest.mark.filterwarnings("ignore:.*use HTTPContentTooLarge instead")  # Falcon's own
@pytest.mark.parametrize("name", NEEDING_NOTHING)
def test_keywords(name: str) -> None:
    """All of them take keywords, those of a link included; hug's and Falcon's make the same of them."""
    link = {"href": "http://x", "href_text": "more", "code": 5}
    words = {"title": "t", "description": "d", "headers": MINE, **link}
    own, falcons = getattr(hug, name)(**words), getattr(falcon, name)(**words)
    for attribute in ("status", "title", "description", "headers", "link", "code"):
        assert getattr(own, attribute) == getattr(falcons, attribute)


def test_every_error_is_tested() -> None:
    """There is no error of Falcon's that hug takes without having an order for its arguments."""
    errors = {name for name in hug.__all__ if name.startswith("HTTP") and _is_error(getattr(hug, name))}
    assert errors - {"HTTPContentTooLarge", "HTTPNotFound"} == {name for name, *_ in RAISED}
    assert hug.HTTPContentTooLarge is hug.HTTPPayloadTooLarge
    offered = {
        name for name in falcon.__all__ if name.startswith("HTTP") and _is_error(getattr(falcon, name))
    }
    assert offered - {"HTTPRouteNotFound"} == errors  # Falcon's alone raises that


def _is_error(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, falcon.HTTPError)


def test_statuses() -> None:
    """Every status of Falcon is there by its number and its words, and by those that Falcon 2 had."""
    named = {name: line for name, line in vars(falcon).items() if name.startswith("HTTP_")}
    lines = {name: line for name, line in named.items() if isinstance(line, str)}
    assert len(lines) > 150
    assert {name: getattr(hug, name) for name in lines} == lines
    assert hug.HTTP_REQUEST_ENTITY_TOO_LARGE == hug.HTTP_413
    assert hug.get_http_status(404) == hug.status_codes.HTTP_404


def test_status_raised(api: hug.API) -> None:
    """``HTTPStatus`` takes the text as ``body``, by its place, too."""

    @hug.get("/x", api=api)
    def handler(place: bool = False):
        raise hug.HTTPStatus(hug.HTTP_202, MINE, "a") if place else hug.HTTPStatus(202, MINE, body="a")

    for path in ("/x", "/x?place=1"):
        answer = hug.test.get(api, path)
        assert (answer.status, answer.headers_dict["x-mine"], answer.content) == (hug.HTTP_202, "1", b"a")


def test_falcon() -> None:
    """``hug.falcon`` is Falcon, and the modules of it that hug 2 had by accident are there."""
    assert hug.falcon is falcon
    assert hug.falcon.HTTP_409 == "409 Conflict"
    assert hug.errors.HTTPConflict is hug.HTTPConflict
    for name in ("http_status", "status_codes", "uri", "util"):
        assert getattr(hug, name) is getattr(falcon, name)


@pytest.mark.slow
def test_names() -> None:
    """The submodules that hug 2 had are attributes of hug as soon as that is imported, in any order."""
    # fmt: off
    names = [
        "api", "authentication", "decorators", "defaults", "directives", "exceptions", "format",
        "input_format", "interface", "introspect", "json_module", "output_format", "redirect", "route",
        "routing", "test", "types",
    ]
    # fmt: on
    code = f"import hug, types\nfor name in {names}: assert isinstance(getattr(hug, name), types.ModuleType)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    assert hug.type is hug.types.create
    for router in (hug.call, hug.http):
        assert sorted(router(api=hug.API()).route["accept"]) == sorted(hug.HTTP_METHODS)
    assert hug.__version__ == hug._version.current
    assert version("hug-sse").startswith("3.0")
    assert all(hasattr(hug, name) for name in hug.__all__)
    assert set(hug.__all__) <= set(dir(hug))
