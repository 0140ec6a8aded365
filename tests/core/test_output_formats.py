"""Output formats that choose, and those of files, images and videos."""

import io
import types
from pathlib import Path

import pytest

import hug
from hug import output_format


def answer(api: hug.API, formatter, value, url="/x", **request):
    """Return the answer to a request for a function that returns ``value``, or what that returns."""
    hug.get(url, api=api, output=formatter)(
        lambda: value() if isinstance(value, types.FunctionType) else value
    )
    return hug.test.get(api, url, **request)


def brief(response) -> tuple[str, str | None, bytes]:
    return response.status[:3], response.content_type, response.content


JSON, TEXT = "application/json; charset=utf-8", "text/plain; charset=utf-8"
BOTH = {"application/json": output_format.json, "text/plain": output_format.text}


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("text/plain", TEXT),
        ("text/*", TEXT),
        ("*/*", JSON),
        ("application/json;q=0.1, text/plain;q=0.9", TEXT),
        ("text/plain;q=0, */*;q=0.1", JSON),
        ("text/*;q=0.9, text/plain;q=0.2, application/json;q=0.5", JSON),
        ("TEXT/PLAIN", TEXT),
    ],
)
def test_accept(api: hug.API, header: str, kind: str) -> None:
    """The format is the one that the client likes best, by the weight of the most specific range."""
    response = answer(api, output_format.accept(BOTH), "v", headers={"accept": header})
    assert (response.status, response.content_type) == ("200 OK", kind)


@pytest.mark.parametrize("header", ["image/png", "text/plain;q=0", "text/plain;q=nan", ",", "a/b;q=2"])
def test_nothing_acceptable(api: hug.API, header: str) -> None:
    """A client that takes none of the formats gets 406, or the default where there is one."""
    response = answer(api, output_format.accept(BOTH), "v", headers={"accept": header})
    said = "The requested content type does not match any of those allowed"
    assert (response.status, response.data) == (hug.HTTP_406, {"errors": {"Media type not acceptable": said}})
    response = answer(
        api, output_format.accept(BOTH, output_format.html), "v", "/d", headers={"accept": header}
    )
    assert brief(response) == ("200", "text/html; charset=utf-8", b"v")


def test_vary(api: hug.API) -> None:
    """A cache is told that the answer depends on what the client accepts: once, beside what else it does."""
    output = output_format.accept({"application/json": output_format.accept(BOTH), **BOTH})
    hug.get("/x", api=api, output=output, response_headers={"vary": "Cookie"})(lambda: "v")
    for header in ("text/plain", "application/json", "image/png"):
        assert hug.test.get(api, "/x", headers={"accept": header}).headers_dict["vary"] == "Cookie, Accept"


@hug.format.content_type("text/html")
def unescaped(data):
    return f"<p>{data}</p>"


CHOOSING = [
    output_format.accept({"text/html": unescaped, "application/json": output_format.json}),
    output_format.accept({"text/plain": output_format.suffix({"": unescaped})}, default=unescaped),
    output_format.on_content_type({"text/plain": unescaped}),
    output_format.suffix({"": unescaped}),
    output_format.prefix({"/": unescaped}),
]


@pytest.mark.parametrize("formatter", CHOOSING)
@pytest.mark.parametrize(
    "headers", [{"accept": "text/html", "content-type": "text/plain"}, {"accept": "a/b"}]
)
def test_errors_are_no_html(api: hug.API, formatter, headers) -> None:
    """An error, which quotes what the client sent, is JSON where HTML, or nothing at all, has been chosen."""
    api.http.output_format = formatter

    @hug.get(api=api)
    def number(value: int):
        return value

    @hug.get(api=api)
    def refuse(value):
        raise hug.HTTPBadRequest(value, value)

    for url in ("/number", "/refuse", "/nowhere"):
        answer = hug.test.get(api, url, value="<script>", headers=headers)
        assert answer.content_type == JSON
        assert isinstance(answer.data, dict)


def test_pieces_in_the_format_that_is_chosen(api: hug.API) -> None:
    """What comes in pieces is written by the chosen format as it writes pieces, with its content type."""

    async def words():
        yield "a"
        yield "b"

    def more_words():
        yield "a"
        yield "b"

    for function in (words, more_words):
        hug.get(api=api, output=output_format.accept(BOTH))(function)
    asked = {"/words": "application/json", "/more_words": "text/plain"}
    answers = [brief(hug.test.get(api, url, headers={"accept": kind})) for url, kind in asked.items()]
    assert answers == [("200", "application/jsonl", b'"a"\n"b"\n'), ("200", TEXT, b"ab")]


def test_default_of_accept(api: hug.API) -> None:
    """A client that does not say what it takes, or takes all, gets the default."""
    formatter = output_format.accept(BOTH, output_format.text)
    assert answer(api, formatter, "v").content_type == TEXT
    assert answer(api, formatter, "v", headers={"accept": "*/*"}).content_type == TEXT


@pytest.mark.parametrize(("url", "kind"), [("/x.js", JSON), ("/x.txt", TEXT), ("/x.css", None)])
def test_suffix(api: hug.API, url: str, kind: str | None) -> None:
    """`suffix` goes by how the path ends."""
    formatter = output_format.suffix({".js": output_format.json, ".txt": output_format.text}, error="which?")
    response = answer(api, formatter, "v", url)
    if kind:
        assert (response.status, response.content_type) == ("200 OK", kind)
    else:
        assert response.data == {"errors": {"Media type not acceptable": "which?"}}


@pytest.mark.parametrize(("url", "status"), [("/js/x", "200 OK"), ("/x/js", hug.HTTP_406)])
def test_prefix(api: hug.API, url: str, status: str) -> None:
    """`prefix` goes by how the path begins."""
    assert answer(api, output_format.prefix({"/js/": output_format.json}), "v", url).status == status


@pytest.mark.parametrize(
    ("kind", "status"), [("text/plain; charset=x", "200"), ("a/b", "406"), (None, "406")]
)
def test_on_content_type(api: hug.API, kind: str | None, status: str) -> None:
    """`on_content_type` answers in what the request came in; without a type there is the default, or 406."""
    headers = {"content-type": kind} if kind else None
    response = answer(api, output_format.on_content_type(BOTH), "v", headers=headers)
    assert response.status[:3] == status
    with_default = output_format.on_content_type(BOTH, output_format.html)
    assert answer(api, with_default, "v", "/d", headers=headers).status == "200 OK"


def test_on_valid(api: hug.API) -> None:
    """`on_valid` leaves errors to another format."""

    @output_format.on_valid("text/x")
    def angled(data):
        """In angles."""
        return f"<{data}>"

    @hug.get("/x", api=api, output=angled)
    def handler(n: hug.types.number):
        return n or {"errors": {"n": "is 0"}}

    assert brief(hug.test.get(api, "/x", n=1)) == ("200", "text/x", b"<1>")
    assert brief(hug.test.get(api, "/x", n=0)) == ("200", JSON, b'{"errors": {"n": "is 0"}}')
    assert hug.test.get(api, "/x", n="a").content_type == JSON
    assert (angled.__doc__, angled.content_type) == ("In angles.", "text/x")


def test_what_choosing_formats_say() -> None:
    """Documentation names the formats that are chosen from."""
    for make in (output_format.accept, output_format.suffix, output_format.prefix):
        formatter = make(BOTH)
        assert formatter.content_type == "application/json, text/plain"
        assert formatter.__doc__.startswith("Supports any of the following formats: JSON (Java")


class Picture:
    def save(self, file, format=None):
        file.write(f"saved as {format}".encode())


class Saved:
    def save(self, file):
        file.write(b"saved")


class Drawing:
    def render(self):
        return "<svg/>"


def test_images(api: hug.API, tmp_path: Path) -> None:
    """An image is a path, a file, bytes, or an object that saves or renders itself."""
    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG")
    png = output_format.png_image
    for number, value in enumerate(
        (path, str(path), lambda: path.open("rb"), b"\x89PNG", io.BytesIO(b"\x89PNG"))
    ):
        assert brief(answer(api, png, value, f"/{number}")) == ("200", "image/png", b"\x89PNG")
    assert answer(api, png, Picture(), "/p").content == b"saved as PNG"
    assert answer(api, png, Saved(), "/s").content == b"saved"
    assert brief(answer(api, output_format.svg_xml_image, Drawing(), "/d")) == (
        "200",
        "image/svg+xml",
        b"<svg/>",
    )
    assert brief(answer(api, png, str(tmp_path / "none"), "/n")) == ("200", "image/png", b"")
    assert brief(answer(api, png, {"errors": {"a": 1}}, "/e")) == ("200", JSON, b'{"errors": {"a": 1}}')
    with pytest.raises(TypeError, match="dict cannot be written as image/png: return a path"):
        answer(api, png, {"a": 1}, "/dict")


def test_names_of_images_and_videos() -> None:
    """There are the names of hug 2, each with its media type and documentation."""
    images = [name for name in output_format.__all__ if name.endswith("_image")]
    videos = [name for name in output_format.__all__ if name.endswith("_video")]
    assert (len(images), len(videos)) == (35, 8)
    assert output_format.webp_image.content_type == "image/webp"
    assert output_format.jpg_image.__doc__ == "jpg formatted image"
    assert output_format.mov_video.content_type == "video/quicktime"
    assert output_format.image("foo", "Foo").__doc__ == "Foo"


def test_videos(api: hug.API, tmp_path: Path) -> None:
    """A video is whatever an image may be."""
    path = tmp_path / "a.mp4"
    path.write_bytes(b"mp4")
    assert brief(answer(api, output_format.mp4_video, path)) == ("200", "video/mp4", b"mp4")
    assert answer(api, output_format.avi_video, Picture(), "/s").content == b"saved as AVI"


def test_default_of_all_apis(api: hug.API, monkeypatch: pytest.MonkeyPatch) -> None:
    """``apply_globally`` sets the format of every API that has none of its own."""
    monkeypatch.setattr(hug.defaults, "output_format", output_format.json)
    other = hug.API()
    other.http.output_format = output_format.text

    @hug.default_output_format(content_type="a/b", apply_globally=True)
    def shout(data):
        return f"{data}!"

    for each in (api, other):
        hug.get("/x", api=each)(lambda: "v")
    assert brief(hug.test.get(api, "/x")) == ("200", "a/b", b"v!")
    assert brief(hug.test.get(other, "/x")) == ("200", TEXT, b"v")


def test_json_convert(api: hug.API) -> None:
    """`json_convert` teaches JSON a class of the application's."""

    class Point:
        x = 1

    @output_format.json_convert(Point)
    def convert(point):
        return {"x": point.x}

    assert answer(api, output_format.json, Point()).data == {"x": 1}


def test_transforms(api: hug.API) -> None:
    """`hug.transform` picks by the request, and applies several one after the other."""
    transform = hug.transform

    def shout(data, request):
        return f"{data} {request.path}!"

    hug.get("/a.txt", api=api, transform=transform.suffix({".txt": str.upper}))(lambda: "v")
    hug.get("/b/x", api=api, transform=transform.prefix({"/b/": shout}, default=str.upper))(lambda: "v")
    hug.get("/c", api=api, transform=transform.prefix({"/b/": shout}, default=str.upper))(lambda: "v")
    hug.get("/d", api=api, transform=transform.content_type({"a/b": str.upper}))(lambda: "v")
    hug.get("/e", api=api, transform=transform.all(str.upper, shout))(lambda: "v")
    got = {url: hug.test.get(api, url).data for url in ("/a.txt", "/b/x", "/c", "/d", "/e")}
    assert got == {"/a.txt": "V", "/b/x": "v /b/x!", "/c": "V", "/d": "v", "/e": "V /e!"}
    assert hug.test.get(api, "/d", headers={"content-type": "a/b; c=d"}).data == "V"


def test_validators(api: hug.API) -> None:
    """`hug.validate` combines validators; what they say is the answer."""
    one, two = hug.validate.contains_one_of("a", "b"), hug.validate.contains_one_of("c")
    said = "one of these must have a value"
    assert one({"a": None}) is None
    assert hug.validate.all(one, two)({}) == {"a": said, "b": said}
    assert hug.validate.all(one, two)({"a": 1}) == {"c": said}
    assert hug.validate.all(one, two)({"a": 1, "c": 1}) is None
    assert hug.validate.any(one, two)({}) == {"a": said, "b": said, "c": said}
    assert hug.validate.any(one, two)({"c": 1}) is None
    assert hug.validate.any(one, two).__doc__ == f"{one.__doc__} or {two.__doc__}"
    assert one.__doc__ == "Must contain any one of the following fields: a, b"

    @hug.get("/x", api=api, validate=one)
    def handler(a=None, b=None):
        return a

    response = hug.test.get(api, "/x")
    assert (response.status, response.data) == (hug.HTTP_400, {"errors": {"a": said, "b": said}})


@pytest.mark.parametrize("formatter", [hug.output_format.file, hug.output_format.png_image])
def test_errors_in_place_of_files(api: hug.API, formatter) -> None:
    """Where files are answered with, mistakes of clients are told in JSON, and so is the documentation."""
    hug.get("/x", api=api, output=formatter)(lambda page: page)

    @hug.get("/typed", api=api, output=formatter)
    def typed(page: int):
        return str(page)

    api.http.output_format = formatter
    for path, status in (("/x", 400), ("/typed?page=x", 400), ("/nope", 404), ("/documentation", 200)):
        answer = hug.test.get(api, path)
        assert (answer.status_code, answer.content_type) == (status, "application/json; charset=utf-8")
        assert isinstance(answer.data, dict)
