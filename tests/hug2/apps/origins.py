"""Routes that other origins may use."""

import hug


@hug.get("/any_origin").allow_origins()
def any_origin():
    return "for all"


@hug.get("/origins").allow_origins(
    "http://a.test", "http://b.test", methods=("GET",), max_age=9, credentials=True, headers="X-Some"
)
def origins():
    return "for some"


@hug.get("/no_origin")
def no_origin():
    return "for nobody else"


@hug.get("/by_directive")
def by_directive(cors: hug.directives.cors = "http://a.test"):
    return "for one"


@hug.get("/by_directive_for_all")
def by_directive_for_all(cors: hug.directives.cors):
    return "for all"
