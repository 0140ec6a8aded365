"""The code in the README and in docs/ runs as it stands."""

import argparse
import ast
import asyncio
import dataclasses
import decimal
import hmac
import importlib
import inspect
import io
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stderr
from functools import partial
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from urllib.parse import quote

import httpx2
import psycopg
import pytest

import hug
from hug.eventstream.brokers.remote import PATIENCE, RemoteBroker
from hug.eventstream.brokers.url import MOST_PATIENCE, PREFIX, WAIT
from hug.eventstream.brokers.url import broker as broker_at
from hug.eventstream.serving.stream_settings import Settings
from hug.test.fixtures import hug_broker

from .engines.servers import started
from .typed.cache import with_cache
from .waiting import until

__all__ = ["hug_broker"]

ROOT = Path(__file__).parent.parent
PAGES = {
    str(path.relative_to(ROOT)): path.read_text()
    for path in (ROOT / "README.md", *sorted(ROOT.glob("docs/*.md")))
}
BLOCKS = {name: re.findall(r"```python\n(.*?)```", page, re.DOTALL) for name, page in PAGES.items()}
tested: set[str] = set()


def code_of(page: str, text: str) -> str:
    """The one block of a page that contains a text. Modules ask for it as they load: what is used counts."""
    (code,) = (block for block in BLOCKS[page] if text in block)
    tested.add(code)
    return code


def file_name(code: str) -> str | None:
    """The name that a block gives its file in its first line, where others import it; None without."""
    named = re.match(r"# (\w+\.py)\n", code)
    return named and named[1]


@pytest.fixture
def module(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hug_broker: Any
) -> ModuleType:
    """The block of the parameter, as a module of its own, imported in a folder of its own."""
    page, text = request.param
    name = f"block_{re.sub('[^a-z]', '_', (page + text).lower())}"
    (tmp_path / f"{name}.py").write_text(code_of(page, text))
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module(name)


def block(page: str, *texts: str) -> Any:
    """Give a test the block of a page that contains this text, or run it once for each of several."""
    for text in texts:
        code_of(page, text)
    return pytest.mark.parametrize("module", [(page, text) for text in texts], indirect=True)


def lenient(modules: Iterable[str]) -> str:
    """Return mypy's settings: it looks into all functions of these modules, and asks for annotations in none.

    Of all else it has a cache, which it uses as long as it is as strict as it was then.
    """
    return f"""
[mypy]
strict = True

[mypy-{",".join(sorted(modules))}]
disallow_any_generics = False
disallow_subclassing_any = False
disallow_untyped_calls = False
disallow_untyped_defs = False
disallow_incomplete_defs = False
disallow_untyped_decorators = False
warn_unused_ignores = False
warn_return_any = False
implicit_reexport = True
strict_equality = False
extra_checks = False
"""


@pytest.mark.slow
def test_type_checkers(tmp_path: Path) -> None:
    """Type checkers have nothing to say against any block, nor against the examples."""
    shutil.copytree(ROOT / "examples", tmp_path, dirs_exist_ok=True)
    for page, blocks in BLOCKS.items():
        if page == "docs/migrating.md":  # shows hug 2's own way
            continue
        for number, code in enumerate(blocks):
            name = file_name(code) or f"{Path(page).stem.lower()}_{number}.py"
            (tmp_path / name).write_text(code)
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "standard"}')
    (tmp_path / "mypy.ini").write_text(lenient(path.stem for path in tmp_path.rglob("*.py")))
    for command in (
        ["mypy", *with_cache(tmp_path), "."],
        ["basedpyright", "--pythonpath", sys.executable, "."],
    ):
        checked = subprocess.run(
            [sys.executable, "-m", *command], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("page", [*PAGES, "CHANGELOG.md", "CONTRIBUTING.md", "benchmarks/README.md"])
def test_links(page: str) -> None:
    """Every link within the repository leads to a file that is there, and to a heading that it has."""
    text = re.sub(r"`[^`\n]*`", "", (ROOT / page).read_text())
    links = re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", text)
    for target, heading in links:
        path = ((ROOT / page).parent / target).resolve() if target else ROOT / page
        assert path.exists(), target
        if heading:
            headings = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
            assert heading in [re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in headings]


def test_map() -> None:
    """CONTRIBUTING's tables name every module, room and folder of tests, and none that is gone."""
    tables = re.findall(r"^\| .*", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)
    named = {Path(name).name for row in tables for name in re.findall(r"`([^` ]+(?:\.py|/))`", row)}
    package = Path(hug.__file__).parent
    rooms = {
        path.parent.name for folder in (package, ROOT / "tests") for path in folder.glob("*/**/__init__.py")
    }
    there = {path.name for path in package.glob("*.py")} | rooms
    assert there <= named
    assert named <= there | {path.name for folder in (ROOT, ROOT / "tests") for path in folder.iterdir()}


def test_lists_of_files() -> None:
    """What CONTRIBUTING lists file by file names each file of the packages that it is about."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    listed = text.partition("## Endpoints, file by file")[2].partition("\n## ")[0]
    named = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]+)`", listed))))
    package = Path(hug.__file__).parent
    rooms = [package / room for room in re.findall(r"`(\w+)/(?:\w+)?`", listed) if (package / room).is_dir()]
    files = {path.stem for room in rooms for path in room.glob("*.py") if path.stem != "__init__"}
    assert files
    assert files <= named


@block("README.md", "'/sse'")
def test_contract(module: ModuleType) -> None:
    """The first block streams three events with type and id."""
    with hug.test.sse(module, "/sse") as stream:
        events = [(message.event, message.id, message.json()) for message in stream]
    assert events == [("tick", str(n), {"n": n}) for n in range(3)]


@contextmanager
def served(folder: Path, code: str, *words: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Serve code with `hug app.py` until the block ends; yield the URL it prints, and the process."""
    (folder / "app.py").write_text(code)
    command = [sys.executable, "-u", "-m", "hug", *words, "app.py", "-p", "0", "-ma"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=folder, stdout=pipe, stderr=pipe, text=True) as server:
        try:
            assert server.stdout is not None
            urls = (re.search(r"http://localhost:\d+", line) for line in server.stdout)
            yield next(url[0] for url in urls if url), server
        finally:
            server.terminate()


def curl(url: str, *options: str) -> str:
    """Return what curl, as a reader would type it, has to say."""
    return subprocess.run(["curl", "-sN", url, *options], capture_output=True, text=True, check=False).stdout


def curl_until(last: str, url: str, *options: str) -> str:
    """Return what curl has to say of a stream, which has no end, up to the line that this is in."""
    follow = ["curl", "-sN", url, "--max-time", "120", *options]
    said = ""
    with subprocess.Popen(follow, stdout=subprocess.PIPE, text=True) as stream:
        assert stream.stdout is not None
        for line in stream.stdout:
            said += line
            if last in line:
                stream.terminate()
                return said
    raise AssertionError(f"no {last!r} in {said!r}")


@pytest.mark.slow
@pytest.mark.parametrize("words", [(), ("-f",)], ids=["hug app.py", "hug -f app.py"])
def test_contract_from_the_command_line(tmp_path: Path, words: tuple[str, ...]) -> None:
    """The command serves it, and the output is the one shown, from its first line on."""
    documented = re.search(r"\$ curl .*?\n(.*?)\n\.\.\.", PAGES["README.md"], re.DOTALL)
    assert documented is not None
    with served(tmp_path, BLOCKS["README.md"][0], *words) as (url, _):
        assert curl(f"{url}/sse").startswith(f"{documented[1]}\n")


PUBLISHER = code_of("docs/channels.md", "threading.Thread")


@pytest.mark.slow
def test_thread_that_publishes(tmp_path: Path) -> None:
    """A thread that publishes is heard, and ends with the process without a word."""
    with served(tmp_path, PUBLISHER) as (url, server):
        curl_until("celsius", f"{url}/readings")
        server.terminate()
        assert server.communicate(timeout=60)[1].count("Traceback") == 0


DOUBLE = code_of("README.md", "def double(")


@pytest.mark.slow
def test_double(tmp_path: Path) -> None:
    """One function answers requests and is a command, with the answers that are shown."""
    shown = re.findall(r"\$ (.*)\n([^$].*)\n", PAGES["README.md"].partition("## Everything else")[2])[:3]
    with served(tmp_path, DOUBLE) as (url, _):
        answers = [curl(f"{url}/double?number={number}") for number in (3, "x")]
        assert "/double" in curl(f"{url}/openapi.json")
    command = [sys.executable, "-m", "hug", "app.py", "-c", "double", "3"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert [answer for _, answer in shown] == [*answers, done.stdout.strip()]


@block("README.md", "'/steps'")
def test_steps(module: ModuleType) -> None:
    """A browser that has all steps is answered with 204."""
    with hug.test.sse(module, "/steps") as stream:
        assert [message.json() for message in stream] == [{"done": n} for n in (1, 2, 3)]
        last = stream.last_event_id
    assert hug.test.get(module, "/steps", headers={"Last-Event-ID": last}).status == hug.HTTP_204


@block("README.md", "'/news'")
def test_news(module: ModuleType) -> None:
    """What is posted reaches those who listen, and who was away gets what was missed."""
    with hug.test.sse(module, "/news") as stream:
        hug.test.post(module, "/news", headline="one")
        first = next(stream)
        assert (first.event, first.json()) == ("headline", {"headline": "one"})
        stream.disconnect()
        hug.test.post(module, "/news", headline="two")
        stream.reconnect()
        assert next(stream).json() == {"headline": "two"}


@block("docs/streams.md", "'/count'")
@pytest.mark.parametrize(("last", "first"), [("", 6), ("41", 42), ("forged", 6)])
def test_count(module: ModuleType, last: str, first: int) -> None:
    """The counter goes on where a reconnecting browser was; an id that is no number counts for nothing."""
    with hug.test.sse(module, "/count", start=5, last_event_id=last) as stream:
        assert next(stream).json() == {"n": first}


@pytest.mark.slow
@block("docs/streams.md", "'/countdown'")
def test_countdown(module: ModuleType) -> None:
    """The countdown counts down once, from where the browser was."""
    assert "EventSource('/countdown')" in hug.test.get(module, "/").data
    with hug.test.sse(module, "/countdown") as stream:
        assert next(stream).data == "3"
        stream.reconnect()
        assert [message.data for message in stream] == ["2", "1"]
        last = stream.last_event_id
    assert hug.test.get(module, "/countdown", headers={"Last-Event-ID": last}).status == hug.HTTP_204


@block("docs/streams.md", "'/import'")
def test_rows(module: ModuleType) -> None:
    """A browser gets the rows that it does not have, and 204 when it has them all."""
    with hug.test.sse(module, "/import", last_event_id="1") as stream:
        assert [message.json() for message in stream] == [{"row": 2}, {"row": 3}]
    assert hug.test.get(module, "/import", headers={"Last-Event-ID": "3"}).status == hug.HTTP_204


@pytest.mark.slow
@block("docs/streams.md", "'/log'")
def test_log(module: ModuleType) -> None:
    """A log is streamed line by line, whole lines only; a browser that comes back goes on behind its last.

    Without a log it is told to stop; a place that the log has not, or has no longer, means its start.
    """
    assert hug.test.get(module, "/log").status == hug.HTTP_404
    log = Path("app.log")
    log.write_bytes(b"one\ntwo\nth")
    with hug.test.sse(module, "/log") as stream:
        assert [message.data for message in stream.take(2)] == ["one", "two"]
        with log.open("ab") as file:
            file.write(b"ree\n")
        assert next(stream).data == "three"
        stream.reconnect()
        with log.open("ab") as file:
            file.write(b"four\n")
        assert next(stream).data == "four"
        log.write_bytes(b"new\n")
        assert next(stream).data == "new"
    for elsewhere in ("5", "9" * 23, "9" * 4096, "x"):
        with hug.test.sse(module, "/log", last_event_id=elsewhere) as stream:
            assert next(stream).data == "new"


@block("docs/streams.md", "'/log'")
def test_log_that_grows(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that is completed while the log is being read arrives as a whole."""
    path = Path("app.log")
    path.write_bytes(b"one\ntw")

    class Growing(io.BufferedReader):
        def __next__(self) -> bytes:
            line = super().__next__()
            if not line.endswith(b"\n"):
                path.write_bytes(b"one\ntwo\n")
            return line

    log = SimpleNamespace(exists=path.exists, open=lambda mode: Growing(io.FileIO(path)))
    monkeypatch.setattr(module, "LOG", log)
    with hug.test.sse(module, "/log") as stream:
        assert [message.data for message in stream.take(2)] == ["one", "two"]


@block("docs/streams.md", "'/complete'")
def test_complete(module: ModuleType) -> None:
    """A POST is answered token by token, and a GET is not."""
    with hug.test.sse(module, "/complete", {"prompt": "say it"}, method="POST") as stream:
        assert [message.data for message in stream] == ['{"token":"say"}', '{"token":"it"}', "[DONE]"]
    assert hug.test.get(module, "/complete").status == hug.HTTP_405


@block("docs/streams.md", "'/watch'")
def test_watch(module: ModuleType) -> None:
    """Who leaves is no longer listed."""
    with hug.test.sse(module, "/watch", name="Ann") as stream:
        with hug.test.sse(module, "/watch", name="Bob") as other:
            assert next(other).json() == {"watching": ["Ann", "Bob"]}
        for message in stream:
            if message.json() == {"watching": ["Ann"]} and module.watching == {"Ann"}:
                break
    assert module.watching == set()


@block("docs/streams.md", "'/lines'")
def test_lines(module: ModuleType) -> None:
    """What is annotated streams as it says."""
    with hug.test.sse(module, "/lines", last_event_id="1") as stream:
        assert [message.data for message in stream] == ["two", "three"]
    assert hug.test.get(module, "/lines", headers={"Last-Event-ID": "3"}).status == hug.HTTP_204


@pytest.mark.slow
@block("docs/channels.md", "'/orders'")
def test_channels(module: ModuleType) -> None:
    """A filter passes a customer's own orders, a merged stream has all, one clock ticks for all."""
    with hug.test.sse(module, "/customers/7/orders") as own:
        published = [
            hug.test.post(module, "/orders", customer=customer, item="tea").data["id"] for customer in (8, 7)
        ]
        assert next(own).id == published[1]
    module.alerts.publish("fire")
    with hug.test.sse(module, "/desk") as desk:
        *ordered, alert = desk.take(3)
        assert [message.json()["customer"] for message in ordered] == [8, 7]
        assert alert.data == "fire"
        assert alert.id == f"{published[1]}:{module.alerts.last_id}"
    with hug.test.sse(module, "/clock") as first, hug.test.sse(module, "/clock") as second:
        assert next(second) in first.take(2)


@block("docs/channels.md", "'/rooms/{name}'")
def test_rooms(module: ModuleType) -> None:
    """A client that asks for what can be no channel's name is answered with 404, in its own words."""
    with hug.test.sse(module, "/rooms/tea") as stream:
        hug.sse.channel("room:tea", api=module).publish("ready")
        assert next(stream).data == "ready"
    for name in ("a%0ab", "%E2%80%8B", "x" * 256):
        answer = hug.test.get(module, f"/rooms/{name}")
        assert (answer.status, answer.data["errors"].keys()) == (hug.HTTP_404, {"No such room"})


@block("docs/channels.md", "'/games'")
def test_games(module: ModuleType) -> None:
    """A game that nobody has begun is not found; one that has ended says so, and then stays away."""
    assert hug.test.get(module, "/games/chess").status == hug.HTTP_404
    hug.test.post(module, "/games/chess/end")
    assert hug.test.get(module, "/games/chess").status == hug.HTTP_404
    hug.test.post(module, "/games", name="chess")
    with hug.test.sse(module, "/games/chess") as stream:
        assert next(stream).data == "begun"
        hug.test.post(module, "/games/chess/end")
        assert [(each.event, each.data) for each in stream] == [("end", "game over")]
        stream.reconnect()
        assert stream.status == hug.HTTP_204


@block("docs/channels.md", "'/audit'")
def test_own_broker(module: ModuleType) -> None:
    """An API with a broker of its own has names of its own."""
    module.audit.publish("x")
    with hug.test.sse(module, "/audit") as stream:
        assert next(stream).data == "x"
    assert "audit" not in hug.sse.channels


TRANSACTION = code_of("docs/channels.md", "connection=database")


@pytest.mark.slow
def test_transaction(tmp_path: Path) -> None:
    """An event that is part of a transaction reaches readers when that is committed."""
    with served(tmp_path, TRANSACTION) as (url, _):
        curl(f"{url}/sales", "-d", "item=tea")
        curl_until("data: tea\n", f"{url}/sales")


@pytest.mark.slow
@block("docs/brokers.md", "'/orders'")
def test_what_may_come_of_publishing(module: ModuleType) -> None:
    """Who publishes gets the id; or an error, when the broker cannot be reached."""
    assert hug.test.post(module, "/orders", item="tea").data["id"]
    with hug.test.broker("redis://127.0.0.1:1?patience=0.2"):
        answer = hug.test.post(module, "/orders", item="tea")
    assert answer.status == hug.HTTP_503
    assert answer.data == {"errors": {"Try again": "503 Service Unavailable"}}


SCRIPT = code_of("docs/brokers.md", "# import_orders.py")


@pytest.mark.slow
def test_script_that_publishes(tmp_path: Path) -> None:
    """All that a script publishes is there when it has ended, in the order in which it was published."""
    url = f"sqlite:///{tmp_path}/orders.db"
    script = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={**os.environ, "HUG_BROKER": url},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert script.stdout.endswith("-100\n")
    read = "import hug; orders = hug.sse.channel('orders', history=1000)\n@hug.sse('/orders')\n"
    with served(tmp_path, read + "def s(): return hug.sse.events(orders, since=200)\n", "-b", url) as (at, _):
        events = curl_until('{"order":99}', f"{at}/orders")
    assert re.findall(r'{"order":(\d+)}', events) == [str(n) for n in range(100)]


WITH_ROWS = code_of("docs/brokers.md", "psycopg.connect")


@pytest.mark.slow
def test_within_a_transaction(tmp_path: Path) -> None:
    """On PostgreSQL an event is there once its row is, and only then."""
    with started("postgres") as server, psycopg.connect(server.url, autocommit=True) as database:
        database.execute("CREATE TABLE sales (item text CHECK (item <> 'tobacco'))")
        code = WITH_ROWS.replace("postgresql://localhost/shop", server.url)
        with served(tmp_path, code) as (url, _):
            for item in ("tea", "tobacco", "coffee"):
                curl(f"{url}/sales", "-d", f"item={item}")
            events = curl_until("data: coffee\n", f"{url}/sales", "-H", "Accept: text/event-stream")
        rows = database.execute("SELECT item FROM sales").fetchall()
    assert re.findall(r"data: (\w+)", events) == ["tea", "coffee"] == [item for (item,) in rows]


FRESH = code_of("docs/testing.md", "os.environ['HUG_BROKER']")
TEST_OF_ROWS = """
import sales
@pytest.mark.parametrize("item", ["tea", "coffee"])
def test_sale(broker, item):
    hug.test.post(sales, "/sales", {"item": item})
    with hug.test.sse(sales, "/sales") as stream:
        assert next(stream).data == item
"""
MADE = "SELECT relname FROM pg_class WHERE relname !~ '^(pg_|sql_)' UNION SELECT proname FROM pg_proc"


@pytest.mark.slow
def test_tests_of_transactions(tmp_path: Path) -> None:
    """With the fixture shown each test of such code begins fresh on its database; nothing of hug stays."""
    with started("postgres") as server, psycopg.connect(server.url, autocommit=True) as database:
        database.execute("CREATE TABLE sales (item text)")
        (tmp_path / "sales.py").write_text(WITH_ROWS.replace("postgresql://localhost/shop", server.url))
        (tmp_path / "test_sales.py").write_text(FRESH + TEST_OF_ROWS)
        before = {*database.execute(MADE).fetchall()}
        words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_sales.py"]
        environment = {**os.environ, "HUG_BROKER": server.url}
        done = subprocess.run(
            words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert "2 passed" in done.stdout, done.stdout
        assert {*database.execute(MADE).fetchall()} == before


@block("docs/channels.md", "'/jobs/count'")
def test_subscribing(module: ModuleType) -> None:
    """A handler waits for an event of its own, and a source makes of a channel what it likes."""
    with hug.test.sse(module, "/jobs/count") as counted:
        until(lambda: len(module.jobs.readers) == 1, "a reader")
        for number in (1, 2):
            hug.test.post(module, f"/jobs/{number}/done")
        assert [message.json() for message in counted.take(2)] == [{"done": 1}, {"done": 2}]
    assert hug.test.get(module, "/jobs/2/wait").data == module.jobs.last_id


REPORT = code_of("docs/channels.md", "# report.py")


@pytest.mark.slow
def test_publishing_from_elsewhere(tmp_path: Path) -> None:
    """What a script and its workers publish is on the channel when it has ended."""
    (tmp_path / "report.py").write_text(REPORT)
    api = hug.API()
    api.broker = url = f"sqlite:///{tmp_path}/channels.db"
    environment = {**os.environ, "HUG_BROKER": url}
    subprocess.run([sys.executable, "report.py"], cwd=tmp_path, env=environment, timeout=60, check=True)
    with hug.sse.channel("reports", api=api, history=1000).subscribe(since="start") as messages:
        *pages, last = [next(messages) for _ in range(11)]
    assert sorted(page.json()["page"] for page in pages) == list(range(10))
    assert last.data == "done"
    api.http.channels.broker.close(1)


@block("docs/channels.md", "'/prices'")
def test_mixture(module: ModuleType) -> None:
    """Who comes gets all prices at once, and then what changes."""
    hug.test.post(module, "/prices/tea", price=2.5)
    with hug.test.sse(module, "/prices") as stream:
        assert next(stream).json() == {"tea": 2.5}
        hug.test.post(module, "/prices/tea", price=3)
        assert next(stream).json() == {"tea": 3.0}
        assert stream.last_event_id == module.prices.last_id


@block("docs/channels.md", "'/changes'")
def test_state(module: ModuleType) -> None:
    """A page that has loaded the state gets what has changed since, and nothing else."""
    hug.test.post(module, "/tasks", task="one")
    state = hug.test.get(module, "/tasks").data
    assert state["tasks"] == ["one"]
    hug.test.post(module, "/tasks", task="two")
    with hug.test.sse(module, f"/changes?last_event_id={state['last_id']}") as stream:
        assert next(stream).json() == {"added": "two"}


@block("docs/endpoints.md", "'/add'")
def test_endpoints(module: ModuleType) -> None:
    """Endpoints convert what they are given, and say what does not fit."""
    assert hug.test.get(module, "/add", a=1, b=2).data == {"sum": 3}
    assert hug.test.get(module, "/add", a="x").data == {"errors": {"a": "Invalid whole number provided"}}
    assert '{"errors": {"a": "Invalid whole number provided"}}' in PAGES["docs/endpoints.md"]
    answer = hug.test.post(module, "/notes", {"text": "hello", "tags": ["a", "b"]})
    assert answer.data == {"text": "hello", "tags": ["a", "b"]}


@block("docs/files.md", "'/report'")
def test_files(module: ModuleType, tmp_path: Path) -> None:
    """Files and images are sent as what they are, and in part."""
    (tmp_path / "report.pdf").write_bytes(b"%PDF")
    (tmp_path / "chart.png").write_bytes(b"PNG")
    response = hug.test.get(module, "/report", headers={"range": "bytes=1-"})
    assert (response.status, response.content_type, response.content) == (
        hug.HTTP_206,
        "application/pdf",
        b"PDF",
    )
    assert hug.test.get(module, "/chart").content_type == "image/png"


@block("docs/files.md", "as_wanted")
def test_wanted_format(module: ModuleType) -> None:
    """The client chooses."""
    for kind, content in (("text/html", b"Hello"), ("application/json", b'"Hello"')):
        assert hug.test.get(module, "/greeting", headers={"accept": kind}).content == content
    assert hug.test.get(module, "/greeting", headers={"accept": "a/b"}).status == hug.HTTP_406


@block("docs/files.md", "hug.static")
def test_folders(module: ModuleType, tmp_path: Path) -> None:
    """A folder is served, for an hour."""
    (tmp_path / "public").mkdir()
    (tmp_path / "public" / "index.html").write_text("Hello")
    response = hug.test.get(module, "/static/")
    assert response.content == b"Hello"
    assert response.headers_dict["cache-control"] == "public, max-age=3600"


@block("docs/files.md", "UploadedFile")
def test_uploads(module: ModuleType, tmp_path: Path) -> None:
    """A form brings a file, with its name and type."""
    files = {"photo": ("me.png", b"PNG", "image/png")}
    request = httpx2.Request("POST", "http://x/photos", files=files, data={"title": "Me"})
    response = hug.test.post(
        module, "/photos", request.read(), headers={"content-type": request.headers["content-type"]}
    )
    assert response.data == {"title": "Me", "name": "me.png", "type": "image/png", "size": 3}
    assert (tmp_path / "photo").read_bytes() == b"PNG"


@block("docs/files.md", "'/progress'")
def test_answers_in_pieces(module: ModuleType) -> None:
    """Generators are lines; a format may be one."""
    assert hug.test.get(module, "/progress", steps=2).content == b'{"step": 0}\n{"step": 1}\n'
    assert hug.test.get(module, "/squares").content == b"0\n1\n4\n"
    assert hug.test.get(module, "/table").content == b"1,2\r\n3,4\r\n"


@block("docs/endpoints.md", "'/notes/{number}'")
def test_answers(module: ModuleType) -> None:
    """Answers have the status, the headers and the format that the handlers say."""
    assert hug.test.post(module, "/notes", text="<b>").status == hug.HTTP_201
    answer = hug.test.get(module, "/notes/1")
    assert (answer.data, answer.headers_dict["cache-control"]) == ({"text": "<b>"}, "no-store")
    assert hug.test.get(module, "/notes/2").status == hug.HTTP_404
    assert hug.test.get(module, "/").data == "<ul><li>&lt;b&gt;</ul>"


@block("docs/endpoints.md", "'/price'")
def test_versions(module: ModuleType) -> None:
    """Each version has its own handler."""
    assert hug.test.get(module, "/v1/price").data == 10
    assert hug.test.get(module, "/v2/price").data == {"amount": 10, "currency": "EUR", "version": 2}


@block("docs/endpoints.md", "def language(")
def test_directives(module: ModuleType) -> None:
    """The directive looks at the request; without a header it returns the parameter's default."""
    assert hug.test.get(module, "/greeting", headers={"Accept-Language": "en,fr"}).data == "Hello"
    assert hug.test.get(module, "/greeting").data == "Hallo"


@block("docs/endpoints.md", "'/counter'")
def test_classes(module: ModuleType) -> None:
    """Methods answer and stream; a router of an API answers as the decorators do."""
    assert hug.test.post(module, "/counter", by=2).data == 2
    with hug.test.sse(module, "/counter/events") as stream:
        assert next(stream).json() == 2
        assert hug.test.post(module, "/counter").data == hug.test.get(module, "/counter").data == 3
        assert next(stream).json() == 3
    assert hug.test.get(module, "/health").data == "well"


@block("docs/endpoints.md", "is_local")
def test_requires(module: ModuleType) -> None:
    """Requirements let in who meets them all, and say why not."""
    assert hug.test.get(module, "/status", headers={"X-Key": "secret"}).data == "fine"
    answer = hug.test.get(module, "/status")
    assert answer.data == {"errors": {"Log in first": "401 Unauthorized"}}


@block("docs/endpoints.md", "may_listen")
@pytest.mark.parametrize(
    ("url", "headers", "status"),
    [
        ("/prices?key=secret", {}, hug.HTTP_200),
        ("/prices", {"Cookie": "key=secret"}, hug.HTTP_200),
        ("/prices", {}, hug.HTTP_403),
        ("/prices?key=wrong,%C3%A9", {}, hug.HTTP_403),
        ("/prices", {"Cookie": "key=\xe9"}, hug.HTTP_403),
    ],
)
def test_key_for_streams(module: ModuleType, url: str, headers: dict[str, str], status: str) -> None:
    """A stream is for those whose URL or cookie has the key; no key, of whatever characters, is an error."""
    with hug.test.sse(module, url, headers=headers) as stream:
        assert stream.status == status


@block("docs/endpoints.md", "reqresp_middleware")
def test_middleware(module: ModuleType) -> None:
    """Every response says how long it took, and that it is for no frame, also that there is nothing."""
    for path in ("/framed", "/nowhere"):
        headers = hug.test.get(module, path).headers_dict
        assert float(headers["server-timing"].removeprefix("all;dur=")) > 0
        assert headers["x-frame-options"] == "DENY"


BEARER = {"Authorization": "Bearer t0ken"}


@block("docs/security.md", "def cookie_or_bearer")
@pytest.mark.parametrize("headers", [BEARER, {"Cookie": "key=t0ken"}])
def test_cookie_or_bearer(module: ModuleType, headers: dict[str, str]) -> None:
    """Who has either is let in, who has neither or a wrong one is not; OpenAPI tells of the token."""
    assert hug.test.get(module, "/me", headers=headers).data["name"] == "Ann"
    wrong = {name: f"{value}x" for name, value in headers.items()}
    for refused in ({}, wrong):
        answer = hug.test.get(module, "/me", headers=refused)
        assert (answer.status, answer.headers_dict["www-authenticate"]) == (hug.HTTP_401, "Bearer")
    document = hug.API(module).http.openapi()
    assert document["components"]["securitySchemes"] == {"bearer": {"type": "http", "scheme": "bearer"}}
    assert document["paths"]["/me"]["get"]["security"] == [{"bearer": []}]


@block("docs/security.md", "def for_members")
def test_members_only(module: ModuleType) -> None:
    """Middleware is asked before routes, the documentation and what is not there, but for one path."""
    for url in ("/", "/documentation", "/openapi.json"):
        assert hug.test.get(module, url).status == hug.HTTP_401
        assert hug.test.get(module, url, headers={"X-Api-Key": "k3y"}).status != hug.HTTP_401
    assert hug.test.get(module, "/alive").data == "well"


@block("docs/endpoints.md", "'/hook'")
def test_body_as_it_came(module: ModuleType) -> None:
    """A signature is that of the bytes that were sent."""
    sent = b'{"event":  "paid"}'
    signature = hmac.new(module.KEY, sent, "sha256").hexdigest()
    assert hug.test.post(module, "/hook", sent, headers={"X-Signature": signature}).data == {"event": "paid"}
    assert (
        hug.test.post(module, "/hook", sent + b" ", headers={"X-Signature": signature}).status == hug.HTTP_403
    )


@block("docs/security.md", "No such customer")
def test_own(module: ModuleType) -> None:
    """A customer gets the own orders, and not those at another number."""
    with hug.test.sse(module, "/customers/8/orders", headers=BEARER) as refused:
        assert refused.status == hug.HTTP_404
    with hug.test.sse(module, "/customers/7/orders", headers=BEARER) as stream:
        for customer in (8, 7):
            module.orders.publish({"customer": customer})
        assert next(stream).json() == {"customer": 7}


@block("docs/security.md", "bearer(owner)")
def test_bearer(module: ModuleType) -> None:
    """Endpoints and streams are for those with a token, and know whose it is."""
    assert hug.test.get(module, "/me").headers_dict["www-authenticate"] == "Bearer"
    assert hug.test.get(module, "/me", headers=BEARER).data == {"user": "Ann"}
    with hug.test.sse(module, "/prices") as refused:
        assert refused.status == hug.HTTP_401
    with hug.test.sse(module, "/prices", headers=BEARER) as stream:
        assert next(stream).json() == {"for": "Ann", "price": 10}


@block("docs/security.md", "unset_cookie")
def test_cookies(module: ModuleType) -> None:
    """Who has logged in has a cookie that a stream knows, until it is taken back."""
    cookie = hug.test.post(module, "/login", {"name": "Ann"}).headers_dict["set-cookie"]
    sent = {"Cookie": cookie.partition(";")[0]}
    assert set(cookie.split("; ")[1:]) == {"HttpOnly", "Max-Age=3600", "Path=/", "SameSite=Strict", "Secure"}
    with hug.test.sse(module, "/mine", headers=sent) as stream:
        assert next(stream).data == "Hello Ann"
    gone = hug.test.post(module, "/logout", headers=sent).headers_dict["set-cookie"]
    assert gone.startswith('key=""; expires=')
    with hug.test.sse(module, "/mine", headers=sent) as stream:
        assert stream.status == hug.HTTP_401


@block("docs/security.md", "SessionMiddleware(")
def test_sessions(module: ModuleType) -> None:
    """A client's basket is there when it comes back, also to a stream; who logs in gets another id for it."""
    first = hug.test.post(module, "/basket", {"item": "apple"})
    sent = {"Cookie": first.headers_dict["set-cookie"].partition(";")[0]}
    assert hug.test.post(module, "/basket", {"item": "pear"}, headers=sent).data == ["apple", "pear"]
    with hug.test.sse(module, "/basket/live", headers=sent) as stream:
        assert next(stream).json() == ["apple", "pear"]
    entered = hug.test.post(module, "/enter", headers=sent).headers_dict["set-cookie"].partition(";")[0]
    assert entered != sent["Cookie"]
    assert hug.test.post(module, "/basket", {"item": "plum"}, headers=sent).data == ["plum"]
    assert len(hug.test.post(module, "/basket", {"item": "fig"}, headers={"Cookie": entered}).data) == 3


@block("docs/security.md", "CORSMiddleware(")
@pytest.mark.parametrize(
    ("path", "origin", "allowed"),
    [
        ("/news", "https://example.org", "https://example.org"),
        ("/news", "https://www.example.org", "https://www.example.org"),
        ("/news", "https://example.org.evil", None),
        ("/public", "https://example.org.evil", "*"),
    ],
)
def test_origins(module: ModuleType, path: str, origin: str, allowed: str | None) -> None:
    """Pages of the origins that are named may read, and one answer is for all."""
    with hug.test.sse(module, path, headers={"Origin": origin}) as answer:
        assert answer.response.headers_dict.get("access-control-allow-origin") == allowed


TYPES = re.findall(
    r"^\| `(\w+[(\[].*?\))` \| .+? \| `(.+?)` gives `(.+?)` \| (?:`(.+?)` )?\|$",
    PAGES["docs/endpoints.md"],
    re.MULTILINE,
)


def test_table_of_types() -> None:
    """The table has every type that takes arguments; the next test goes through its rows."""
    lower = {
        name for name in hug.types.__all__ if isinstance(getattr(hug.types, name), type) and name.islower()
    }
    assert lower <= {re.split(r"\W", row[0])[0] for row in TYPES}


@pytest.mark.parametrize(("kind", "value", "expected", "refused"), TYPES, ids=[row[0] for row in TYPES])
def test_types(kind: str, value: str, expected: str, refused: str) -> None:
    """Each type makes of a value what its row says, and refuses what its row says."""
    convert = eval(kind, vars(hug.types) | {"__builtins__": __builtins__})
    assert convert(eval(value.replace(r"\|", "|"))) == eval(expected)
    if refused:
        with pytest.raises((ValueError, KeyError)):
            convert(eval(refused))


REFUSED = object()


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (hug.types.boolean, [True] * 8),
        (bool, [True, True, True, False, False, False, True, True]),
        (hug.types.smart_boolean, [True, True, True, False, False, False, REFUSED, REFUSED]),
        (bool | None, [True, REFUSED, True, False, REFUSED, False, None, REFUSED]),
    ],
    ids=["boolean", "bool", "smart_boolean", "bool | None"],
)
def test_true_and_false(kind: Any, expected: list[Any]) -> None:
    """What the page says of each way to ask for a truth value holds."""
    api = hug.API()

    def handler(x: Any) -> Any:
        return {"x": x}

    handler.__annotations__["x"] = kind
    hug.get("/x", api=api)(handler)
    answers = [hug.test.get(api, "/x", x=x) for x in ("true", "T", "1", "FALSE", "f", "0", "null", "yes")]
    assert [answer.data.get("x", REFUSED) for answer in answers] == expected
    assert {answer.status for answer in answers if "x" not in answer.data} <= {hug.HTTP_400}
    assert hug.test.get(api, "/x", {"x": False}).data == {"x": False}


def test_commas_and_blanks() -> None:
    """What the page says of commas and blank values holds in a query and in a form."""
    api = hug.API()

    @hug.http("/text", api=api)
    def text(headline: hug.types.text) -> str:
        return headline

    @hug.http("/str", api=api)
    def string(headline: str) -> str:
        return headline

    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for path, made in (
        ("/text", {"errors": {"headline": "Invalid text value provided"}}),
        ("/str", "a,b"),
    ):
        missing = {"errors": {"headline": "Required parameter 'headline' not supplied"}}
        for sent, expected in (("a,b", made), ("a%2Cb", "a,b"), ("", missing)):
            assert hug.test.get(api, f"{path}?headline={sent}").data == expected
            assert hug.test.post(api, path, f"headline={sent}", headers=form).data == expected
        assert hug.test.post(api, path, {"headline": "a,b"}).data == "a,b"


FORM = code_of("docs/endpoints.md", "'/headlines'")


@pytest.mark.slow
def test_future(tmp_path: Path) -> None:
    """An API that takes forms as they are sent is given text with a comma by curl, as shown."""
    documented = re.search(r"\$ curl -d '(.*?)' \S+/headlines\n(.*)\n", PAGES["docs/endpoints.md"])
    assert documented is not None
    with served(tmp_path, FORM) as (url, _):
        assert curl(f"{url}/headlines", "-d", documented[1]) == documented[2]


def test_api_of_another_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another module decorates answers below the URL."""
    monkeypatch.syspath_prepend(tmp_path)
    for name, code in MARKET.items():
        (tmp_path / f"{name}.py").write_text(code)
    try:
        market = importlib.import_module("market")
        assert hug.test.get(market, "/tea/kinds").data == ["green", "black"]
    finally:  # other tests have modules of these names
        for name in MARKET:
            sys.modules.pop(name, None)


MARKET = {name: code_of("docs/endpoints.md", f"# {name}.py\n") for name in ("tea", "market")}


FILES = [code_of("docs/endpoints.md", f"# {name}.py\n") for name in ("app", "desk")]


@pytest.mark.slow
def test_several_files(tmp_path: Path) -> None:
    """Endpoints of the second file are served with those of the first, and use the same channel."""
    (tmp_path / "desk.py").write_text(FILES[1])
    with served(tmp_path, FILES[0]) as (url, _):
        follow = ["curl", "-sN", f"{url}/orders", "--max-time", "120"]
        stream = subprocess.Popen(follow, stdout=subprocess.PIPE, text=True)
        with stream:
            assert stream.stdout is not None
            try:
                assert next(stream.stdout) == ":\n"
                curl(f"{url}/orders", "-d", "item=tea")
                assert "data: tea\n" in stream.stdout
            finally:
                stream.terminate()


@block("docs/endpoints.md", "'/basket'")
def test_errors(module: ModuleType) -> None:
    """What is raised is answered in its own words, by its handler, or with a redirect."""
    ask = partial(hug.test.post, module, "/basket")
    refused = ask(item="cup", count=101)
    assert (refused.status_code, refused.data) == (400, {"errors": {"Too many": "We sell to households."}})
    sold_out = ask(item="tea")
    assert (sold_out.status_code, sold_out.data) == (409, {"sold out": "tea"})
    assert ask(item="cup").headers_dict["location"] == "/basket"


@block("docs/endpoints.md", "'/report'")
def test_validation(module: ModuleType) -> None:
    """Arguments are looked at together; errors can be answered in another way."""
    assert hug.test.get(module, "/report", since="2030-01-01", until="2030-01-03").data == 2
    wrong = hug.test.get(module, "/report", since="2030-01-03", until="2030-01-01")
    assert (wrong.status_code, wrong.data) == (400, {"errors": {"until": "must not be before since"}})
    assert hug.test.get(module, "/picture/1").data == 1
    assert hug.test.get(module, "/picture/x").status_code == 404


@block("docs/endpoints.md", "'/words'")
def test_cleanup(module: ModuleType) -> None:
    """What a call has changed is kept if it goes well, and not if it fails."""
    hug.test.post(module, "/words", word="first")
    assert hug.test.post(module, "/words", word="last").status_code == 400
    assert hug.test.get(module, "/words").data == ["first"]


@block("docs/endpoints.md", "'/number'")
def test_contexts(module: ModuleType, caplog: pytest.LogCaptureFixture) -> None:
    """Each call has a context of its own, which is seen once more at its end."""
    with caplog.at_level("INFO", "calls"):
        assert [hug.test.get(module, "/number").data for _ in range(2)] == [1, 2]
    assert caplog.messages == ["call 1: fine", "call 2: fine"]


@block("docs/testing.md", "test_photo", "test_stock")
def test_one_test(module: ModuleType) -> None:
    """The one test shown passes."""
    (test,) = (function for name, function in vars(module).items() if name.startswith("test_"))
    test()


@block("docs/endpoints.md", "exclude=hug.HTTPError")
def test_page_of_errors(module: ModuleType, caplog: pytest.LogCaptureFixture) -> None:
    """What goes wrong is logged with its traceback, and answered with a page; HTTP errors are not."""
    refused = hug.test.get(module, "/shares", people=-1)
    assert (refused.status_code, list(refused.data["errors"])) == (400, ["Too few"])
    assert not caplog.records
    answer = hug.test.get(module, "/shares", people=0)
    assert (answer.status_code, answer.data) == (500, "<h1>It is us, not you</h1>")
    assert caplog.messages == ["GET /shares"]
    assert "ZeroDivisionError" in caplog.text


@block("docs/endpoints.md", "'/remarks'")
def test_startup(module: ModuleType) -> None:
    """The database is open while a server lives, and closed then; what was written is there the next time."""
    for known in ([], ["one"]):
        with hug.test.running(module) as api:
            assert hug.test.get(api, "/remarks").data == known
            assert hug.test.post(api, "/remarks", text="one").status_code == 200
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            module.database.execute("SELECT 1")


@block("docs/files.md", "downloadable_as")
def test_downloads(module: ModuleType) -> None:
    """A download has a name in any script."""
    Path("report.pdf").write_bytes(b"%PDF")
    answer = hug.test.get(module, "/prices")
    assert (answer.content, answer.content_type) == (b"%PDF", "application/pdf")
    assert quote("Цены.pdf") in answer.headers_dict["content-disposition"]


BACKGROUND = code_of("docs/serving.md", "background=True")


@pytest.mark.slow
def test_in_the_background(tmp_path: Path) -> None:
    """A program serves beside its own work, says where, and ends."""
    (tmp_path / "beside.py").write_text(BACKGROUND)
    command = [sys.executable, "beside.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60)
    assert re.fullmatch(r"http://\S+:\d+\n", done.stdout)


@block("docs/endpoints.md", "'/square'")
def test_openapi(module: ModuleType) -> None:
    """The document is where it was put, and says what the endpoint takes."""
    served = hug.test.get(module, "/api.json").data
    assert served["paths"] == module.document["paths"]
    (number,) = served["paths"]["/square"]["get"]["parameters"]
    assert number["schema"] == {"type": "integer", "minimum": 0, "exclusiveMaximum": 100}
    assert hug.test.get(module, "/openapi.json").status == hug.HTTP_404
    assert "/square" in hug.test.get(module, "/documentation").data["documentation"]["handlers"]


@block("docs/endpoints.md", "'/pages/{page}'")
def test_annotated(module: ModuleType) -> None:
    """Types in `Annotated` convert, refuse, and are documented."""
    assert hug.test.get(module, "/pages/7", size=2).data == {"page": 7, "size": 2}
    assert hug.test.get(module, "/pages/100", size=3).data == {
        "errors": {"page": "'100' reaches the limit of 100", "size": "Must be even"}
    }
    inputs = hug.API(module).http.documentation()["handlers"]["/pages/{page}"]["GET"]["inputs"]
    assert inputs["size"]["type"] == "An even number"


@block("docs/deploying.md", "STEPS")
def test_deploying_done(module: ModuleType) -> None:
    """A stream that is over says so in an event; who comes back all the same gets the rest, then 204."""
    with hug.test.sse(module, "/job") as stream:
        assert [(each.event, each.data) for each in stream.take(2)] == [
            ("message", "fetched"),
            ("message", "checked"),
        ]
        stream.reconnect()
        assert [each.event for each in stream.take(2)] == ["message", "done"]
        stream.reconnect()
        assert stream.status == "204 No Content"


@block("docs/deploying.md", "Mount(")
def test_mount(module: ModuleType) -> None:
    """Mounted in another framework, an endpoint is found below the prefix."""

    async def ask() -> None:
        transport = httpx2.ASGITransport(module.site)
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            answer = await client.get("/api/hello")
            assert answer.json() == "hello"

    asyncio.run(ask())


@block("docs/watching.md", ".sse.status(most)")
def test_status(module: ModuleType) -> None:
    """The status is for operators; it lists the channels of the application, as many as they ask for."""
    assert hug.test.get(module, "/status").status_code == 403
    module.news.publish("x")
    key = {"X-Key": "only operators know this"}
    # Channels of other tests are known, too.
    told = hug.test.get(module, "/status", most=10_000, headers=key).data
    assert told["ok"]
    assert "news" in [each["name"] for each in told["channels"]["listed"]]
    assert told.keys() == {"ok", "ending", "seconds", "streams", "gaps", "broker", "channels"}
    assert hug.test.get(module, "/status", most=0, headers=key).data["channels"]["listed"] == []
    for name in ("streams", "gaps", "broker"):
        for field in told[name]:
            assert field in {"reach", "ended"} or f"`{field}`" in PAGES["docs/watching.md"], field
    for reason in told["streams"]["ended"]:
        assert reason in PAGES["docs/watching.md"]


@block("docs/watching.md", "sse.health(")
def test_health(module: ModuleType) -> None:
    """The health of the streams has an address."""
    assert hug.test.get(module, "/health/streams").data["ok"]


@block("docs/watching.md", "sse.metrics(")
def test_metrics(module: ModuleType) -> None:
    """All metrics of the table are told, and the application's own; the table has them all."""
    assert hug.test.post(module, "/order").status_code == 200
    hug.sse.channel("prices").publish("1")
    lines = hug.test.get(module, "/metrics").content.decode().splitlines()
    told = {line.split("{")[0].split(" ")[0] for line in lines if not line.startswith("#")}
    assert "orders_total" in told
    listed = set(re.findall(r"`(hug_[a-z_]+)`", PAGES["docs/watching.md"]))
    assert listed == {name for name in told if name.startswith("hug_")}


@block("docs/migrating.md", "'/price'")
def test_hug_2(module: ModuleType) -> None:
    """What was written for hug 2 does here what it did there."""
    answer = hug.test.get(module, "/v1/price", amount=3, headers={"X-Key": "secret"})
    assert answer.data["price"] == 6
    assert answer.data["took"] >= 0
    assert hug.test.get(module, "/v1/price", amount=3).status == hug.HTTP_403
    wrong = hug.test.get(module, "/v1/price", amount=100, headers={"X-Key": "secret"})
    assert wrong.data == {"errors": {"amount": "'100' reaches the limit of 100"}}


@block(
    "docs/testing.md",
    "test_numbers_resume",
    "test_publishing",
    "test_headers",
    "test_another_channel",
    "test_one",
)
def test_tests(module: ModuleType) -> None:
    """The tests shown pass."""
    tests = [function for name, function in vars(module).items() if name.startswith("test_")]
    assert len(tests) >= 2
    for function in tests:
        result = function()
        if inspect.iscoroutine(result):
            asyncio.run(result)


CALLS_OF_SHOP = code_of("docs/commands.md", "import shop")


@block("docs/commands.md", "# shop.py")
def test_shop(module: ModuleType) -> None:
    """The function that is shown is a command, an endpoint and a checked call, as is shown there."""
    assert hug.test.get(module, "/price", thing="tea", amount=3).data == {"thing": "tea", "price": 6}
    assert hug.test.cli("price", "tea", "-a", 3, "--gift", module=module) == {"thing": "tea", "price": 7}
    for line in re.findall(r"^usage: .*|^shop.py.*: error: .*", PAGES["docs/commands.md"], re.MULTILINE):
        assert line in cost_of_300(module), line
    sys.modules["shop"] = module
    exec(CALLS_OF_SHOP, {})
    del sys.modules["shop"]


def cost_of_300(module: ModuleType) -> list[str]:
    """What the command says of an amount that is too large."""
    with redirect_stderr(io.StringIO()) as told, pytest.raises(SystemExit):
        module.__hug__.cli(["shop.py", "price", "tea", "-a", "300"])
    return told.getvalue().splitlines()


@block("docs/commands.md", "class Git")
def test_commands_of_a_class(module: ModuleType) -> None:
    """The method that is shown is a command."""
    assert hug.test.cli("push", module=module) == "pushing main"


@block("docs/commands.md", "def test_add")
def test_tested_command(module: ModuleType) -> None:
    """The test that is shown passes."""
    module.test_add()


@block("docs/commands.md", "def city_of")
def test_service(module: ModuleType) -> None:
    """The function that asks a service gets the same from one in the process."""
    api = hug.API()
    hug.get("/users/{name}", api=api)(lambda name: {"city": f"of {name}"})
    assert module.city_of("x", module.use.Local(api)) == "of x"


def test_table_of_plain_types() -> None:
    """Each type makes of the example what the table says, and refuses what it says."""
    names = {**vars(hug.types), "Decimal": decimal.Decimal, "UUID": uuid.UUID}
    rows = re.findall(
        r"^\| `(\w+)` \| .*? \| `(.*)` gives `(.*)` \| (?:`(.*)` )?\|$", PAGES["docs/types.md"], re.MULTILINE
    )
    assert len(rows) == 11
    for kind, given, made, refused in rows:
        convert = names[kind]
        result, expected = convert(eval(given.replace("\\|", "|"))), eval(made, names)
        assert result == expected
        assert type(result) is type(expected)
        if refused:
            with pytest.raises((ValueError, KeyError)):
                convert(eval(refused))


@block("docs/types.md", "def born(")
def test_own_types(module: ModuleType) -> None:
    """A type that builds on another has words of its own, one with the context uses that."""
    assert hug.test.get(module, "/born", who="ann", when="1950").data == "Ann Smith: 1950"
    for when in ("1850", "x"):
        assert hug.test.get(module, "/born", who="bob", when=when).data == {
            "errors": {"who": "Nobody of that name", "when": "Must be a year since 1900"}
        }


def test_options_of_own_types() -> None:
    """The table has all options of ``@hug.type``."""
    table = PAGES["docs/types.md"].partition("| `@hug.type(...)` | |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)", table, re.MULTILINE)) == set(inspect.signature(hug.type).parameters)


@block("docs/types.md", "def half(")
def test_functions_behind_types(module: ModuleType) -> None:
    """A function in ``Annotated`` is called with what the type has made, and what it raises is the answer."""
    assert hug.test.get(module, "/halves", number="4").data == 2
    assert hug.test.get(module, "/halves", number="3").data == {"errors": {"number": "Must be even"}}


@block("docs/types.md", "def add(body: User)")
def test_typed_attributes(module: ModuleType) -> None:
    """A body becomes a schema, whose attributes are converted whenever they are set."""
    assert hug.test.post(module, "/users", {"name": "a", "age": "5", "x": 1}).data == {"name": "a", "age": 6}
    told = hug.test.post(module, "/users", {"age": "150"}).data
    assert told == {"errors": {"body": "'150' reaches the limit of 150"}}


@pytest.mark.parametrize("command", ["serve", "publish", "listen"])
def test_options_of_commands(command: str) -> None:
    """The page names each option of the command in its table, and none that there is not."""
    tables = [f"\n{part}" for part in PAGES["docs/serving.md"].split("\n\n") if part.startswith("| ")]
    (table,) = (each for each in tables if each.startswith(HEADS[command]))
    named = set(re.findall(r"[`, ](--?[a-zA-Z][a-z-]*)", "".join(re.findall(r"\n\|([^|]*)", table))))
    parser: argparse.ArgumentParser = importlib.import_module(f"hug.command.{command}")._parser()
    options = [set(each.option_strings) for each in parser._actions if each.option_strings]
    assert named <= set().union(*options)
    elsewhere = {"--help", "--version", "--file", "--module", "--broker"}
    assert [each for each in options if not each & (named | elsewhere)] == []


HEADS = {"serve": "\n| | |", "publish": "\n| `hug publish` | |", "listen": "\n| `hug listen` | |"}


def defaults_of(page: str) -> dict[str, str]:
    """What is in the tables of a page behind a name in code that is alone in its cell."""
    rows = re.findall(r"^\| `(\w+)(?:=\w+)?` \| (.*?) \|$", PAGES[page], re.MULTILINE)
    return dict(rows)


def test_defaults_of_streams() -> None:
    """The table of settings has each of them, and its default."""
    told = {
        name: ast.literal_eval(cells.partition(" | ")[0].strip("`"))
        for name, cells in defaults_of("docs/streams.md").items()
    }
    assert told == dataclasses.asdict(Settings())


def test_defaults_of_brokers() -> None:
    """The table of options of a broker's URL has hug's own, with their defaults."""
    told = {
        name: cells.rpartition(" | ")[2].strip("`") for name, cells in defaults_of("docs/brokers.md").items()
    }
    assert told == {"prefix": PREFIX, "patience": f"{PATIENCE:g}", "wait": f"{WAIT:g}"}
    assert f"{MOST_PATIENCE:g} at most" in PAGES["docs/brokers.md"]
    broker = broker_at("redis://localhost")
    assert isinstance(broker, RemoteBroker)
    assert (broker.patience, broker.wait) == (PATIENCE, WAIT)


def test_nothing_is_left_out() -> None:
    """Every block of Python in the README and in docs/ is used by a test of this file."""
    assert [block for blocks in BLOCKS.values() for block in blocks if block not in tested] == []
