"""Forms with files: what a function gets of them, how much of them there may be, and what is left of them."""

import asyncio
import io
import os
import socket
import threading
from pathlib import Path
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hug
from hug.input_format import multipart
from hug.input_format.form_data import FormParser, Part
from hug.web import uploads
from tests.core.serving import exchange, serving
from tests.waiting import until

BOUNDARY = "xYzZY"
KIND = f"multipart/form-data; boundary={BOUNDARY}"


def form(*parts: tuple[str, bytes | str, str | None, str | None] | tuple[str, bytes | str]) -> bytes:
    """Return the body of a form: each part a name and a value, and of a file its name and type."""
    body = b""
    for name, value, *file in parts:
        filename, kind = file or (None, None)
        body += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"'.encode()
        if filename is not None:
            body += f'; filename="{filename}"'.encode()
        if kind is not None:
            body += f"\r\nContent-Type: {kind}".encode()
        body += b"\r\n\r\n" + (value.encode() if isinstance(value, str) else value) + b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode()


def send(api: hug.API, *parts, url: str = "/x", kind: str = KIND, body: bytes | None = None):
    content = form(*parts) if body is None else body
    return hug.test.post(api, url, body=content, headers={"content-type": kind})


@pytest.fixture(params=["sync", "async"])
def received(request: pytest.FixtureRequest, api: hug.API) -> dict:
    """What the function at /x gets as its body, and /args as its parameters, sync or async."""
    got: dict = {}
    if request.param == "sync":

        @hug.post("/x", api=api)
        def handler(body):
            got.update(body)

        @hug.post("/args", api=api)
        def arguments(a: int, b=None):
            got.update(a=a, b=b)
    else:

        @hug.post("/x", api=api)
        async def handler_(body):
            got.update(body)

        @hug.post("/args", api=api)
        async def arguments_(a: int, b=None):
            got.update(a=a, b=b)

    return got


@pytest.mark.parametrize("size", [3, 300_000])
def test_as_hug_always_gave_them(api: hug.API, received: dict, size: int) -> None:
    """The value of a field is text, that of a file is bytes, in memory or not; several make a list."""
    send(api, ("a", "1"), ("a", "2"), ("b", b"\xff" * size, "b.bin", "a/b"), ("c", "é"), ("d", ""))
    assert received == {"a": ["1", "2"], "b": b"\xff" * size, "c": "é", "d": ""}
    received.clear()
    send(
        api,
        ("a", "1"),
        ("b", b"\xff" * size, "b.bin", None),
        ("unknown", b"x" * size, "c", None),
        url="/args",
    )
    assert received == {"a": 1, "b": b"\xff" * size}
    response = send(api, ("a", "z"), url="/args")
    assert (response.status, list(response.data["errors"])) == (hug.HTTP_400, ["a"])


@pytest.mark.parametrize("size", [3, 300_000])
def test_uploaded_files(api: hug.API, tmp_path: Path, size: int) -> None:
    """A parameter that is annotated so gets the file: its name, its type, its size, and its content."""
    content = os.urandom(size)

    @hug.post("/x", api=api)
    def sync(photo: hug.UploadedFile, title: str, body):
        assert body["photo"] is photo
        assert (photo.filename, photo.content_type, photo.size) == ("../ü.png", "image/png", size)
        assert photo.read(1) == content[:1]
        assert photo.file.tell() == 1
        assert photo.read() == content[1:]
        photo.save(tmp_path / "saved")
        photo.save(str(tmp_path / "saved"))
        assert (tmp_path / "saved").read_bytes() == content
        photo.file.seek(-2, io.SEEK_END)
        assert photo.file.read(9) == content[-2:]
        photo.file.seek(0)
        return [title, len(photo.file.readlines())]

    @hug.post("/async", api=api)
    async def asynchronous(photo: hug.types.file, title):
        assert await photo.read() == photo.file.read() + content
        pieces = [piece async for piece in photo]
        assert b"".join(pieces) == content
        await asyncio.to_thread(photo.save, tmp_path / "saved too")
        assert (tmp_path / "saved too").read_bytes() == content
        return [title, repr(photo)]

    parts = ("photo", content, "../ü.png", "image/png"), ("title", "t")
    assert send(api, *parts).data == ["t", len(io.BytesIO(content).readlines())]
    said = f"<uploaded '../ü.png': {size} bytes of image/png>"
    assert send(api, *parts, url="/async").data == ["t", said]


def test_annotations(api: hug.API) -> None:
    """Files may be optional or several; what is no file is refused, in words."""

    @hug.post("/x", api=api)
    def handler(
        many: list[hug.UploadedFile] = (),
        maybe: hug.UploadedFile | None = None,
        noted: Annotated[hug.UploadedFile, "noted"] = None,
    ):
        return [[each.filename for each in many], maybe and maybe.filename, noted and noted.filename]

    assert send(api, ("many", "1", "1", None), ("many", "2", "2", None)).data == [["1", "2"], None, None]
    assert send(api, ("many", "1", "1", None), ("maybe", "", "", None)).data == [["1"], None, None]
    assert send(api, ("maybe", "", "e", None), ("noted", "1", "n", None)).data == [[], "e", "n"]
    said = "Invalid file provided, upload one in a form (multipart/form-data)"
    response = send(api, ("maybe", "text"))
    assert (response.status, response.data) == (hug.HTTP_400, {"errors": {"maybe": said}})
    response = send(api, ("maybe", "1", "1", None), ("maybe", "2", "2", None))
    assert (response.status, response.data) == (hug.HTTP_400, {"errors": {"maybe": said}})
    assert hug.test.post(api, "/x?many=a").data == {"errors": {"many": said}}

    hug.post("/required", api=api)(lambda file: 1)
    hug.post("/needed", api=api, args={"file": hug.UploadedFile})(lambda file: 1)
    response = send(api, ("file", "", "", None), url="/needed")
    assert response.data == {"errors": {"file": "Required parameter 'file' not supplied"}}


def test_gone_afterwards(api: hug.API) -> None:
    """Files are there while the function runs, or the stream that it has begun, and gone after that."""
    kept: list[hug.UploadedFile] = []

    @hug.post("/x", api=api)
    def handler(small: hug.UploadedFile, large: hug.UploadedFile, fail: bool = False):
        kept[:] = [small, large]
        if fail:
            raise RuntimeError("failed")

    @hug.post("/stream", api=api)
    async def stream(small: hug.UploadedFile, large: hug.UploadedFile):
        kept[:] = [small, large]
        yield len(await small.read())
        yield len(await large.read())

    parts = ("small", "1", "s", None), ("large", b"x" * 300_000, "l", None)
    send(api, *parts)
    for each in kept:
        with pytest.raises(ValueError, match="the file is gone"):
            each.read()
    with pytest.raises(RuntimeError, match="failed"):
        send(api, *parts, ("fail", "1"))
    for each in kept:
        with pytest.raises(ValueError, match="the file is gone"):
            each.read()
    assert send(api, *parts, url="/stream").content == b"1\n300000\n"
    with pytest.raises(ValueError, match=r"closed|gone"):
        kept[1].file.seek(0) or kept[1].file.read()


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        ("multipart/form-data", form(("a", "1")), "Empty boundary"),
        (KIND, b"nonsense" * 10, "Unexpected end"),
        (KIND, b"", None),
        (KIND, form(("a", "1"))[:-9], "Unexpected end"),
        (KIND, form(("a", b"\xff")), "Invalid utf-8 text in 'a'"),
        (KIND + "; charset=idna", form(("a", "1")), "Unknown charset 'idna'"),
        (KIND, form(("a", "1")).replace(b"form-data", b"attachment"), "Wrong type"),
        (KIND, form(("a", "1")).replace(b"Content-Disposition", b"X"), "Missing Content-Disposition"),
        (KIND, form(("a", "1", "f", "x" * 9000)), "header length exceeded"),
        (KIND, form(("a", "1", "f", "x\r\na:b\r\n" + "b:c\r\n" * 9 + "c:d")), "header count exceeded"),
        (KIND, form(*[("a", "1")] * 11), "The form has too many values: 10 are the most"),
        (KIND, form(("a", "1", "f", "text/plain; charset=idna")), None),
        (
            KIND,
            form(("a", "1")).replace(b"\r\n\r\n1", b"\r\nContent-Type: a/b; charset=x\r\n\r\n1"),
            "charset 'x'",
        ),
    ],
)
def test_bad_forms(api: hug.API, kind: str, body: bytes, said: str | None) -> None:
    """What is no form is a 400 that says why, before the function is called."""
    called: list[object] = []
    api.http.max_members = 10
    hug.post("/x", api=api)(lambda body=None: called.append(body))
    response = send(api, kind=kind, body=body)
    if said is None:
        assert (response.status, len(called)) == ("200 OK", 1)
    else:
        assert response.status == hug.HTTP_400
        assert said in response.data["errors"]["body"]
        assert not called


def test_limits(api: hug.API) -> None:
    """Too much is 413: of the whole form by its length or as it comes, and of what has to be in memory."""
    api.http.max_upload, api.http.max_body = 10_000, 1000
    called: list[object] = []

    @hug.post("/x", api=api)
    def handler(file: hug.UploadedFile = None, text=None, **rest):
        called.append(file)

    @hug.post("/small", api=api, max_upload=200)
    def small(file: hug.UploadedFile):
        called.append(file)

    for parts, url, ok in (
        ((("file", b"x" * 9000, "f", None),), "/x", True),
        ((("file", b"x" * 10_000, "f", None),), "/x", False),
        ((("text", "x" * 900),), "/x", True),
        ((("text", "x" * 1001),), "/x", False),
        ((("text", "x" * 600), ("other", "x" * 600)), "/x", False),
        ((("text", b"x" * 1001, "f", None),), "/x", False),
        ((("file", b"", "f", None),) * 3, "/x", False),
        ((("file", b"x" * 20, "f", None),), "/small", True),
        ((("file", b"x" * 200, "f", None),), "/small", False),
    ):
        called.clear()
        response = send(api, *parts, url=url)
        assert response.status == ("200 OK" if ok else "413 Content Too Large"), parts
        assert len(called) == ok


def test_refused_before_it_is_read(api: hug.API) -> None:
    """A form that says it is too long is refused without a byte of it; one that only is, when it gets so."""
    api.http.max_upload = 100_000
    hug.post("/x", api=api)(lambda body: 1)
    head = f"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Type: {KIND}\r\n".encode()
    with serving(api.http.server()) as port:
        status, headers, _ = exchange(port, head + b"Content-Length: 100001\r\n\r\n")
        assert (status, headers["connection"]) == (413, "close")
        piece = form(("a", b"x" * 60_000, "f", None))[:60_000]
        chunk = b"%x\r\n" % len(piece) + piece + b"\r\n"
        status, headers, _ = exchange(port, head + b"Transfer-Encoding: chunked\r\n\r\n", chunk, chunk)
        assert (status, headers["connection"]) == (413, "close")


@pytest.mark.slow
def test_slow_forms(api: hug.API) -> None:
    """A form that does not get on is a 408."""
    api.http.body_timeout = 0.2
    hug.post("/x", api=api)(lambda body: 1)
    head = f"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Type: {KIND}\r\nContent-Length: 500\r\n\r\n"
    with serving(api.http.server()) as port:
        assert exchange(port, head.encode(), form(("a", "1"))[:20])[0] == 408


def test_leaving_in_the_middle(api: hug.API, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a client leaves in the middle of a file the file is deleted, and no function is called."""
    spools: list[uploads.Spool] = []

    class Watched(uploads.Spool):
        def __init__(self) -> None:
            super().__init__()
            spools.append(self)

    monkeypatch.setattr(uploads, "Spool", Watched)
    called: list[object] = []
    hug.post("/x", api=api)(lambda body: called.append(1))
    head = f"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Type: {KIND}\r\nContent-Length: 1000000\r\n\r\n"
    with serving(api.http.server()) as port:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(head.encode() + form(("a", b"x" * 500_000, "f", None))[:400_000])
            until(lambda: spools and spools[0].end > 0)
            assert not spools[0].closed
        until(lambda: spools[0].closed)
    assert not called


def test_where_they_are_written(api: hug.API) -> None:
    """Large files are written in threads, small ones not at all, and all into one file without a name."""
    threads: set[str] = set()
    append = uploads.Spool.append

    def watched(self, data):
        threads.add(threading.current_thread().name)
        append(self, data)

    @hug.post("/x", api=api)
    async def handler(many: list[hug.UploadedFile]):
        assert len({each._spool._file.fileno() for each in many}) == 1
        return [await each.read() == bytes([number]) * 100_000 for number, each in enumerate(many)]

    @hug.post("/small", api=api)
    async def small(file: hug.UploadedFile):
        return file.size

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uploads.Spool, "append", watched)
        response = send(api, *((("many", bytes([n]) * 100_000, str(n), None)) for n in range(5)))
        assert response.data == [True] * 5
        assert all(name.startswith("hug-") for name in threads)
        threads.clear()
        assert (
            send(api, ("file", b"x" * uploads.IN_MEMORY, "s", None), url="/small").data == uploads.IN_MEMORY
        )
    assert not threads


def test_own_format(api: hug.API) -> None:
    """An application's own format for forms goes before hug's, and gets the body whole."""

    @hug.default_input_format("multipart/form-data", api=api)
    def own(body, boundary):
        return {"boundary": boundary, "size": len(body.read())}

    hug.post("/x", api=api)(lambda body: body)
    body = form(("a", "1"))
    assert send(api, body=body).data == {"boundary": BOUNDARY, "size": len(body)}


def test_format_on_its_own() -> None:
    """`hug.input_format.multipart` makes the same of a body at hand."""
    body = form(("a", "1"), ("a", "é"), ("b", b"\xff", "f", None))
    assert multipart(io.BytesIO(body), boundary=BOUNDARY) == {"a": ["1", "é"], "b": b"\xff"}


VALUES = st.lists(
    st.tuples(
        st.text('ab"é ', max_size=3),
        st.lists(st.sampled_from([b"\r", b"\n", b"--", BOUNDARY.encode(), b"\0", b"x", b"\xff"]), max_size=8),
    ),
    max_size=4,
)


@pytest.mark.slow
@given(VALUES, st.lists(st.integers(1, 40), min_size=1, max_size=5))
def test_cut_anywhere(values: list[tuple[str, list[bytes]]], sizes: list[int]) -> None:
    """However a form is cut into chunks, its parts are the same, byte for byte."""
    parts = [(name.replace('"', "%22"), b"".join(value), "f", "a/b") for name, value in values]
    if any(f"\r\n--{BOUNDARY}".encode() in b"\r\n" + value for _, value, *_ in parts):
        return  # no client uses a boundary that is in the content
    body = form(*parts)
    parser, at, number = FormParser(BOUNDARY, 100), 0, 0
    read: list[tuple[str, bytes]] = []
    while at < len(body):
        size = sizes[number % len(sizes)]
        for event in parser.feed(body[at : at + size]):
            if isinstance(event, Part):
                read.append((event.name, b""))
            elif event is not None:
                read[-1] = (read[-1][0], read[-1][1] + event)
        at, number = at + size, number + 1
    parser.finish()
    assert read == [(name.replace("%22", '"'), value) for name, value, *_ in parts]


def test_documented(api: hug.API) -> None:
    """Documentation says that a file is wanted; OpenAPI, that only a form can bring it."""

    @hug.post("/x", api=api)
    def handler(photo: hug.UploadedFile, many: list[hug.UploadedFile] = (), title: str = ""):
        return title

    inputs = api.http.documentation()["handlers"]["/x"]["POST"]["inputs"]
    assert inputs["photo"] == {"type": "File, in a form (multipart/form-data)"}
    operation = api.http.openapi()["paths"]["/x"]["post"]
    (kind, content), *others = operation["requestBody"]["content"].items()
    assert (kind, others) == ("multipart/form-data", [])
    media_type = "application/octet-stream"
    file = {"type": "string", "format": "binary", "contentMediaType": media_type}
    properties = content["schema"]["properties"]
    assert properties["photo"] == file
    assert properties["many"]["items"] == file


def test_forms_of_tests(api: hug.API) -> None:
    """`hug.test.multipart` makes forms that are read as they were meant, whatever is in them."""

    @hug.post("/all", api=api)
    def take(files: list[hug.UploadedFile], a: list[str], b: int):
        told = [(each.filename, each.content_type, each.file.read().decode("latin-1")) for each in files]
        return {"files": told, "a": a, "b": b}

    files = [b"\xff\r\n--", ("\u0446.png", b""), ("x.png", b"x", "text/plain")]
    body, headers = hug.test.multipart({"a": ["1", "\xe9\r\n"], "b": 2}, {"files": files})
    assert hug.test.post(api, "/all", body, headers=headers).data == {
        "files": [
            ["files", "application/octet-stream", "\xff\r\n--"],
            ["\u0446.png", "image/png", ""],
            ["x.png", "text/plain", "x"],
        ],
        "a": ["1", "\xe9\r\n"],
        "b": 2,
    }
    body, headers = hug.test.multipart({'a"\n': 1})
    assert b'name="a%22%0A"' in body
    assert b"filename" not in body
