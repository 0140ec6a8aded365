"""The words of a command line as values of its arguments, by argparse."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from hug.interface.arguments import Argument
from hug.sentinels import NOTHING

_NUMBER: Final = re.compile(r"-\d+(\.\d*)?([eE][+-]?\d+)?$|-\.\d+([eE][+-]?\d+)?$")


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a command line says.

    Attributes:
        given: Words, lists of words, or True, by the external name of the parameter.
        rest: Words for ``*args``.
        unknown: Options that are no parameters, by name: True, a word or a list of words.
    """

    given: dict[str, Any]
    rest: tuple[str, ...]
    unknown: dict[str, Any]


class Parser:
    """Parses the command line of one command.

    Attributes:
        face: The parser of `argparse` that shows help and errors, with all arguments.
    """

    def __init__(
        self,
        prog: str,
        found: Sequence[Argument],
        *,
        rest: Argument | None = None,
        takes_any: bool = False,
        description: str | None = None,
        version: str | None = None,
    ) -> None:
        """Prepare a parser.

        Args:
            prog: How the command is called.
            found: Its arguments.
            rest: What takes any more words; None if nothing does.
            takes_any: Whether there may be options that are no parameters.
            description: What the command does.
            version: What ``--version`` prints; None has no such option.
        """
        self._places = [each for each in found if not each.options]
        self._rest = rest
        self._takes_any = takes_any
        self._options = _Options(prog=prog, add_help=False, allow_abbrev=not takes_any)
        self._options.add_argument("-h", "--help", action="help", help="show this help message and exit")
        if version is not None:
            shown = version.replace("%", "%%")
            self._options.add_argument("-v", "--version", action="version", version=shown)
        for each in found:
            if each.options:
                _add_option(self._options, each)
        self.face = argparse.ArgumentParser(
            prog=prog, description=description, add_help=False, parents=[self._options]
        )
        for each in self._places:
            self.face.add_argument(
                each.field.external,
                metavar=each.metavar,
                help=each.help,
                nargs="*" if each.shape.many else None,
            )
        if rest is not None:
            self.face.add_argument(rest.field.external, help=rest.help, nargs="*")
        self._options.face = self.face
        self._spellings = _spellings(found)

    def parse(self, words: Sequence[str]) -> Parsed:
        """Return what ``words`` say; exit with 2 and a message if they cannot be understood.

        Options may stand anywhere; behind ``--`` there are none. What follows an option that is no parameter
        is its value, up to the next option.
        """
        end = words.index("--") if "--" in words else len(words)
        before = [self._spelt(word) for word in words[:end]]
        given, left = self._options.parse_known_args(before)
        placed, unknown = self._parted(left)
        placed += words[end + 1 :]
        values = vars(given)
        rest = self._place(placed, values)
        return Parsed(values, tuple(rest), unknown)

    def fail(self, *messages: str) -> NoReturn:
        """Exit with 2, with usage and messages."""
        separator = f"\n{self.face.prog}: error: "
        self.face.error(separator.join(messages))

    def _spelt(self, word: str) -> str:
        """Return an option as it is known, where it was written in another way: see `_spellings`."""
        name, equals, value = word.partition("=")
        return self._spellings.get(name, name) + equals + value

    def _parted(self, words: Sequence[str]) -> tuple[list[str], dict[str, Any]]:
        """Return the words that are for places, and options that are no parameters, with their words."""
        placed: list[str] = []
        unknown: dict[str, list[str]] = {}
        current = placed
        for word in words:
            if not _is_option(word):
                current.append(word)
            elif self._takes_any and word.startswith("--"):
                name, equals, value = word[2:].partition("=")
                current = unknown.setdefault(name, [])
                if equals:
                    current.append(value)
                    current = placed
            else:
                self.fail(f"unrecognized arguments: {word}")
        return placed, {name: _of_option(values) for name, values in unknown.items()}

    def _place(self, words: list[str], values: dict[str, Any]) -> list[str]:
        """Put ``words`` into ``values``, each where its place is; return those that are for ``*args``."""
        many = next((index for index, each in enumerate(self._places) if each.shape.many), None)
        single = [each for each in self._places if not each.shape.many]
        if len(words) < len(single):
            missing = ", ".join(each.field.external for each in single[len(words) :])
            self.fail(f"the following arguments are required: {missing}")
        before = single if many is None else self._places[:many]
        after = [each for each in single if each not in before]
        end = len(words) - len(after)
        for each, word in zip((*before, *after), (*words[: len(before)], *words[end:]), strict=False):
            values[each.field.external] = word
        left = words[len(before) : end]
        if many is not None:
            lists = [each for each in self._places if each.shape.many]
            values |= {each.field.external: [] for each in lists} | {lists[0].field.external: left}
            return []
        if left and self._rest is None:
            self.fail(f"unrecognized arguments: {' '.join(left)}")
        return left


class _Options(argparse.ArgumentParser):
    """Parses the options alone; what it has to say the whole parser says."""

    face: argparse.ArgumentParser

    def print_help(self, file: Any = None) -> None:
        self.face.print_help(file)

    def error(self, message: str) -> NoReturn:
        self.face.error(message)


def _add_option(parser: argparse.ArgumentParser, argument: Argument) -> None:
    """Add an option, which has no value unless it is given: defaults are the function's own."""
    common: dict[str, Any] = {
        "dest": argument.field.external,
        "default": argparse.SUPPRESS,
        "help": argument.help,
        "required": argument.field.default is NOTHING,
    }
    if argument.shape.flag:
        parser.add_argument(*argument.options, action="store_true", **common)
    else:
        action = "append" if argument.shape.many else "store"
        parser.add_argument(*argument.options, action=action, metavar=argument.metavar, **common)


def _spellings(found: Iterable[Argument]) -> Mapping[str, str]:
    """Return other ways to write options, by these.

    That is with dashes for underscores, by the parameter's own name, and with one dash before one letter.
    """
    known = {option for each in found for option in each.options} | {"-h", "-v"}
    others = {
        f"{'-' if len(name) == 1 and single else '--'}{name}": each.options[-1]
        for each in found
        if each.options
        for own in (each.field.external, each.field.name)
        for name in (own, own.replace("_", "-"))
        for single in (True, False)
    }
    return {spelling: option for spelling, option in others.items() if spelling not in known}


def _is_option(word: str) -> bool:
    name = word.partition("=")[0]
    return name.startswith("-") and name != "-" and " " not in name and not _NUMBER.match(word)


def _of_option(words: list[str]) -> Any:
    if len(words) > 1:
        return words
    return words[0] if words else True
