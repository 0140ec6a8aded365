"""Types that fewer apps have."""

import hug


class Simple(hug.types.Schema):
    """A schema of hug"""

    name = hug.types.text
    count = hug.types.number


kind = hug.types.accept(int, "A number of kinds", error_text="That is no number of kinds")
handled = hug.types.accept(
    lambda value: {"a": 1}[value], "A known letter", exception_handlers={KeyError: "No such letter"}
)


@hug.get("/accepted")
def accepted(value: kind):
    return value


@hug.get("/handled")
def of_handled(value: handled):
    return value


@hug.post("/schema")
def schema(value: Simple):
    return [value.name, value.count]


@hug.get("/list_of")
def list_of(values: hug.types.DelimitedList[hug.types.number](",") = None):
    return values


@hug.get("/chain")
def chain(value: hug.types.Chain(hug.types.text, hug.types.longer_than(2), hug.types.cut_off(4))):
    return value


@hug.get("/nullable")
def nullable(value: hug.types.Nullable(hug.types.text, hug.types.shorter_than(4)) = None):
    return value


@hug.type(extend=hug.types.number)
def doubled(value):
    """Twice a number"""
    return value * 2


@hug.type(extend=doubled)
def quadrupled(value):
    """Four times a number"""
    return value * 2


@hug.get("/quadrupled")
def of_quadrupled(value: quadrupled):
    return value


@hug.type(extend=hug.types.text, error_text="Never good")
def never(value):
    """Never"""
    raise ValueError("own words")


@hug.get("/never")
def of_never(value: never):
    return value


@hug.get("/words")
def words():
    return [type_.__doc__ for type_ in (kind, handled, quadrupled, never, hug.types.number, hug.types.text)]
