"""Files as answers: whole and in part, when they have not changed, and when nobody reads them."""

import contextlib
import io
import os
import socket
from pathlib import Path

import pytest

import hug
from tests.core.serving import exchange, get, serving
from tests.waiting import until

TEXT = b"0123456789"


class Watched(io.FileIO):
    """A file that tells whether it is closed, and counts what was read of it."""

    taken = 0

    def read(self, size=-1):
        data = super().read(size)
        self.taken += len(data)
        return data


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.txt"
    path.write_bytes(TEXT)
    return path


@pytest.fixture
def file_api(api: hug.API, path: Path) -> hug.API:
    """An API with the file at /x, from an async and a sync function, and for HEAD."""

    @hug.http("/x", accept=("GET", "HEAD"), api=api, output=hug.output_format.file)
    async def handler():
        return path

    @hug.get("/sync", api=api, output=hug.output_format.file)
    def sync():
        return str(path)

    return api


def test_file(file_api: hug.API, path: Path) -> None:
    """A file is sent with its type, its length and what tells that it has changed; HEAD sends all but it."""
    for method, url in (("GET", "/x"), ("GET", "/sync"), ("HEAD", "/x")):
        response = hug.test.call(method, file_api, url)
        headers = response.headers_dict
        assert (response.status, response.content) == ("200 OK", TEXT if method == "GET" else b"")
        assert (headers["content-type"], headers["content-length"]) == ("text/plain", "10")
        assert headers["accept-ranges"] == "bytes"
        assert headers["etag"]
        assert headers["last-modified"].endswith("GMT")


@pytest.mark.parametrize("gone", ["missing", "folder", "nul", "pipe", "long"])
def test_no_file(api: hug.API, tmp_path: Path, gone: str) -> None:
    """What is no file is answered with 404, and nobody waits for a pipe."""
    os.mkfifo(tmp_path / "pipe")
    path = {"folder": tmp_path, "nul": "a\0b", "long": "a" * 5000}.get(gone, tmp_path / gone)
    hug.get("/x", api=api, output=hug.output_format.file)(lambda: path)
    response = hug.test.get(api, "/x")
    assert (response.status, response.content_type) == (hug.HTTP_404, "text/plain")
    assert response.data == "File not found!"


def test_nothing(api: hug.API) -> None:
    """A function that returns nothing is answered with nothing."""
    hug.get("/x", api=api, output=hug.output_format.file)(lambda: None)
    response = hug.test.get(api, "/x")
    assert (response.status, response.content, response.content_type) == ("200 OK", b"", "text/plain")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ("bytes=2-4", "2-4"), ("bytes=2-", "2-9"), ("bytes=-3", "7-9"), ("bytes=0-0", "0-0"),
        ("bytes=5-100", "5-9"), ("bytes=-100", "0-9"), ("BYTES=1-1", "1-1"),
        ("bytes=10-", None), ("bytes=10-20", None), ("bytes=-0", None),
        ("bytes=4-2", ""), ("bytes=-", ""), ("bytes=1-2,4-5", ""), ("lines=1-2", ""), ("bytes=a-b", ""),
        ("bytes=" + "9" * 5000 + "-", ""), ("bytes=٣-٤", ""),
    ],
)  # fmt: skip
def test_range(file_api: hug.API, asked: str, sent: str | None) -> None:
    """One part may be asked for: it is 206, or 416 if there is no such part; anything else is ignored."""
    with serving(file_api.http.server()) as port:
        request = get("/x", f"Range: {asked}") if asked.isascii() else get("/x", "Range: bytes=\xd9\xa3-")
        status, headers, body = exchange(port, request)
    if sent is None:
        assert (status, headers["content-range"]) == (416, "bytes */10")
        assert headers["content-type"] == "application/json; charset=utf-8"
    elif sent:
        first, last = map(int, sent.split("-"))
        assert (status, headers["content-range"]) == (206, f"bytes {sent}/10")
        assert (headers["content-length"], body) == (str(last - first + 1), TEXT[first : last + 1])
    else:
        assert (status, body) == (200, TEXT)


def test_unchanged(file_api: hug.API, path: Path) -> None:
    """A client that has the file is told so, by its tag or its date; a part of another file is the whole."""

    def ask(**headers):
        return hug.test.get(file_api, "/x", headers={k.replace("_", "-"): v for k, v in headers.items()})

    known = ask().headers_dict
    tag, date, long_ago = known["etag"], known["last-modified"], "Mon, 01 Jan 2001 00:00:00 GMT"
    for headers in (
        {"if_none_match": tag},
        {"if_none_match": f'"other", W/{tag}'},
        {"if_none_match": "*"},
        {"if_modified_since": date},
        {"if_none_match": tag, "if_modified_since": long_ago},
        {"if_none_match": tag, "range": "bytes=1-2"},
    ):
        response = ask(**headers)
        assert (response.status, response.content) == (hug.HTTP_304, b"")
        assert response.headers_dict["etag"] == tag
    for headers in (
        {"if_none_match": '"other"'},
        {"if_none_match": '"other"', "if_modified_since": date},
        {"if_modified_since": long_ago},
        {"if_modified_since": "nonsense"},
        {"if_match": tag},
        {"if_unmodified_since": date},
        {"range": "bytes=1-2", "if_range": '"other"'},
        {"range": "bytes=1-2", "if_range": f"W/{tag}"},
        {"range": "bytes=1-2", "if_range": long_ago},
    ):
        assert brief(ask(**headers)) == ("200 OK", TEXT), headers
    for headers in ({"if_match": '"other"'}, {"if_match": f"W/{tag}"}, {"if_unmodified_since": long_ago}):
        assert ask(**headers).status == hug.HTTP_412
    for condition in (tag, date):
        assert brief(ask(range="bytes=1-2", if_range=condition)) == (hug.HTTP_206, TEXT[1:3])
    path.write_bytes(b"changed")
    assert brief(ask(if_none_match=tag)) == ("200 OK", b"changed")


def brief(response) -> tuple[str, bytes]:
    return response.status, response.content


def test_open_files(api: hug.API, path: Path, tmp_path: Path) -> None:
    """An open file is sent from where it stands, and closed; one of text as well."""
    (tmp_path / "é.txt").write_text("é")
    files = {
        "/whole": path.open("rb"),
        "/rest": path.open("rb"),
        "/text": (tmp_path / "é.txt").open(),
        "/memory": io.BytesIO(TEXT),
        "/string": io.StringIO("é"),
    }
    files["/rest"].seek(4)
    for url, file in files.items():
        hug.get(url, api=api, output=hug.output_format.file)(lambda file=file: file)
    got = {url: hug.test.get(api, url, headers={"range": "bytes=1-1"}).content for url in files}
    assert got == {
        "/whole": b"1",
        "/rest": b"456789",
        "/text": "é".encode()[1:],
        "/memory": b"1",
        "/string": "é".encode(),
    }
    assert all(file.closed for file in files.values())


def test_type_by_name(api: hug.API, tmp_path: Path) -> None:
    """The name says what is in a file; what is compressed is not passed off as what is inside."""
    kinds = {"a.js": "text/javascript", "a.tar.gz": "application/gzip", "a.svg": "image/svg+xml", "a": None}
    for name, kind in kinds.items():
        (tmp_path / name).write_bytes(b"x")
        hug.get(f"/{name}", api=api, output=hug.output_format.file)(lambda name=name: tmp_path / name)
        assert hug.test.get(api, f"/{name}").content_type == (kind or "application/octet-stream")


def test_leaving(api: hug.API, tmp_path: Path) -> None:
    """When the client leaves a file is closed at once, and little of it has been read."""
    big = tmp_path / "big"
    with big.open("wb") as file:
        file.truncate(1 << 30)
    opened: list[Watched] = []

    @hug.get("/x", api=api)
    async def handler(response):
        opened.append(Watched(big))
        response.stream = opened[0]
        response.stream_len = 1 << 30

    with serving(api.http.server()) as port:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(get("/x"))
            assert b"content-length: 1073741824" in connection.recv(1000).lower()
        until(lambda: opened[0].closed, within=1)
    assert opened[0].taken < 64 * 1024 * 1024


def test_truncated(api: hug.API, path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A file that becomes shorter than promised is cut off, so that the client knows; the log says why."""

    @hug.get("/x", api=api)
    async def handler(response):
        response.stream = path.open("rb")
        response.stream_len = 20

    @hug.get("/file", api=api, output=hug.output_format.file)
    def file():
        return Shrinking(path)

    with serving(api.http.server()) as port, socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(get("/file"))
        received = b""
        with contextlib.suppress(ConnectionError):
            while chunk := connection.recv(1000):
                received += chunk
    assert received.endswith(TEXT[:5])
    assert "5 bytes are missing at the end of" in caplog.text


class Shrinking(io.FileIO):
    def read(self, size=-1):
        return super().read(5) if self.tell() == 0 else b""
