"""``hug listen``: events in a shell."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import hug as library
from hug.command import event_source, main
from hug.command.event_lines import as_text
from hug.eventstream.wire.decode import Message

from ..ports import free_port
from ..waiting import until
from .running import Running, command

PROGRAM = """
import hug
news = hug.sse.channel("news", history=100)

@hug.get("/say")
def say(word):
    return news.publish(word, event="word").id

@hug.sse("/news")
def stream():
    return hug.sse.events(news, retry=100)

@hug.get("/moved")
def moved():
    hug.redirect.to("/news")

@hug.sse("/over")
def over():
    return None

@hug.get("/page")
def page():
    return "no stream"
"""

GUARDED = """
import hug

@hug.get("/moved")
def moved(to):
    hug.redirect.to(to)

@hug.sse("/own", requires=hug.authentication.bearer({"t0p s3cret": "Ann"}.get))
def own(hug_user, request):
    yield f"{hug_user} {request.get_header('X-Name')} {request.get_header('Cookie')}"

@hug.sse("/told")
def told(request):
    asked = ("AUTHORIZATION", "X-NAME", "ACCEPT")
    yield {name: value for name, value in request.headers.items() if name in asked}
"""


def channel_at(url: str, **options: Any) -> library.sse.Channel:
    api = library.API()
    api.broker = url
    return library.sse.channel("news", api=api, **options)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/channels.db"


def test_channel(url: str, python: Callable[..., Running], folder: Path) -> None:
    """What is on a channel is shown, from where it is asked for, as it comes, until it is closed."""
    news = channel_at(url, history=10)
    ids = [news.publish(number, event="old").result(10) for number in range(5)]
    listening = python("-m", "hug", "listen", "news", "--since", ids[2], "-b", url)
    until(lambda: "old: 4" in listening.stdout, "old events")
    news.publish("two\nlines").result(10)
    until(lambda: "two\n    lines\n" in listening.stdout, "a new one")
    news.close("bye").result(10)
    assert listening.process.wait(30) == 0
    assert [line.split("] ")[-1] for line in listening.stdout.splitlines()] == [
        "old: 3", "old: 4", "two", "    lines", "bye",
    ]  # fmt: skip
    assert listening.stderr == "hug: channel 'news' is closed\n"
    done = command("listen", "news", "--since", "1", "--json", "--count", "1", "-b", url, cwd=folder)
    shown = json.loads(done.stdout)
    assert (shown["event"], shown["data"]) == ("message", "bye")
    assert shown["id"].endswith("-7")
    done = command("listen", "news", "--since", "nonsense", "--event", "old", "-b", url, cwd=folder)
    assert "--- gap: some events are lost ---" in done.stdout
    assert [line.split("] ")[-1] for line in done.stdout.splitlines()[1:]] == [f"old: {n}" for n in range(5)]


def test_pipe(url: str) -> None:
    """Who reads the output may leave; nothing is complained about."""
    news = channel_at(url, history=5000)
    for number in range(3000):
        news.publish(number)
    news.close().result(20)
    listen = [sys.executable, "-m", "hug", "listen", "news", "--since", "start", "--json", "-b", url]
    with subprocess.Popen(listen, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as listening:
        assert listening.stdout
        assert listening.stderr
        assert json.loads(listening.stdout.readline())["data"] == "0"
        listening.stdout.close()
        assert listening.stderr.read() == ""
        assert listening.wait(30) == 0


def test_url(python: Callable[..., Running], folder: Path, url: str) -> None:
    """A stream at a URL is shown over restarts of its server, without a loss, after redirections."""
    (folder / "app.py").write_text(PROGRAM)
    port = free_port()
    serving = ("-m", "hug", "app.py", "-p", str(port), "-ma", "-b", url)
    server = python(*serving)
    server.says("")
    listening = python(
        "-m", "hug", "listen", f"http://user:s3cr3t@127.0.0.1:{port}/moved", "--json", "--count", "3"
    )
    until(lambda: "GET /news" in server.stdout + server.stderr, "a reader")
    server.get("/say?word=one")
    until(lambda: '"one"' in listening.stdout, "an event")
    server.end()
    until(lambda: "trying again" in listening.stderr, "a word about that")
    channel_at(url).publish("two", event="word").result(10)
    server = python(*serving)
    server.says("")
    until(lambda: '"two"' in listening.stdout, "what was missed")
    assert "connected again" in listening.stderr
    server.get("/say?word=three")
    assert listening.process.wait(30) == 0
    shown = [json.loads(line) for line in listening.stdout.splitlines()]
    assert [(each["event"], each["data"]) for each in shown] == [
        ("word", "one"),
        ("word", "two"),
        ("word", "three"),
    ]
    assert "s3cr3t" not in listening.stderr
    at = f"http://127.0.0.1:{port}"
    assert command("listen", f"{at}/over", cwd=folder).returncode == 0  # 204
    for path, why in (("/page", "is no event stream, but application/json"), ("/nothing", "404")):
        done = command("listen", at + path, cwd=folder)
        assert done.returncode == 1
        assert why in done.stderr
        assert done.stderr.count("\n") == 1
    assert "its server says" in command("listen", at, "--since", "start", cwd=folder).stderr
    interrupted = python("-m", "hug", "listen", f"{at}/news")
    until(lambda: (server.stdout + server.stderr).count("GET /news") > 1, "a reader")
    assert interrupted.interrupt() == 130
    assert interrupted.stderr == ""


def test_headers(python: Callable[..., Running], folder: Path) -> None:
    """A stream gets the headers of the command line, also after a redirection, but no other server does."""
    (folder / "app.py").write_text(GUARDED)
    server, other = (python("-m", "hug", "app.py", "-p", "0", "-ma") for _ in range(2))
    at, elsewhere = (f"http://127.0.0.1:{each.port}" for each in (server, other))
    words = ["--count", "1", "--json", "-H", "Authorization: Bearer t0p s3cret", "-H", "x-name:J\u00fcrgen "]

    def shown(url: str, *more: str) -> Any:
        done = command("listen", url, *words, *more, cwd=folder)
        assert "s3cret" not in done.stderr
        return json.loads(done.stdout)["data"]

    assert shown(f"{at}/own", "-H", "Cookie: a=b") == "Ann J\u00c3\u00bcrgen a=b"
    assert shown(f"{at}/moved?to=/own", "-H", "Cookie: a=b") == "Ann J\u00c3\u00bcrgen a=b"
    assert json.loads(shown(f"{at}/told", "-H", "accept: */*")).keys() == {
        "AUTHORIZATION",
        "X-NAME",
        "ACCEPT",
    }
    assert json.loads(shown(f"{at}/moved?to={elsewhere}/told")) == {"ACCEPT": "text/event-stream"}
    done = command("listen", f"{at}/own", "-H", "Authorization: Bearer guessed", cwd=folder)
    assert "401" in done.stderr
    assert "guessed" not in done.stderr


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["news"], "which broker?"),
        (["news", "-b", "memory:"], "memory of one process"),
        (["news", "-b", "sqlite:///x.db", "--since", "0"], "--since must be"),
        (["news", "-b", "sqlite:///x.db", "--count", "0"], "--count must be"),
        (["news", "-b", "sqlite:///x.db", "-H", "A: b"], "--header is for URLs"),
        (["http://127.0.0.1:1/", "-b", "sqlite:///x.db"], "--broker is for channels"),
        (["http://127.0.0.1:1/", "-H", "Bearer s"], "--header must be 'Name: value'"),
        (["http://127.0.0.1:1/", "-H", "A:"], "--header must be 'Name: value'"),
        (["http://127.0.0.1:1/", "-H", "A : b"], "--header must be 'Name: value'"),
        (["http://127.0.0.1:1/", "-H", "A\n: b"], "--header must be 'Name: value'"),
        (["http://127.0.0.1:1/", "-H", "A: b\r\nX: c"], "A: the value has a line break"),
        (["http://127.0.0.1:1/", "-H", "A: b\n"], "A: the value has a line break"),
        (["http://127.0.0.1:1/", "-H", "last-event-id: 7"], "--since says"),
        (["http://127.0.0.1:1/"], "http://127.0.0.1:1/: "),
        (["http://[::1/"], "http://[::1/: "),
    ],
)
def test_refusals(
    words: list[str],
    why: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """What cannot be listened to ends with a line that says why, and with exit code 1."""
    monkeypatch.chdir(tmp_path)
    assert main(["listen", *words]) == 1
    said, complaint = capfd.readouterr()
    assert said == ""
    assert why in complaint
    assert complaint.count("\n") == 1


def test_without_the_client(tmp_path: Path) -> None:
    """Without the package that a URL needs the message says what to install."""
    code = "import sys; sys.modules['httpx2'] = None; from hug.command import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", code, "listen", "http://127.0.0.1:1/"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "pip install 'hug-sse[client]'" in done.stderr


def test_terminal() -> None:
    """Nothing in an event steers the terminal that it is shown in."""
    shown = as_text(Message("\x1b[2J", "red \x1b[31m\ttab \u202e\r", "\x07"))
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "\x07" not in shown
    assert "\\x1b[31m\ttab" in shown


def answer(port: int, bodies: list[bytes], asked: list[bytes], head: bytes = b"") -> None:
    """Answer so many requests with an event stream each, then one with 204; note what was asked."""
    with socket.create_server(("127.0.0.1", port)) as server:
        for body in [*bodies, None]:
            connection, _ = server.accept()
            with connection, connection.makefile("rb") as lines:
                asked.append(b"".join(iter(lines.readline, b"\r\n")))
                status = (
                    b"204 No Content" if body is None else b"200 OK\r\ncontent-type: text/event-stream" + head
                )
                connection.sendall(b"HTTP/1.1 " + status + b"\r\nconnection: close\r\n\r\n" + (body or b""))


@pytest.mark.parametrize(
    ("sent", "comes_back"),
    [
        ("\u00e9\u2603".encode(), "\u00e9\u2603".encode()),
        (b"a\tb \t", b"a\tb"),
        (b" \t ", None),
    ],
)
def test_ids_of_others(
    sent: bytes, comes_back: bytes | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An id comes back as its bytes are, without the blanks around it that no header can have."""
    port, asked = free_port(), list[bytes]()
    monkeypatch.setattr(event_source, "LEAST", 0.01)
    thread = threading.Thread(target=answer, args=(port, [b"retry: 0\nid: %b\ndata: x\n\n" % sent], asked))
    thread.start()
    assert main(["listen", f"HTTP://127.0.0.1:{port}/", "--json"]) == 0
    thread.join()
    found = [line.partition(b": ")[2] for line in asked[1].splitlines() if line.startswith(b"last-event-id")]
    assert found == ([] if comes_back is None else [comes_back])
    assert json.loads(capsys.readouterr().out)["data"] == "x"


@pytest.mark.parametrize(
    ("head", "body", "why"),
    [
        (b"\r\ncontent-encoding: gzip", b"data: plain\n\n", "decompressing"),
        (b"", b"retry: 0\nid: a\x0bb\ndata: x\n\n", "Illegal header value"),
    ],
)
def test_streams_that_cannot_be_read(
    head: bytes, body: bytes, why: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What will be so the next time ends the command with a line."""
    port = free_port()
    monkeypatch.setattr(event_source, "LEAST", 0.01)
    threading.Thread(target=answer, args=(port, [body], [], head), daemon=True).start()
    assert main(["listen", f"http://127.0.0.1:{port}/"]) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith(f"Error: http://127.0.0.1:{port}/: ")
    assert why in said


@pytest.mark.parametrize(
    ("retry", "pauses"),
    [("0", [0.1, 0.2]), ("999999999999999", [86400.0, 86400.0])],
)
def test_pauses(
    retry: str, pauses: list[float], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever time a server names, attempts are neither a load for it nor years away, and become fewer."""
    port, slept = free_port(), list[float]()
    monkeypatch.setattr(event_source.time, "sleep", slept.append)
    monkeypatch.setattr(event_source.random, "uniform", lambda _, most: most)
    bodies = [f"retry: {retry}\ndata: x\n\n".encode(), b""]
    threading.Thread(target=answer, args=(port, bodies, []), daemon=True).start()
    assert main(["listen", f"http://127.0.0.1:{port}/"]) == 0
    assert slept == pauses
    assert "x" in capsys.readouterr().out
