"""What programs load: what they use, and nothing else; and names are there whenever they are asked for."""

from __future__ import annotations

import ast
import copy
import importlib
import pickle
import subprocess
import sys
import textwrap
import threading
import types
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest import mock

import falcon
import pytest

import hug
from hug.routers.options import METHODS

pytestmark = pytest.mark.slow  # most of them start an interpreter or two

PACKAGE = Path(hug.__file__).parent

OPTIONAL = {
    "httpx2", "marshmallow", "multipart", "nats", "numpy", "prometheus_client", "psycopg", "pydantic",
    "redis",
}  # fmt: skip

ANSWERS_REQUESTS = {
    "falcon",
    "uvicorn",
    "a2wsgi",
    "hug.dispatch",
    "hug.openapi",
    "hug.interface.http",
}


def loaded(program: str, *words: str, folder: Path | None = None) -> set[str]:
    """Run a program, and return the modules that it has loaded when it is over, with their packages."""
    report = """
import atexit, sys
sys.argv = ["program.py", *sys.argv[1:]]
atexit.register(lambda: print("", *sys.modules, sep="\\n", file=sys.stderr))
"""
    command = [sys.executable, "-W", "error", "-c", report + textwrap.dedent(program), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    told, _, modules = done.stderr.partition("\nsys\n")
    assert done.returncode == 0, told
    return set(modules.split())


COMMANDS = """
import hug

@hug.cli()
def add(first: int, second: hug.types.number = 1, hug_timer=3) -> str:
    '''Adds'''
    return f"{first + second}"

@hug.startup()
def begin(api):
    print("begins")

@hug.shutdown()
def end():
    print("ends")

@hug.local()
def twice(number: int):
    return 2 * number

assert twice("2") == 4
hug.API(__name__).cli()
"""


def test_commands() -> None:
    """A program of commands and local functions loads no Falcon, server, event stream, or event loop."""
    modules = loaded(COMMANDS, "add", "1", "--second", "2")
    assert "hug.interface.cli" in modules
    assert modules & (ANSWERS_REQUESTS | OPTIONAL | {"asyncio", "hug.eventstream"}) == set()


def test_command_of_a_file(tmp_path: Path) -> None:
    """`hug -f program.py -c name` loads no more for a command than the program itself does."""
    (tmp_path / "commands.py").write_text(COMMANDS.rpartition("hug.API")[0])
    program = "from hug.command import main; assert not main(['-f', 'commands.py', '-c', 'add', '1'])"
    modules = loaded(program, folder=tmp_path)
    assert "hug.interface.cli" in modules
    assert (
        modules & (ANSWERS_REQUESTS | OPTIONAL | {"asyncio", "hug.eventstream", "importlib.metadata"})
        == set()
    )


@pytest.mark.parametrize("decorator", ["cli", "local"])
def test_async_functions(decorator: str) -> None:
    """An async function brings the event loop that it needs, and nothing of HTTP."""
    modules = loaded(f"""
import hug

@hug.{decorator}()
async def add(first: int = 1):
    return first

hug.API(__name__).cli(["x", "add"]) if "{decorator}" == "cli" else add()
""")
    assert "asyncio" in modules
    assert modules & (ANSWERS_REQUESTS | OPTIONAL) == set()


def test_publisher() -> None:
    """A script that publishes and listens loads no Falcon, and nothing else that answers requests."""
    modules = loaded("""
import threading
import hug

news = hug.sse.channel("news", history=3)
news.publish({"n": 1})
assert hug.sse.channels["news"] is news
for message in news.subscribe("start"):
    assert message.json() == {"n": 1}
    break
""")
    assert "hug.eventstream.channels.channel" in modules
    assert modules & (ANSWERS_REQUESTS | OPTIONAL | {"hug.interface.cli"}) == set()


def test_publishing_command(tmp_path: Path) -> None:
    """`hug publish` and `hug listen` load channels, and nothing of programs or requests."""
    broker = f"['-b', 'sqlite:///{tmp_path}/channels.sqlite', 'news', "
    modules = loaded(
        f"from hug.command import main; assert not main(['publish', *{broker} '1']])\n"
        f"assert not main(['listen', *{broker} '--count', '1', '--since', 'start']])"
    )
    assert "hug.eventstream.brokers.remote" in modules
    assert modules & (ANSWERS_REQUESTS | OPTIONAL | {"hug.api", "hug.interface"}) == set()


def test_first_request() -> None:
    """An endpoint loads all that requests need: the first one loads nothing more."""
    loaded("""
import sys
import hug

@hug.get()
def hello(name: hug.types.text = "World", hug_timer=3):
    return [name, str(hug.redirect), hug.HTTP_200, str(hug.HTTPNotFound), str(hug.sse)]

@hug.post()
async def form(body):
    return body

import hug.test
api = hug.API(__name__)
hug.test.get(api, "/openapi.json")
before = set(sys.modules)
hug.test.get(api, "/hello", name="x")
hug.test.post(api, "/form", {"a": 1})
hug.test.get(api, "/nothing")
assert set(sys.modules) == before, set(sys.modules) - before
""")


def test_applications_without_routes() -> None:
    """A module that offers nothing by HTTP has applications all the same, which their first call makes."""
    loaded("""
import sys
import hug

@hug.cli()
def command():
    pass

application, wsgi = __hug_asgi__, __hug_wsgi__
assert "falcon" not in sys.modules
import hug.test
assert hug.test.get(__name__, "/nothing").status == hug.HTTP_404
api = hug.API(__name__)
assert __hug_asgi__ is api.http.server() is not application
assert application.site is api.http
from wsgiref.util import setup_testing_defaults
environ, statuses = {}, []
setup_testing_defaults(environ)
body = wsgi(environ, lambda status, headers, error=None: statuses.append(status))
list(body), body.close()
assert statuses == ["404 Not Found"]
assert wsgi.application is __hug_wsgi__.application is api.http.server()
""")


def test_own_application_stays() -> None:
    """What a module has put in the place of its applications stays there when its first route comes."""
    module = types.ModuleType("wrapped")
    api = hug.API(module)
    mine = module.__hug_asgi__ = object()
    hug.get("/here", api=api)(lambda: "here")
    assert module.__hug_asgi__ is mine
    assert module.__hug_wsgi__ is api.http.of_module


def test_sides_of_an_api() -> None:
    """An API gets a side for HTTP, and one for commands, when it is asked for it, and keeps that."""
    api, other = hug.API(), hug.API()
    api.extend(other)
    assert not list(api.handlers())
    assert not any((api.has_http, api.has_cli, other.has_http, other.has_cli))
    hug.get("/here", api=other)(lambda: "here")
    api.extend(other, "/there")
    assert list(api.http.urls()) == ["/there/here"]
    assert (api.http is api.http, api.has_http, api.has_cli) == (True, True, False)
    with pytest.raises(ValueError, match="must start with '/'"):
        api.extend(hug.API(), "there")


def test_group_of_commands_that_come_later() -> None:
    """An API that has no commands yet can be a group of commands of another one."""
    api, group = hug.API(), hug.API()
    api.extend(group, sub_command="group")
    hug.cli("later", api=group)(lambda: None)
    assert [command.name for command in api.cli.handlers()] == ["later"]


LAZY = [path for path in sorted(PACKAGE.rglob("*.py")) if "= lazily(" in path.read_text()]


def declared(path: Path) -> Iterator[tuple[str, str, str | None]]:
    """Yield what a module imports for type checkers: name here, module, name there; None is the module."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            for each in node.body:
                if isinstance(each, ast.Import):
                    yield from ((alias.name, alias.name, None) for alias in each.names)
                elif isinstance(each, ast.ImportFrom):
                    assert each.module
                    yield from ((a.asname or a.name, each.module, a.name) for a in each.names)
                elif isinstance(each, ast.Assign):
                    [target], value = each.targets, each.value
                    assert isinstance(target, ast.Name)
                    assert isinstance(value, ast.Name)
                    yield target.id, "falcon", value.id


@pytest.mark.parametrize("path", LAZY, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_names_are_what_type_checkers_see(path: Path) -> None:
    """Each name of a module that loads lazily is what its imports for type checkers say, and is listed."""
    module = importlib.import_module(
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
    )
    seen = set()
    for name, home, there in declared(path):
        if there == "*":
            seen |= set(importlib.import_module(home).__all__)
            continue
        where = importlib.import_module(home)
        expected = where if there is None else getattr(where, there)
        assert getattr(module, name) is expected, name
        seen.add(name)
    assert seen == set(module.__all__)
    assert len(module.__all__) == len(set(module.__all__))
    assert set(module.__all__) <= set(dir(module))


def test_star() -> None:
    """``from hug import *`` brings all public names, and nothing else."""
    names: dict[str, object] = {}
    exec("from hug import *", names)
    del names["__builtins__"]
    assert names.keys() == set(hug.__all__)
    assert all(names[name] is getattr(hug, name) for name in names)


def test_names_that_are_not_there() -> None:
    """An unknown name is the error it is in any module, with a name that is like it."""
    program = "import hug; hug.gett"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    last = done.stderr.splitlines()[-1]
    assert last == "AttributeError: module 'hug' has no attribute 'gett'. Did you mean: 'get'?"
    assert not hasattr(hug, "__wrapped__")
    assert not hasattr(hug, "sse.channel")
    with pytest.raises(ImportError, match="cannot import name 'gett' from 'hug'"):
        exec("from hug import gett")


def test_modules_that_are_not_public() -> None:
    """Modules that were there after ``import hug`` since they were used by others are still there."""
    loaded("import hug; hug.store.InMemoryStore; hug.interface.http.HTTP; hug.api.cli_api; hug._version")


def test_missing_package() -> None:
    """A package that is missing is named where it is needed first."""
    program = """
import sys
sys.modules["falcon"] = None
import hug
try:
    hug.HTTP_200
except ModuleNotFoundError as error:
    assert error.name == "falcon"
else:
    raise AssertionError
try:
    @hug.get()
    def endpoint(): ...
except ModuleNotFoundError as error:
    assert error.name == "falcon"
else:
    raise AssertionError
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_patches() -> None:
    """A name can be replaced for a while, before and after it was asked for."""
    loaded("""
import hug
from unittest import mock
with mock.patch("hug.validate") as validate:
    assert hug.validate is validate
with mock.patch("hug.directive") as directive:
    assert hug.directive is directive
import hug.validate as real
assert hug.validate is real
assert hug.directive is hug.decorators.directive
""")
    get = hug.get
    with mock.patch("hug.get"):
        assert hug.get is not get
    assert hug.get is get


def test_reloads() -> None:
    """A module that is reloaded, or imported again, has the same names."""
    loaded("""
import importlib, sys
import hug
names = {name: getattr(hug, name) for name in hug.__all__}
hug.get = None
importlib.reload(hug)
assert all(getattr(hug, name) is each for name, each in names.items())
del sys.modules["hug"]
import hug as again
assert again is not hug
assert all(getattr(again, name) is each for name, each in names.items())
""")


def test_threads() -> None:
    """Threads that ask for the same names at once get the same things."""
    loaded("""
import sys, threading
sys.setswitchinterval(1e-5)
import hug

names = [name for name in hug.__all__]
found = []
start = threading.Barrier(8)
hug.API("same")

def look():
    start.wait()
    api = hug.API("same")
    found.append((api, api.http, api.cli, api.own_channels, *(getattr(hug, name) for name in names)))

threads = [threading.Thread(target=look) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert len(found) == 8
assert all(len({id(each) for each in same}) == 1 for same in zip(*found))
""")


@pytest.mark.parametrize("where", ["main thread", "thread"])
def test_first_event_after_the_main_thread(where: str, tmp_path: Path) -> None:
    """A thread publishes the first event after the main thread has ended, with a channel of before or after.

    Python lets nobody import executors then, which uvloop does.
    """
    program = f"""
import threading
import hug

def channel():
    api = hug.API("here")
    api.broker = "sqlite:///{tmp_path}/channels.sqlite"
    return hug.sse.channel("news", api=api)

news = channel() if {where!r} == "main thread" else None

def publish():
    threading.main_thread().join()
    published = (news or channel()).publish("late")
    assert published.result(20)
    print("published")

threading.Thread(target=publish).start()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("published\n", "")


def test_threads_that_make_an_api() -> None:
    """Threads that ask for the API of a module for the first time at once get the same one."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as threads:
            for number in range(300):
                start = threading.Barrier(4, timeout=10)

                def make(name: str, start: threading.Barrier = start) -> hug.API:
                    start.wait()
                    return hug.API(name)

                assert len(set(threads.map(make, [f"{__name__}.made_{number}"] * 4))) == 1
    finally:
        sys.setswitchinterval(interval)


def test_pickles() -> None:
    """Public classes and functions are pickled by name, and copied as what they are."""
    for each in (hug.API, hug.cli, hug.sse, hug.HTTPNotFound, hug.redirect.to):
        assert pickle.loads(pickle.dumps(each)) is each
    module = types.ModuleType("copied")
    hug.API(module)
    assert copy.copy(module.__hug_asgi__)._api is module.__hug__


def test_methods_of_http() -> None:
    """The methods that hug knows without Falcon are those that Falcon knows."""
    assert tuple(falcon.HTTP_METHODS) == METHODS
