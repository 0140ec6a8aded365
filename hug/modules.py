"""Modules as hosts of an API: found by name, by function, and given the names that servers look for."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from hug.exceptions import HugError


class NotImported(HugError, LookupError):
    """A module was named that nobody has imported."""


_made: dict[str, ModuleType] = {}


def find(name: str) -> ModuleType:
    """Return the module of this name; a new, empty one, always the same, if no such module is imported."""
    module = sys.modules.get(name)
    if module is None:
        # Not put into sys.modules: an import of this name must still find the real module.
        module = _made.setdefault(name, ModuleType(name))
    return module


def known(name: str) -> ModuleType | None:
    """Return the module of this name if it is imported, or has been asked for."""
    return sys.modules.get(name) or _made.get(name)


def imported(name: str) -> ModuleType:
    """Return the module of this name, which has to be imported, or to have been asked for.

    Raises:
        NotImported: It is not: one that is made now would be empty.
    """
    module = known(name)
    if module is None:
        raise NotImported(
            f"no module {name!r} is imported, so it has no API: import it first; in a module itself its name "
            "is __name__"
        )
    return module


def of_function(function: Callable[..., Any]) -> ModuleType:
    """Return the module that ``function`` was defined in."""
    return find(function.__module__)


def globals_of_caller(depth: int) -> dict[str, Any]:
    """Return the global names of the function that is ``depth`` calls above the one that asks."""
    return sys._getframe(depth + 1).f_globals


def publish(module: ModuleType, api: Any, application: Any, wsgi: Any) -> None:
    """Give ``module`` the names under which its API and its ASGI and WSGI applications are looked for."""
    vars(module).update(__hug__=api, __hug_asgi__=application, __hug_wsgi__=wsgi)


def replace(module: ModuleType, kind: type, name: str, value: Any) -> None:
    """Give ``module`` another value for a name, if the one it has is of this ``kind``: nobody has set it."""
    if isinstance(vars(module).get(name), kind):
        setattr(module, name, value)
