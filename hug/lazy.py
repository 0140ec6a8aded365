"""Modules whose names are imported when they are asked for: a program loads what it uses.

Such a module has its imports under ``if TYPE_CHECKING``, where readers and type checkers look, and says once
more, for Python, where each name is. `tests/test_loading.py` holds it to saying the same.

Source: https://peps.python.org/pep-0562/
"""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazily(module: str, homes: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` of a module; if it is a package, its modules are found, too.

    Args:
        module: Its name.
        homes: Where each name is: ``"package.module"``; ``"package.module:other"`` if it is called otherwise
            there; ``"package.module:"`` if it is that module itself.
    """
    own = vars(sys.modules[module])
    for name in homes:
        own.pop(name, None)  # a module that is reloaded looks anew

    def find(name: str) -> Any:
        home = homes.get(name)
        value = _submodule(module, name) if home is None else _at(home, name)
        own[name] = value  # where Python finds it from now on
        return value

    def names() -> list[str]:
        return sorted({*own, *own["__all__"]})

    return find, names


def _at(home: str, name: str) -> Any:
    path, colon, other = home.partition(":")
    found = import_module(path)
    return found if colon and not other else getattr(found, other or name)


def _submodule(package: str, name: str) -> Any:
    path = f"{package}.{name}"
    try:
        if name.isidentifier() and not name.startswith("__"):
            return import_module(path)
    except ModuleNotFoundError as error:
        if error.name != path:
            raise  # it is there, and needs a package that is not
    where = sys.modules[package]
    raise AttributeError(f"module {package!r} has no attribute {name!r}", name=name, obj=where)
