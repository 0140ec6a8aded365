"""JSON, forms, uploads, text and formats of the app's own."""

from ..exchanges import Request, form, json

JSON = {"Content-Type": "application/json"}
PARTS = {"Content-Type": "multipart/form-data; boundary=XX"}


def parts(*written: str) -> bytes:
    return "".join(f"--XX\r\n{part}\r\n" for part in written).encode() + b"--XX--\r\n"


FIELD = 'Content-Disposition: form-data; name="{}"\r\n\r\n{}'
FILE = 'Content-Disposition: form-data; name="{}"; filename="{}"\r\nContent-Type: text/plain\r\n\r\n{}'


def post(url: str, kind: str, body: bytes) -> Request:
    return Request("POST", url, {"Content-Type": kind}, body)


CASES = [
    json("POST", "/body", {"a": [1, 2.5, None, True, "é"]}),
    Request("POST", "/body", JSON, b'"a\\u00e9"'),
    Request("POST", "/body", JSON, b"[]"),
    Request("POST", "/body", JSON, b"{}"),
    Request("POST", "/body", JSON, b'{"a": 1, "a": 2}'),
    Request("POST", "/body", JSON, b"{'a': 1}"),
    Request("POST", "/body", JSON, b"\xef\xbb\xbf{}"),
    Request("POST", "/body", JSON, b"12345678901234567890"),
    post("/body", "application/json;charset=utf-8", b'{"a": 1}'),
    post("/body", "application/vnd.api+json", b'{"a": 1}'),
    post("/body", "text/json", b'{"a": 1}'),
    post("/body", "text/plain", b"text"),
    post("/body", "text/plain; charset=latin-1", b"\xe9"),
    post("/body", "text/html", b"<p>"),
    post("/body", "text/css", b"p {}"),
    post("/body", "text/csv", b"a,b"),
    post("/body", "text/plain", b""),
    form("POST", "/body", "a=1&b=2&a=3"),
    form("POST", "/body", "a=1,2"),
    form("POST", "/body", "a=x,"),
    form("POST", "/body", "a=%2C"),
    form("POST", "/body", "a"),
    form("POST", "/body", "a=&b=1"),
    form("POST", "/body", "=1"),
    form("POST", "/body", "&&"),
    form("POST", "/body", "a=1;b=2"),
    form("POST", "/body", "a+b=c+d"),
    form("POST", "/body", "a=%E9"),
    form("POST", "/body", "a=true&b=null"),
    form("POST", "/fields", "a=1"),
    form("POST", "/fields", "a=1&a=2&b=x"),
    form("POST", "/numbers", "a=1&b=2,3"),
    form("POST", "/numbers", "a=x"),
    json("POST", "/numbers", {"a": "1", "b": ["2", "3"]}),
    json("POST", "/numbers", {"b": "1"}),
    json("POST", "/underscored", {"firstName": "x", "nestedValue": [{"deepKey": 1}]}),
    json("POST", "/underscored", {"URLName": 1, "already_so": 2, "x1Y": 3}),
    post("/shouted", "text/shout", b"loud"),
    post("/shouted", "text/plain", b"quiet"),
    post("/body", "application/x-lines", b"a\nb"),
    post("/body", "application/x-lines; charset=latin-1", b"\xe9"),
    post("/body", "application/x-lines; other=1", b"a"),
    Request("POST", "/upload", PARTS, parts(FIELD.format("a", "1"), FIELD.format("b", "two"))),
    Request("POST", "/upload", PARTS, parts(FILE.format("file", "x.txt", "content"))),
    Request(
        "POST", "/upload", PARTS, parts(FILE.format("file", "x.txt", "content"), FIELD.format("name", "n"))
    ),
    Request("POST", "/upload", PARTS, parts(FIELD.format("a", "1"), FIELD.format("a", "2"))),
    Request("POST", "/upload", PARTS, parts(FIELD.format("a", ""))),
    Request("POST", "/upload_field", PARTS, parts(FILE.format("file", "x.txt", "content"))),
    Request("POST", "/upload_field", PARTS, parts(FIELD.format("name", "n"))),
    json("POST", "/typed_body", {"a": 1}),
    post("/typed_body", "text/plain", b'{"a": 1}'),
    json("POST", "/kinds", {"a": 1, "b": "x", "c": [], "d": None, "e": 1.5, "f": True, "g": {}}),
    form("POST", "/kinds", "a=1&b=1,2"),
    Request("POST", "/kinds", PARTS, parts(FIELD.format("a", "1"), FILE.format("b", "x", "y"))),
]
