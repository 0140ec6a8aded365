"""What answers when something was raised: the handlers of exceptions, and which of them is asked."""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Awaitable, Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

import falcon

from hug.interface.exception_handler import ExceptionHandler
from hug.versions import Key, Version, key
from hug.web import errors

ByClass = Mapping[type[BaseException], tuple[ExceptionHandler, ...]]

_ANSWERS: Final = (falcon.HTTPStatus, falcon.HTTPNotFound)
"""What is raised in order to answer, not because something went wrong: only handlers of just these get it."""


class ExceptionHandlers:
    """The handlers of an API, by version and class of exceptions."""

    def __init__(self) -> None:
        self._kept: dict[Key, dict[type[BaseException], tuple[ExceptionHandler, ...]]] = {}

    def add(self, kind: type[BaseException], handler: ExceptionHandler, version: Version = None) -> None:
        """Let ``handler`` answer before all others of this class.

        Raises:
            TypeError: ``kind`` is no class of exceptions.
        """
        if not (isinstance(kind, type) and issubclass(kind, BaseException)):
            raise TypeError(f"a handler is for classes of exceptions, and {kind!r} is none")
        of_version = self._kept.setdefault(key(version), {})
        kind = _falcons_own(kind)
        of_version[kind] = (handler, *of_version.get(kind, ()))

    def of(self, version: Version = None) -> ByClass:
        """Return the handlers for requests of this version alone, by class, the newest first."""
        return MappingProxyType(self._kept.get(key(version), {}))

    def adopt(
        self, others: ExceptionHandlers, remade: Callable[[ExceptionHandler], ExceptionHandler]
    ) -> None:
        """Take from ``others`` what is for classes that have no handler here in that version.

        Args:
            others: Handlers of another API.
            remade: Makes one for this API of one of theirs.
        """
        for version, of_version in others._kept.items():
            own = self._kept.setdefault(version, {})
            for kind in of_version.keys() - own.keys():
                own[kind] = tuple(map(remade, of_version[kind]))

    @property
    def beyond_exceptions(self) -> bool:
        """Whether any is for what is no `Exception`, such as `SystemExit`."""
        return any(not issubclass(kind, Exception) for kinds in self._kept.values() for kind in kinds)

    def chosen(self, error: BaseException, asked: int | None) -> ExceptionHandler | None:
        """Return what answers ``error`` in a request that asks for this version, None if nothing does.

        That is the handler of the most specific class; of several, one for just this version goes before one
        for all, and the newest before older ones. What ends a task is no error, and nobody's to answer.
        """
        if not self._kept or isinstance(error, CancelledError | GeneratorExit):
            return None
        kept = [self._kept[each] for each in _keys(asked) if each in self._kept]
        for kind in _classes(error):
            for handlers in kept:
                for handler in handlers.get(kind, ()):
                    if not isinstance(error, tuple(map(_falcons_own, handler.exclude))):
                        return handler
        return None


def _keys(asked: int | None) -> tuple[Key, Key]:
    return (key(False) if asked is None else asked, None)


def _classes(error: BaseException) -> Iterable[type]:
    """Return the classes whose handlers may answer ``error``, the most specific first."""
    classes = type(error).__mro__
    if type(error) is falcon.HTTPMethodNotAllowed:
        return (falcon.HTTPMethodNotAllowed,)  # Falcon's word that there is no such route
    for kind in _ANSWERS:
        if isinstance(error, kind):
            return [each for each in classes if issubclass(each, kind)]
    return classes


def _falcons_own(kind: type[BaseException]) -> type[BaseException]:
    """Return the class of Falcon's that one of hug's stands for: who handles one handles the other."""
    return getattr(falcon, kind.__name__, kind) if kind.__module__ == errors.__name__ else kind


class Carried(Exception):  # it carries what is no Exception through Falcon, which catches nothing else
    """Something was raised that is no `Exception`."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(repr(error))
        self.error = error


def carrying(responder: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """Return a responder that raises `Carried` in place of what is no `Exception`."""

    async def respond(request: Any, response: Any, **fields: Any) -> None:
        try:
            await responder(request, response, **fields)
        except (Exception, CancelledError, GeneratorExit):
            raise
        except BaseException as error:
            raise Carried(error) from error

    return respond
