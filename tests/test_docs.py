"""The code in the README and in docs/ runs as it stands."""

import asyncio
import importlib
import inspect
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx2
import pytest

import hug

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
def module(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
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
    for command in (
        ["mypy", "--check-untyped-defs", "."],
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


@pytest.mark.parametrize("words", [(), ("-f",)], ids=["hug app.py", "hug -f app.py"])
def test_contract_from_the_command_line(tmp_path: Path, words: tuple[str, ...]) -> None:
    """The command serves it, and the output is the one shown, from its first line on."""
    documented = re.search(r"\$ curl .*?\n(.*?)\n\.\.\.", PAGES["README.md"], re.DOTALL)
    assert documented is not None
    with served(tmp_path, BLOCKS["README.md"][0], *words) as (url, _):
        assert curl(f"{url}/sse").startswith(f"{documented[1]}\n")


PUBLISHER = code_of("docs/channels.md", "threading.Thread")


def test_thread_that_publishes(tmp_path: Path) -> None:
    """A thread that publishes is heard, and ends with the process without a word."""
    with served(tmp_path, PUBLISHER) as (url, server):
        assert "celsius" in curl(f"{url}/readings", "--max-time", "1")
        server.terminate()
        assert server.communicate(timeout=10)[1].count("Traceback") == 0


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


@block("docs/endpoints.md", "@hug.directive()")
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
        (bool, [True] * 8),
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
        ("/str", "['a', 'b']"),
    ):
        missing = {"errors": {"headline": "Required parameter 'headline' not supplied"}}
        for sent, expected in (("a,b", made), ("a%2Cb", "a,b"), ("", missing)):
            assert hug.test.get(api, f"{path}?headline={sent}").data == expected
            assert hug.test.post(api, path, f"headline={sent}", headers=form).data == expected
        assert hug.test.post(api, path, {"headline": "a,b"}).data == "a,b"


FORM = code_of("docs/endpoints.md", "'/headlines'")


def test_future(tmp_path: Path) -> None:
    """An API that takes forms as they are sent is given text with a comma by curl, as shown."""
    documented = re.search(r"\$ curl -d '(.*?)' \S+/headlines\n(.*)\n", PAGES["docs/endpoints.md"])
    assert documented is not None
    with served(tmp_path, FORM) as (url, _):
        assert curl(f"{url}/headlines", "-d", documented[1]) == documented[2]


FILES = [code_of("docs/endpoints.md", f"# {name}.py\n") for name in ("app", "desk")]


def test_several_files(tmp_path: Path) -> None:
    """Endpoints of the second file are served with those of the first, and use the same channel."""
    (tmp_path / "desk.py").write_text(FILES[1])
    with served(tmp_path, FILES[0]) as (url, _):
        follow = ["curl", "-sN", f"{url}/orders", "--max-time", "10"]
        stream = subprocess.Popen(follow, stdout=subprocess.PIPE, text=True)
        with stream:
            assert stream.stdout is not None
            try:
                assert next(stream.stdout) == ":\n"
                curl(f"{url}/orders", "-d", "item=tea")
                assert "data: tea\n" in stream.stdout
            finally:
                stream.terminate()


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


@block("docs/migrating.md", "'/price'")
def test_hug_2(module: ModuleType) -> None:
    """What was written for hug 2 does here what it did there."""
    answer = hug.test.get(module, "/v1/price", amount=3, headers={"X-Key": "secret"})
    assert answer.data["price"] == 6
    assert answer.data["took"] >= 0
    assert hug.test.get(module, "/v1/price", amount=3).status == hug.HTTP_403
    wrong = hug.test.get(module, "/v1/price", amount=100, headers={"X-Key": "secret"})
    assert wrong.data == {"errors": {"amount": "'100' reaches the limit of 100"}}


@block("docs/testing.md", "test_numbers_resume", "test_publishing", "test_headers", "test_another_channel")
def test_tests(module: ModuleType) -> None:
    """The tests shown pass."""
    tests = [function for name, function in vars(module).items() if name.startswith("test_")]
    assert len(tests) >= 2
    for function in tests:
        result = function()
        if inspect.iscoroutine(result):
            asyncio.run(result)


def test_nothing_is_left_out() -> None:
    """Every block of Python in the README and in docs/ is used by a test of this file."""
    assert [block for blocks in BLOCKS.values() for block in blocks if block not in tested] == []
