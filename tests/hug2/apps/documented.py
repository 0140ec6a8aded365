"""Everything that documentation tells.

Also the second paragraph.
"""

import datetime
import decimal

import hug


class Shape(hug.types.Type):
    """A shape"""

    def __call__(self, value):
        return value


def member(request):
    """Must be a member"""
    return True


def undocumented(request):
    return True


@hug.get(examples="name=HUG&age=1")
def happy_birthday(name: hug.types.text, age: hug.types.number = 1, hug_timer=3):
    """Says happy birthday to a user"""
    return f"Happy {age} birthday {name}"


@hug.post("/types", requires=member)
def types(
    a,
    b: str,
    c: int,
    d: float,
    e: bool,
    f: list,
    g: "Words of mine",
    h: Shape(),
    i: hug.types.smart_boolean = True,
    j: hug.types.one_of(("x", "y")) = "x",
    k: hug.types.in_range(1, 10) = None,
    l: hug.types.delimited_list(",") = (),
    m: hug.types.mapping({"one": 1}) = "one",
    n: hug.types.multiple = (),
    o: hug.types.json = None,
    p: hug.types.uuid = None,
    q: hug.types.length(1, 5) = "abc",
    r: hug.types.cut_off(3) = None,
    s: hug.types.Chain(hug.types.text, hug.types.shorter_than(3)) = None,
    t: hug.types.Nullable(hug.types.number) = None,
    u: hug.types.multi(hug.types.number, hug.types.text) = None,
    v: hug.types.less_than(5) = 1,
    w: hug.types.decimal = decimal.Decimal("1.5"),
    x: hug.types.float_number = 1.5,
    y: hug.types.inline_dictionary = None,
    z: Shape = None,
):
    """All the types\n\nand more lines of words\n    with an indented one\n"""


@hug.get("/outputs/text", output=hug.output_format.text)
def text() -> "What comes out":
    pass


@hug.get("/outputs/html", output=hug.output_format.html, requires=(member, undocumented))
def html() -> str:
    """HTML"""


@hug.get("/outputs/pretty", output=hug.output_format.pretty_json)
def pretty() -> hug.types.number:
    pass


@hug.format.content_type("application/x-own")
def own_output(data, request=None, response=None):
    """Our own format"""
    return str(data).encode()


@hug.get("/outputs/own", output=own_output)
def own() -> list:
    pass


@hug.get("/injected")
def injected(request, response, body, hug_session, user: hug.directives.user, api_version=None):
    pass


@hug.get("/private", private=True)
def private():
    pass


@hug.get("/mapped/{id}", map_params={"id": "number"}, examples=["", "verbose=1"])
def mapped(number: int, verbose: bool = False):
    pass


@hug.get_post(["/both", "/second_url"], examples="a=1")
def both(a: "The letter" = "default"):
    """Two methods, two URLs"""


@hug.put("/defaults")
def defaults(a=1, b=None, c="", d=(), e=False, f=0, g={"h": 1}):
    pass


@hug.delete("/arguments", args={"number": int, "return": "A word"}, status=hug.HTTP_202)
def arguments(number, other: str = "x"):
    pass


@hug.get("/listed", parameters=("one", "two"), defaults={"two": 2})
def listed(**kwargs):
    pass


@hug.get("/transformed", transform=str)
def transformed() -> int:
    pass


@hug.object.urls("/class")
class Class:
    """Of the class"""

    @hug.object.get()
    def method(self, name: str):
        """Of the method"""

    @hug.object.post("below", private=True)
    def hidden(self):
        pass


@hug.get("/dates")
def dates(day: datetime.date.fromisoformat = None):
    pass


@hug.get("/documentation_itself")
def documentation_itself(hug_documentation):
    return sorted(hug_documentation)


@hug.get("/module_itself")
def module_itself(hug_module, hug_api):
    return [hug_module.__name__, hug_api.name, hug_api.doc.splitlines()[0]]


@hug.get("/method_of_api")
def method_of_api(hug_api):
    return [
        sorted(hug_api.http.documentation()),
        sorted(hug_api.http.documentation(prefix="/x", base_url="/y")),
    ]
