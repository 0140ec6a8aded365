"""Commands without a process: ``hug.test.cli(function, "word", option=value)``."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from hug import json_module
from hug.api.module_api import existing
from hug.interface import CLI


def cli(
    function: Callable[..., Any] | str,
    *args: Any,
    api: Any = None,
    module: Any = None,
    collect_output: bool = True,
    **options: Any,
) -> Any:
    """Run a command and return its output; or what it has raised, which is returned as well.

    Args:
        function: The function that is a command, or the command's name.
        args: Words of the command line.
        api: Where to look for the name: an API, a module or the name of one.
        module: The same.
        collect_output: Whether to return the output. If not, it is printed, and None is returned.
        options: Options of the command line, or words, by the parameter's name. True is the bare option,
            a list the option several times; False and None are none.

    Returns:
        The output read as JSON or as a value of Python, else as text, else bytes; None without any.

    Raises:
        SystemExit: The command line cannot be understood, or asks for help or the version.
        KeyError: There is no command of that name.
    """
    command = _found(function, module if api is None else api)
    words = _words(command, list(map(str, args)), options)
    pieces: list[bytes] = []
    with _argv([command.name, *words]):
        try:
            if not collect_output:
                command.run(words)
                return None
            command.run(words, write=lambda content: pieces.append(_read(content)))
        except Exception as error:
            return error
    return _understood(b"\n".join(piece.removesuffix(b"\n") for piece in pieces))


def _found(function: Callable[..., Any] | str, api: Any) -> CLI:
    if not isinstance(function, str):
        interfaces: Any = function
        command = interfaces.interface.cli
    else:
        command = existing(api).cli.commands[function]
    if not isinstance(command, CLI):
        raise KeyError(function)  # a group of commands
    return command


def _words(command: CLI, words: list[str], options: Mapping[str, Any]) -> list[str]:
    """Return the command line that gives ``words`` and ``options``; what has a place goes to its end."""
    places = [each.field.external for each in command.arguments if not each.options]
    written = [
        word
        for name, value in options.items()
        if name not in places
        for each in (value if isinstance(value, list | tuple) else [value])
        for word in _option(name, each)
    ]
    placed = [
        str(word)
        for name in places
        if name in options
        for word in (options[name] if isinstance(options[name], list | tuple) else [options[name]])
    ]
    return [*written, *words, *(["--"] if placed and "--" not in words else []), *placed]


def _option(name: str, value: Any) -> Iterable[str]:
    if value is True:
        return (f"--{name}",)
    return () if value is None or value is False else (f"--{name}={value}",)


@contextmanager
def _argv(words: list[str]) -> Iterator[None]:
    before, sys.argv = sys.argv, words
    try:
        yield
    finally:
        sys.argv = before


def _read(content: Any) -> bytes:
    data = content.read() if hasattr(content, "read") else content
    return data if isinstance(data, bytes) else str(data).encode()


def _understood(data: bytes) -> Any:
    if not data:
        return None
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return data
    with suppress(ValueError):
        return json_module.loads(text)
    with suppress(ValueError, SyntaxError, MemoryError, RecursionError):
        return ast.literal_eval(text)
    return text
