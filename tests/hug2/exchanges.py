"""What is asked of an app, what it answers, and how both are written down."""

from __future__ import annotations

import http.client
import json as json_module
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

HOST = "hug.test"
"""The ``Host`` of all requests, so that URLs in answers do not depend on the port."""

OF_THE_SERVER = frozenset(
    ("connection", "content-security-policy", "date", "keep-alive", "server", "transfer-encoding", "via")
)
"""Headers that say something of the server or of the connection, and nothing of the app."""


@dataclass(frozen=True)
class Request:
    """One HTTP request.

    Attributes:
        method: Such as ``"GET"``.
        url: As it stands in the request line.
        headers: Names and values; ``{cookies}`` in a value stands for what ``Set-Cookie`` said so far.
        body: None for a request without one.
        note: Tells two that look the same apart.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    note: str = ""

    @property
    def label(self) -> str:
        """What it is called in recordings, in the table of differences and by pytest."""
        headers = (f"{name}: {value}" for name, value in self.headers.items())
        body = () if self.body is None else (self.body.decode("latin-1").encode("unicode_escape").decode(),)
        note = (f"({self.note})",) if self.note else ()
        return " | ".join((f"{self.method} {self.url}", *headers, *body, *note))


@dataclass(frozen=True)
class Command:
    """One command line, run in the folder of the apps.

    Attributes:
        words: ``hug ...`` for hug's own command, ``python app.py ...`` for a script.
        stdin: What it can read.
        note: Tells two that look the same apart.
    """

    words: tuple[str, ...]
    stdin: str = ""
    note: str = ""

    @property
    def label(self) -> str:
        """See `Request.label`."""
        stdin = f"< {self.stdin!r}" if self.stdin else ""
        return " ".join(filter(None, (*self.words, stdin, self.note)))


Case = Request | Command


def json(
    method: str, url: str, value: Any, headers: Mapping[str, str] | None = None, note: str = ""
) -> Request:
    """Return a request with a body of JSON."""
    body = json_module.dumps(value, ensure_ascii=False).encode()
    return Request(method, url, {"Content-Type": "application/json", **(headers or {})}, body, note)


def form(method: str, url: str, body: str) -> Request:
    """Return a request with the body of a form."""
    return Request(method, url, {"Content-Type": "application/x-www-form-urlencoded"}, body.encode())


def get(url: str, note: str = "", **headers: str) -> Request:
    """Return a GET request; underscores in names of headers are hyphens."""
    return Request("GET", url, {name.replace("_", "-"): value for name, value in headers.items()}, note=note)


def run(line: str, stdin: str = "", note: str = "") -> Command:
    """Return a command line; single quotes keep words together."""
    words = re.findall(r"'([^']*)'|(\S+)", line)
    return Command(tuple(quoted or plain for quoted, plain in words), stdin, note)


@dataclass(frozen=True)
class Response:
    """What was answered to a `Request`.

    Attributes:
        status: Code and reason.
        headers: Lower-case names, sorted; values of one name in the order they came, in one line each.
            Without a length that is the body's.
        body: UTF-8 as text; other bytes are kept as lone surrogates.
    """

    status: str
    headers: dict[str, str]
    body: str


@dataclass(frozen=True)
class Outcome:
    """What a `Command` did.

    Attributes:
        code: It exited with this.
        stdout: What it printed.
        stderr: What it complained of; of a traceback only the last line.
    """

    code: int
    stdout: str
    stderr: str


Answer = Response | Outcome


class Client:
    """Sends the requests of one app, one connection each; keeps cookies for those that want them."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._cookies: dict[str, str] = {}

    def send(self, request: Request) -> Response:
        """Return the answer to ``request``."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=120)
        try:
            connection.putrequest(request.method, request.url, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", HOST)
            cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
            for name, value in request.headers.items():
                connection.putheader(name, value.replace("{cookies}", cookies).encode("latin-1"))
            if request.body is not None and "Transfer-Encoding" not in request.headers:
                connection.putheader("Content-Length", str(len(request.body)))
            connection.endheaders(request.body)
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        headers: dict[str, str] = {}
        for name, value in response.getheaders():
            if name.lower() == "set-cookie":
                key, _, said = value.partition(";")[0].partition("=")
                self._cookies[key] = said
            if name.lower() not in OF_THE_SERVER:
                before = headers.get(name.lower())
                headers[name.lower()] = value if before is None else f"{before}\n{value}"
        if headers.get("content-length") == str(len(body)):
            del headers["content-length"]
        return Response(
            f"{response.status} {response.reason}",
            {name: _without_chance(headers[name]) for name in sorted(headers)},
            _without_chance(body.decode("utf-8", "surrogateescape")),
        )


def _without_chance(text: str) -> str:
    """Return ``text`` without what differs from run to run: random ids and dates."""
    text = re.sub(r"\b[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b", "RANDOM", text)
    text = re.sub(r"(?<==)[\w-]{43}(?=;)", "RANDOM", text)
    return re.sub(r"[A-Z][a-z]{2}, \d\d[ -][A-Z][a-z]{2}[ -]\d{4} \d\d:\d\d:\d\d GMT", "DATE", text)
