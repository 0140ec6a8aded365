"""A router for the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self, TypeVar, Unpack

from hug.api.module_api import api_for
from hug.interface.cli import CLI
from hug.interface.of_function import Interfaces, behind_local
from hug.introspect import bare
from hug.routers.options import CLIOptions, RouterOptions
from hug.routers.router import Router, warn_of_unmapped

F = TypeVar("F", bound=Callable[..., Any])


class CLIRouter(Router):
    """A router for the command line: its functions are commands."""

    known = CLIOptions

    def __init__(
        self,
        name: str | None = None,
        version: object = None,
        doc: str | None = None,
        **options: Unpack[RouterOptions],
    ) -> None:
        """Make a router.

        Args:
            name: What the command is called; default is the name of the function.
            version: What ``-v`` and ``--version`` print after the name; without it there are no such options.
            doc: What ``--help`` and the overview of all commands say; default is the function's docstring.
            options: Those of all routers.

        Raises:
            TypeError: ``name`` is a function: the parentheses after the decorator's name are missing.
        """
        if callable(name):
            bare(name, "hug.cli")
        super().__init__(name=name, version=version, doc=doc, **options)

    def __call__(self, function: F) -> F:
        """Make ``function`` a command, and return it."""
        spec = behind_local(function)
        api = api_for(self.route.get("api"), spec)
        command = CLI(self.route, spec, api)
        warn_of_unmapped(command)
        Interfaces.of(function).cli = command
        api.cli.commands[command.name] = command
        return function

    def name(self, name: str, **overrides: Any) -> Self:
        """Return a router whose command is called this."""
        return self.where(name=name, **overrides)

    def version(self, version: object, **overrides: Any) -> Self:
        """Return a router whose command has this version."""
        return self.where(version=version, **overrides)

    def doc(self, doc: str, **overrides: Any) -> Self:
        """Return a router whose command says this of itself."""
        return self.where(doc=doc, **overrides)
