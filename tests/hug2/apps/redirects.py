"""Answers that send elsewhere."""

import hug


@hug.get("/to")
def to(code=None):
    hug.redirect.to("/elsewhere", **({"code": code} if code else {}))


@hug.get("/to_status")
def to_status():
    hug.redirect.to("http://other.test/", hug.HTTP_308)


@hug.get("/returned")
def returned():
    return hug.redirect.to("/elsewhere")


@hug.get("/permanent")
def permanent():
    hug.redirect.permanent("/elsewhere?a=1&b=2")


@hug.get("/found")
def found():
    hug.redirect.found("/elsewhere")


@hug.post("/see_other")
def see_other():
    hug.redirect.see_other("/elsewhere")


@hug.get("/temporary")
def temporary():
    hug.redirect.temporary("/elsewhere")


@hug.get("/not_found")
def not_found():
    hug.redirect.not_found()


@hug.get("/not_found_arguments")
def not_found_arguments():
    hug.redirect.not_found("any", thing="else")


@hug.get("/in_requirement", requires=lambda request, **kwargs: hug.redirect.to("/login"))
def in_requirement():
    return "never"


@hug.get("/html", output=hug.output_format.html)
def html():
    hug.redirect.to("/elsewhere")


@hug.get("/on_invalid", on_invalid=lambda data: hug.redirect.to("/again"))
def on_invalid(number: int):
    return number


def to_login(data, request):
    hug.redirect.see_other(f"/login?from={request.path}")


@hug.get("/on_invalid_request", on_invalid=to_login)
def on_invalid_request(number: int):
    return number


@hug.get("/unicode")
def to_unicode():
    hug.redirect.to("/%C3%A9?q=%20")


@hug.get("/by_hand")
def by_hand(response):
    response.status = hug.HTTP_303
    response.location = "/elsewhere"
    return "see there"
