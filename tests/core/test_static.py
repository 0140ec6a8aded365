"""Folders of files: what is in them is served, and nothing else, whatever a client asks for."""

import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hug
from hug.web.static_files import find
from tests.core.serving import exchange, get, serving

SECRET = b"nobody may read this"


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder to serve, beside others that nobody may read."""
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        public = base / "public"
        (public / "sub").mkdir(parents=True)
        for path, text in {
            "a.txt": "a", "a.js": "js", "a.wasm": "wasm", "a.svg": "<svg/>", "a.html": "é", "a.bin2": "b",
            "a.json": "{}", "index.html": "top", "sub/index.html": "sub", "sub/b.css": "css", "%2e%2e": "odd",
            ".well-known": "known", "ü ü.txt": "ü", "a.tar.gz": "gz",
        }.items():  # fmt: skip
            (public / path).write_text(text)
        (public / "empty").mkdir()
        for outside in ("public-private", "private"):
            (base / outside).mkdir()
            (base / outside / "s.txt").write_bytes(SECRET)
            (base / outside / "index.html").write_bytes(SECRET)
        (base / "s.txt").write_bytes(SECRET)
        (public / "link").symlink_to(base / "private")
        (public / "link.txt").symlink_to(base / "s.txt")
        (public / "linked").mkdir()
        (public / "linked" / "index.html").symlink_to(base / "s.txt")
        (public / "sibling").symlink_to(base / "public-private")
        (public / "back\\slash.txt").write_text("odd")
        (public / "loop").symlink_to(public / "loop")
        (public / "inside.txt").symlink_to(public / "a.txt")
        os.mkfifo(public / "pipe")
        yield base


@pytest.fixture(scope="module")
def port(folder: Path) -> Iterator[int]:
    api = hug.API("test_static")

    @hug.static("/static", api=api)
    def listed():
        return [str(folder / "missing"), str(folder / "public")]

    @hug.static("/text", api=api)
    def text():
        return str(folder / "public")

    @hug.static(("/path", "/other"), api=api)
    async def path():
        return folder / "public"

    @hug.static("/cached", cache=60, api=api)
    def cached():
        return folder / "public"

    with serving(api.http.server()) as port:
        yield port


def ask(port: int, target: str | bytes, *headers: str) -> tuple[int, dict[str, str], bytes]:
    """Ask for a request target, exactly as it is given."""
    target = target.encode() if isinstance(target, str) else target
    lines = b"".join(header.encode() + b"\r\n" for header in headers)
    return exchange(port, b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\n" + lines + b"\r\n")


@pytest.mark.parametrize("prefix", ["/static", "/text", "/path", "/other"])
def test_files(port: int, prefix: str) -> None:
    """A function returns a folder, as text or path, or a list of them; the first that has a file gives it."""
    for path, content in {
        "/a.txt": b"a", "/sub/b.css": b"css", "/": b"top", "": b"top", "/sub": b"sub", "/sub/": b"sub",
        "/inside.txt": b"a", "/.well-known": b"known", "/%c3%bc%20%C3%BC.txt": "ü".encode(), "/./a.txt": b"a",
        "//a.txt": b"a", "/%252e%252e": b"odd",
    }.items():  # fmt: skip
        status, _, body = ask(port, prefix + path)
        assert (status, body) == (200, content), path


ATTACKS = [
    "/static/sibling/s.txt",
    "/static/sibling",
    "/static/sub/../a.txt",
    "/static/sub/%2e%2e/a.txt",
    "/static/back%5cslash.txt",
    "/static/back\\slash.txt",
    "/statica.txt",
    "/static/../s.txt",
    "/static/../public-private/s.txt",
    "/static/..",
    "/static/../",
    "/static/sub/../../s.txt",
    "/static/%2e%2e/s.txt",
    "/static/%2E%2E/s.txt",
    "/static/.%2e/s.txt",
    "/static/%2e./s.txt",
    "/static/..%2fs.txt",
    "/static/%2e%2e%2fs.txt",
    "/static/sub/..%2f..%2fs.txt",
    "/static/..%2Fpublic-private%2Fs.txt",
    "/static/%252e%252e/s.txt",
    "/static/%252e%252e%252fs.txt",
    "/static/..%252fs.txt",
    "/static/%25252e%25252e/s.txt",
    "/static/..\\s.txt",
    "/static/..%5cs.txt",
    "/static/%2e%2e%5cs.txt",
    "/static/sub\\..\\..\\s.txt",
    "/static/..%255cs.txt",
    "/static/%c0%ae%c0%ae/s.txt",
    "/static/%uff0e%uff0e/s.txt",
    "/static/%e0%80%ae%e0%80%ae/s.txt",
    "/static/..;/s.txt",
    "/static/..%00/s.txt",
    "/static/../s.txt%00.css",
    "/static/a.txt%00",
    "/static/%00",
    "/static//etc/passwd",
    "/static///etc/passwd",
    "/static/%2fetc%2fpasswd",
    "/static/%2f%2fetc/passwd",
    "/static/etc/passwd",
    "/static/file:///etc/passwd",
    "/static/C:/windows/win.ini",
    "/static/~/s.txt",
    "/static/link/s.txt",
    "/static/link",
    "/static/link/",
    "/static/link.txt",
    "/static/linked",
    "/static/linked/",
    "/static/link/../s.txt",
    "/static/loop",
    "/static/loop/x",
    "/static/pipe",
    "/static/empty",
    "/static/empty/",
    "/static-private/s.txt",
    "/static/../static/../s.txt",
    "/static%2f..%2fs.txt",
    "/static/....//s.txt",
    "/static/....//....//s.txt",
    "/static/..././s.txt",
    "/staticx/a.txt",
    "/static-",
    "//static/../s.txt",
    "/static/a.txt/../../s.txt",
    "/static/missing",
    "/static/" + "a" * 5000,
    "/static/" + "../" * 50 + "etc/passwd",
    "/static/" + "%2e%2e/" * 50 + "etc/passwd",
    "/text/etc/hostname",
    "/text//etc/hostname",
    "/text/../s.txt",
    "/static/a.txt%20",
    "/static/a.txt.",
    "/static/%ff%fe",
    b"/static/\xff",
    "/static/a.txt%0a",
    "/static/%0d%0aX:y",
]


@pytest.mark.parametrize("target", ATTACKS)
def test_attacks(port: int, target: str | bytes) -> None:
    """Whatever leads out of the folder, or to no file in it, is a 404 (a server may refuse it before)."""
    status, headers, body = ask(port, target)
    assert status == 404 or (status == 400 and isinstance(target, bytes)), body
    assert SECRET not in body
    assert b"root:" not in body
    assert "file/dynamic" not in headers["content-type"]


NAMES = st.sampled_from([
    "..", ".", "", "a.txt", "sub", "public", "public-private", "private", "s.txt", "link", "link.txt",
    "linked", "sibling", "index.html", "%2e%2e", "..%2f", "\\", "..\\", "\0", "/", "//", "~", "loop",
    "inside.txt",
])  # fmt: skip


@pytest.mark.slow
@given(st.lists(NAMES | st.text(max_size=3), max_size=8), st.sampled_from(["/", "", "//", "\\"]))
def test_nothing_from_outside(folder: Path, names: list[str], separator: str) -> None:
    """Whatever the path, what is found is a file that lies in the folder: never a byte from outside."""
    public = os.path.realpath(folder / "public")
    for path in (separator.join(names), quote(separator.join(names).encode(errors="replace"))):
        found = find([folder / "public", folder / "missing"], path)
        if found is not None:
            assert os.path.realpath(found) == found
            assert found.startswith(public + os.sep)
            assert SECRET not in Path(found).read_bytes()


def test_types(port: int) -> None:
    """Each file has its type; text is UTF-8, and no browser is to guess otherwise."""
    for name, kind in {
        "a.txt": "text/plain; charset=utf-8", "a.js": "text/javascript; charset=utf-8",
        "a.html": "text/html; charset=utf-8", "sub/b.css": "text/css; charset=utf-8",
        "a.wasm": "application/wasm", "a.svg": "image/svg+xml", "a.json": "application/json",
        "a.bin2": "application/octet-stream", "a.tar.gz": "application/gzip",
    }.items():  # fmt: skip
        _, headers, _ = ask(port, f"/static/{name}")
        assert headers["content-type"] == kind
        assert headers["x-content-type-options"] == "nosniff"


def test_caches(port: int, api: hug.API, folder: Path) -> None:
    """``cache`` says for how long a file may be kept, and says nothing of what is not there."""
    _, headers, _ = ask(port, "/static/a.txt")
    assert "cache-control" not in headers
    status, same, body = ask(port, "/static/a.txt", f"If-None-Match: {headers['etag']}")
    assert (status, body, same["etag"]) == (304, b"", headers["etag"])
    assert ask(port, "/cached/a.txt")[1]["cache-control"] == "public, max-age=60"
    assert "cache-control" not in ask(port, "/cached/none")[1]
    assert "cache-control" not in ask(port, "/cached/a.txt", "Range: bytes=9-")[1]
    for number, (cache, expected) in enumerate([
        (True, "public, max-age=31536000"),
        (0, "public, max-age=0"),
        ({"private": True, "max_age": 5}, "private, max-age=5"),
        ("immutable", "immutable"),
        (False, None),
    ]):  # fmt: skip
        hug.static(f"/{number}", cache=cache, api=api)(lambda: folder / "public")
        response = hug.test.get(api, f"/{number}/a.txt")
        assert response.headers_dict.get("cache-control") == expected
    hug.static("/method", api=api).cache(max_age=7)(lambda: folder / "public")
    assert hug.test.get(api, "/method/a.txt").headers_dict["cache-control"] == "public, max-age=7"
    assert "cache-control" not in hug.test.get(api, "/method/none").headers_dict
    with pytest.raises(ValueError, match="seconds"):
        hug.static("/x", cache=-1)
    with pytest.raises(TypeError, match="cache must be"):
        hug.static("/x", cache=1.5)


def test_parts_and_heads(port: int, api: hug.API, folder: Path) -> None:
    """A part of a file is 206; HEAD has all but the content; nothing can be written."""
    status, headers, body = ask(port, "/static/sub/b.css", "Range: bytes=1-")
    assert (status, headers["content-range"], body) == (206, "bytes 1-2/3", b"ss")
    hug.static("/static", api=api)(lambda: folder / "public")
    response = hug.test.head(api, "/static/a.txt")
    assert (response.status, response.content, response.headers_dict["content-length"]) == (
        "200 OK",
        b"",
        "1",
    )
    response = hug.test.post(api, "/static/a.txt", body="x")
    assert (response.status, response.headers_dict["allow"]) == (hug.HTTP_405, "GET, HEAD")


def test_who_may_read(api: hug.API, folder: Path) -> None:
    """What a route can do a static one can: requirements, a not-found page, a format, one for an API."""

    @hug.not_found(api=api)
    def gone():
        return "gone"

    @hug.route.API(api).static("/files", requires=lambda request: request.get_header("x") == "y")
    def files():
        return folder / "public"

    @hug.static("/upper", api=api, output=lambda path: Path(path).read_text().upper())
    def upper():
        return folder / "public"

    assert hug.test.get(api, "/files/a.txt").status == hug.HTTP_403
    assert hug.test.get(api, "/files/a.txt", headers={"x": "y"}).content == b"a"
    response = hug.test.get(api, "/files/none", headers={"x": "y"})
    assert (response.status, response.data) == (hug.HTTP_404, "gone")
    assert hug.test.get(api, "/upper/a.js").content == b"JS"


@pytest.mark.parametrize("returned", [None, 5, "", [""], {"a": 1}, [None]])
def test_no_folder(api: hug.API, returned: object) -> None:
    """What is no folder is the developer's mistake, told as one; nothing is served."""
    hug.static("/x", api=api)(lambda: returned)
    with pytest.raises(TypeError, match="must return a folder or a list of folders"):
        hug.test.get(api, "/x/etc/passwd")


def test_root(api: hug.API, folder: Path) -> None:
    """Files may be at the root, beside routes, which go first."""
    hug.get("/a.txt", api=api)(lambda: "route")
    hug.static("/", api=api)(lambda: folder / "public")
    got = {url: hug.test.get(api, url).content for url in ("/a.txt", "/a.js", "/", "/sub")}
    assert got == {"/a.txt": b'"route"', "/a.js": b"js", "/": b"top", "/sub": b"sub"}


def test_closing(port: int) -> None:
    """A client that goes away in the middle of a request line does no harm."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(get("/static/a.txt")[:10])
    assert ask(port, "/static/a.txt")[0] == 200


@pytest.mark.parametrize("path", ["a/" * 30_000, "é" * 2049, "./" * 2100 + "a.txt"])
def test_long_paths(folder: Path, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path that is longer than those of files is looked for nowhere: following links in it takes long."""
    asked: list[object] = []
    monkeypatch.setattr(os.path, "realpath", asked.append)
    assert find([folder / "public"], path) is None
    assert not asked
