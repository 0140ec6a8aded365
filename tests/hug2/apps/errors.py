"""Errors: raised, made of invalid input, sent elsewhere, and let through."""

import falcon
import hug


@hug.get("/bad_request")
def bad_request():
    raise hug.HTTPBadRequest("Title", "Description")


@hug.get("/raise/{name}")
def raise_named(name):
    errors = {
        "error": lambda: hug.HTTPError(hug.HTTP_418, "Teapot", "Short and stout"),
        "error_title": lambda: hug.HTTPError(hug.HTTP_418, "Teapot"),
        "error_bare": lambda: hug.HTTPError(hug.HTTP_418),
        "error_headers": lambda: hug.HTTPError(hug.HTTP_418, "Teapot", "Short", {"X-Tea": "green"}),
        "error_code": lambda: hug.HTTPError(
            hug.HTTP_418, "Teapot", "Short", None, "http://h.test", "Text", 7
        ),
        "error_keywords": lambda: hug.HTTPError(status=hug.HTTP_409, title="T", description="D", code=7),
        "bad_request_bare": lambda: hug.HTTPBadRequest(),
        "bad_request_title": lambda: hug.HTTPBadRequest("Only the title"),
        "bad_request_keywords": lambda: hug.HTTPBadRequest(title="T", description="D"),
        "bad_request_headers": lambda: hug.HTTPBadRequest("T", "D", {"X-Why": "because"}),
        "unauthorized": lambda: hug.HTTPUnauthorized("T", "D", ["Basic realm=x", "Token"]),
        "unauthorized_bare": lambda: hug.HTTPUnauthorized("T", "D"),
        "forbidden": lambda: hug.HTTPForbidden("T", "D"),
        "forbidden_bare": lambda: hug.HTTPForbidden(),
        "not_found": lambda: hug.HTTPNotFound(),
        "not_found_words": lambda: hug.HTTPNotFound(title="T", description="D"),
        "not_acceptable": lambda: hug.HTTPNotAcceptable("Description alone"),
        "conflict": lambda: hug.HTTPConflict("T", "D"),
        "gone": lambda: hug.HTTPGone(),
        "length_required": lambda: hug.HTTPLengthRequired("T", "D"),
        "precondition": lambda: hug.HTTPPreconditionFailed("T", "D"),
        "too_large": lambda: hug.HTTPPayloadTooLarge("T", "D", 30),
        "uri_too_long": lambda: hug.HTTPUriTooLong("T", "D"),
        "unsupported": lambda: hug.HTTPUnsupportedMediaType("Description alone"),
        "range": lambda: hug.HTTPRangeNotSatisfiable(100),
        "unprocessable": lambda: hug.HTTPUnprocessableEntity("T", "D"),
        "locked": lambda: hug.HTTPLocked("T", "D"),
        "too_many": lambda: hug.HTTPTooManyRequests("T", "D", 60),
        "legal": lambda: hug.HTTPUnavailableForLegalReasons("T"),
        "method": lambda: hug.HTTPMethodNotAllowed(["PUT", "PATCH"]),
        "internal": lambda: hug.HTTPInternalServerError("T", "D"),
        "bad_gateway": lambda: hug.HTTPBadGateway("T", "D"),
        "unavailable": lambda: hug.HTTPServiceUnavailable("T", "D", 30),
        "insufficient": lambda: hug.HTTPInsufficientStorage("T", "D"),
        "invalid_header": lambda: hug.HTTPInvalidHeader("The reason", "X-Name"),
        "missing_header": lambda: hug.HTTPMissingHeader("X-Name"),
        "invalid_param": lambda: hug.HTTPInvalidParam("The reason", "name"),
        "missing_param": lambda: hug.HTTPMissingParam("name"),
        "status": lambda: hug.HTTPStatus(hug.HTTP_202, {"X-Name": "value"}, "the body"),
        "status_bare": lambda: hug.HTTPStatus(hug.HTTP_202),
        "through_falcon": lambda: falcon.HTTPBadRequest(title="T", description="D"),
        "through_hug_falcon": lambda: hug.falcon.HTTPNotFound(),
        "value_error": lambda: ValueError("unhandled"),
        "key_error": lambda: KeyError("unhandled"),
        "type_error": lambda: TypeError("unhandled"),
        "division": lambda: ZeroDivisionError(),
        "invalid_type_data": lambda: hug.exceptions.InvalidTypeData("message", {"reason": "why"}),
    }
    raise errors[name]()


@hug.get("/title_list")
def title_list():
    raise hug.HTTPBadRequest("T", ["a", {"b": 1}])


@hug.get("/text_error", output=hug.output_format.text)
def text_error(number: int = 1):
    raise hug.HTTPConflict("T", "D")


@hug.get("/html_error", output=hug.output_format.html)
def html_error(number: int):
    return "<b>fine</b>"


@hug.get("/custom", on_invalid=lambda data: {"problem": data["errors"]})
def custom(number: int):
    return number


@hug.get("/custom_status")
def custom_status(number: int, response=None):
    response.status = hug.HTTP_201
    return number


def with_status(data, request, response):
    response.status = hug.HTTP_422
    return [request.path, data["errors"]]


@hug.get("/own_status", on_invalid=with_status)
def own_status(number: int):
    return number


@hug.get("/hidden", on_invalid=hug.redirect.not_found)
def hidden(number: int):
    return number


@hug.get("/invalid_text", output_invalid=hug.output_format.text)
def invalid_text(number: int):
    return number


@hug.get("/invalid_both", output_invalid=hug.output_format.text, on_invalid=lambda data: "wrong")
def invalid_both(number: int):
    return number


@hug.get("/let_through", raise_on_invalid=True)
def let_through(number: int):
    return number


def failing_type(value):
    raise hug.HTTPPaymentRequired() if hasattr(hug, "HTTPPaymentRequired") else hug.HTTPConflict("T", "D")


@hug.get("/http_error_in_type")
def http_error_in_type(number: failing_type):
    return number


@hug.get("/http_error_let_through", raise_on_invalid=True)
def http_error_let_through(number: failing_type):
    return number


def invalid_data(value):
    raise hug.exceptions.InvalidTypeData("Something is wrong", {"field": ["too long", "too blue"]})


def invalid_data_without_reasons(value):
    raise hug.exceptions.InvalidTypeData("Something is wrong")


@hug.get("/reasons")
def reasons(value: invalid_data):
    return value


@hug.get("/no_reasons")
def no_reasons(value: invalid_data_without_reasons):
    return value


@hug.get("/unserializable")
def unserializable():
    return {"object": object()}


@hug.get("/status_then_error")
def status_then_error(response):
    response.status = hug.HTTP_201
    response.set_header("X-Before", "yes")
    raise hug.HTTPConflict("T", "D")


@hug.get("/transformed_error", transform=lambda data: {"wrapped": data})
def transformed_error(number: int):
    return number


def says_no(request, **kwargs):
    return "You may not"


def says_no_with_status(request, response, **kwargs):
    response.status = hug.HTTP_403
    return {"sorry": request.path}


def raises(response, **kwargs):
    raise hug.HTTPForbidden("No", "Never")


def says_yes(request, **kwargs):
    return True


def says_nothing(**kwargs):
    return None


@hug.get("/denied", requires=says_no)
def denied(number: int):
    return "never"


@hug.get("/denied_status", requires=[says_yes, says_no_with_status, raises])
def denied_status():
    return "never"


@hug.get("/denied_raise", requires=(says_yes, raises))
def denied_raise():
    return "never"


@hug.get("/allowed", requires=(says_yes, says_nothing))
def allowed(number: int = 1):
    return number


@hug.not_found()
def nothing():
    return "nothing here"
