"""The shape of the package: imports point down the layers, pure layers are pure, files are small."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import hug

from .conftest import LONG

PACKAGE = Path(hug.__file__).parent
TESTS = Path(__file__).parent
MOST_LINES = 400

LAYERS: dict[str, float] = {
    "": 9, "http_protocol": 9,
    "__main__": 8, "development_runner": 8, "this": 8, "use": 8, "command": 8, "test": 8,
    "decorators": 7, "route": 7, "routers": 7, "routing": 7,
    "api": 6, "dispatch": 6, "documentation": 6, "modules": 6, "openapi": 6,
    "interface": 5,
    "authentication": 4, "defaults": 4, "directives": 4, "middleware": 4, "redirect": 4, "server": 4,
    "store": 4, "transform": 4, "validate": 4,
    "web": 3,
    "eventstream": 2.9,
    "eventstream.watching": 2.7,
    "eventstream.serving": 2.6,
    "eventstream.channels": 2.5,
    "eventstream.loop": 2.4,
    "eventstream.sources": 2.3,
    "eventstream.connection": 2.2,
    "eventstream.brokers": 2.1,
    "eventstream.engines": 2.05,
    "eventstream.history": 1.2,
    "eventstream.wire": 1.1,
    "output_format": 3, "output_format.data": 1, "output_format.prepared": 1,
    "input_format": 1, "types": 1,
    "_version": 0,
    "asgi_types": 0, "bytecode": 0, "ending_budget": 0, "exceptions": 0, "flexible": 0, "format": 0,
    "introspect": 0, "json_module": 0, "lazy": 0,
    "source_locations": 0, "sentinels": 0, "signatures": 0, "url_templates": 0, "versions": 0,
}  # fmt: skip
"""By module or, for all modules in it that are not named, by package. Rooms of a layer have an order, too."""

IMPURE = {
    "asyncio",
    "threading",
    "time",
    "socket",
    "select",
    "selectors",
    "signal",
    "subprocess",
    "random",
    "os",
}

MODULES = sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {name_of(path) for path in MODULES}


def layer_of(name: str) -> float:
    while name not in LAYERS:
        if not name:
            raise KeyError(name)
        name = name.rpartition(".")[0]
    return LAYERS[name]


def imports(path: Path) -> Iterator[tuple[str, ast.stmt]]:
    """All imports, also those inside functions and those only for type checkers."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            module = node.module or ""
            for alias in node.names:
                whole = f"{module}.{alias.name}"
                yield (whole if whole.removeprefix("hug.") in NAMES else module), node


def own_imports(path: Path) -> set[str]:
    return {
        name.removeprefix("hug").removeprefix(".") for name, _ in imports(path) if name.split(".")[0] == "hug"
    }


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_down(path: Path) -> None:
    """A module imports its own layer or a lower one, whatever the place of the import."""
    layer = layer_of(name_of(path))
    upward = {name for name in own_imports(path) if layer_of(name) > layer}
    assert not upward


@pytest.mark.slow
def test_imports_make_no_circle() -> None:
    """Modules can be put into an order in which each comes after all it imports."""
    waiting = {name_of(path): own_imports(path) - {name_of(path)} for path in MODULES}
    while ready := [name for name, needs in waiting.items() if not needs & waiting.keys()]:
        for name in ready:
            del waiting[name]
    assert not waiting


@pytest.mark.parametrize("path", [path for path in MODULES if layer_of(name_of(path)) < 2], ids=name_of)
def test_pure_layers_are_pure(path: Path) -> None:
    """Layers 0 and 1 have no await, clock, thread, socket, file or randomness."""
    tree = ast.parse(path.read_text())
    assert not {name for name, _ in imports(path) if name.split(".")[0] in IMPURE}
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef | ast.Await)]
    called = {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not called & {"open", "print", "input"}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_files_are_small(path: Path) -> None:
    """A file that grows past the limit holds two concerns."""
    assert len(path.read_text().splitlines()) <= MOST_LINES


def test_no_module_takes_a_public_name() -> None:
    """`hug.http`, `hug.options` and the like are decorators; a module of that name would replace them."""
    decorators = {name for name in hug.__all__ if not isinstance(getattr(hug, name), ModuleType)}
    assert not {name.partition(".")[0] for name in NAMES} & decorators


@pytest.mark.slow
def test_event_streams_know_nothing_of_hug() -> None:
    """Any ASGI application could serve the streams: they need no request, no route and no Falcon."""
    streams = [path for path in MODULES if name_of(path).startswith("eventstream")]
    foreign = {name for path in streams for name, _ in imports(path)} & {"falcon"}
    above = {name for path in streams for name in own_imports(path) if layer_of(name) >= 3}
    assert not foreign | above


def test_import_is_light() -> None:
    """`import hug` brings no package and no name, no event loop policy, signal handler or thread."""
    code = """
import asyncio, signal, sys, threading
before = set(sys.modules)
policy = type(asyncio.get_event_loop_policy())
handlers = [signal.getsignal(s) for s in signal.valid_signals()]
import hug
assert type(asyncio.get_event_loop_policy()) is policy
assert [signal.getsignal(s) for s in signal.valid_signals()] == handlers
assert threading.active_count() == 1
heavy = {"a2wsgi", "uvicorn", "uvloop", "numpy", "pydantic", "marshmallow", "httpx2", "redis", "requests"}
heavy |= {"nats", "psycopg", "prometheus_client", "multipart", "argparse"}
heavy |= {"falcon", "logging", "inspect", "hug.api", "hug.types", "hug.web.errors", "hug.test", "hug.use"}
assert not heavy & (sys.modules.keys() - before), heavy & sys.modules.keys()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_nothing_is_patched() -> None:
    """To import all of hug changes nothing in the libraries that it uses, no signal, policy or thread."""
    code = """
import asyncio, importlib, pkgutil, signal, sys, threading
import a2wsgi, falcon.asgi, logging, msgspec, nats, psycopg, redis.asyncio, sqlite3, uvicorn.supervisors
from uvicorn.protocols.http import h11_impl, httptools_impl
modules = {name: module for name, module in sys.modules.items() if name != "__main__"}

def attributes():
    for module in modules:
        for name, value in list(vars(modules[module]).items()):
            yield (module, name), value
            if isinstance(value, type) and value.__module__ == module:
                for own, of_class in list(vars(value).items()):
                    yield (module, name, own), of_class

policy = asyncio.get_event_loop_policy()
before = dict(attributes())
handlers = [signal.getsignal(s) for s in signal.valid_signals()]
import hug
for each in pkgutil.walk_packages(hug.__path__, "hug."):
    if not each.name.endswith(("__main__", "hug.this")):  # which do something
        importlib.import_module(each.name)
assert "hug.server.http_protocol" in sys.modules
changed = [name for name, value in attributes() if name in before and before[name] is not value]
assert not changed, changed
assert asyncio.get_event_loop_policy() is policy
assert [signal.getsignal(s) for s in signal.valid_signals()] == handlers
assert threading.active_count() == 1
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_long_tests_are_there() -> None:
    """What is begun first, as it takes longest, is there under that name."""
    assert [name for name in LONG if not (TESTS / name).exists()] == []
