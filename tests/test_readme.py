"""The README's code runs as it stands."""

import asyncio
import importlib
import inspect
import os
import re
import select
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import hug

README = (Path(__file__).parent.parent / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.fixture
def module(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The block that contains the parameter's text, as a module of its own."""
    (code,) = (block for block in BLOCKS if request.param in block)
    name = f"readme_{BLOCKS.index(code)}"
    (tmp_path / f"{name}.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module(name)


def block(text: str) -> Any:
    return pytest.mark.parametrize("module", [text], indirect=True)


@block("'/sse'")
def test_contract(module: ModuleType) -> None:
    """The first block streams three events with type and id."""
    with hug.test.sse(module, "/sse") as stream:
        events = [(message.event, message.id, message.json()) for message in stream]
    assert events == [("tick", str(n), {"n": n}) for n in range(3)]


def test_contract_from_the_command_line(tmp_path: Path) -> None:
    """`hug -f app.py` serves it, and the output is the one shown."""
    (tmp_path / "app.py").write_text(BLOCKS[0])
    command = [sys.executable, "-m", "hug", "-f", "app.py", "-p", "0", "-ma"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, bufsize=0
    ) as server:
        try:
            assert server.stdout is not None
            output = ""
            while not (found := re.search(r"http://localhost:(\d+)", output)):
                assert select.select([server.stdout], [], [], 10)[0], output
                output += server.stdout.readline().decode()
            url = f"http://localhost:{found[1]}/sse"
            shown = subprocess.run(
                ["curl", "-sN", url], capture_output=True, text=True, timeout=10, check=True
            )
        finally:
            server.send_signal(signal.SIGTERM)
    documented = re.search(r"\$ curl .*?\n(.*?)\n\.\.\.", README, re.DOTALL)
    assert documented is not None
    assert documented[1] in shown.stdout


@block("'/count'")
def test_streams(module: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The counter goes on where a reconnecting browser was; the log is streamed line by line."""
    with hug.test.sse(module, "/count", last_event_id="41") as stream:
        assert next(stream).json() == {"n": 42}
    monkeypatch.chdir(tmp_path)
    Path("app.log").write_text("one\ntwo\n")
    with hug.test.sse(module, "/log") as stream:
        assert [message.data for message in stream] == ["one", "two"]


@block("'/news'")
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


@block("'/orders'")
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


@block("'/add'")
def test_endpoints(module: ModuleType) -> None:
    """Endpoints convert what they are given, and say what does not fit."""
    assert hug.test.get(module, "/add", a=1, b=2).data == {"sum": 3}
    assert hug.test.get(module, "/add", a="x").data == {"errors": {"a": "Invalid whole number provided"}}
    assert '{"errors": {"a": "Invalid whole number provided"}}' in README
    answer = hug.test.post(module, "/notes", {"text": "hello", "tags": ["a", "b"]})
    assert answer.data == {"text": "hello", "tags": ["a", "b"]}


@block("test_numbers_resume")
def test_tests(module: ModuleType) -> None:
    """The tests shown pass."""
    tests = [function for name, function in vars(module).items() if name.startswith("test_")]
    assert len(tests) == 2
    for function in tests:
        result = function()
        if inspect.iscoroutine(result):
            asyncio.run(result)


def test_nothing_is_left_out() -> None:
    """Every block of Python in the README is used above."""
    assert len(BLOCKS) == 6
