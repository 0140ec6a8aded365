"""A function's parameters as arguments of a command line: what has a place, what is an option, its help."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hug.interface.argument_shapes import Shape, shape
from hug.interface.binding import Field
from hug.sentinels import NOTHING
from hug.types.descriptions import describe


@dataclass(frozen=True, slots=True)
class Argument:
    """A parameter on the command line.

    Attributes:
        field: The parameter.
        shape: How it is written.
        options: How it is called, shortest first; empty if its place says what it is.
    """

    field: Field
    shape: Shape
    options: tuple[str, ...]

    @property
    def label(self) -> str:
        """What messages call it."""
        return "/".join(self.options) or self.field.external

    @property
    def help(self) -> str | None:
        """What ``--help`` says of it."""
        if self.field.annotation is NOTHING or self.field.annotation is None:
            return None
        told = describe(self.field.annotation).replace("%", "%%")
        return f"{told} (as JSON)" if self.shape.is_json else told

    @property
    def metavar(self) -> str:
        """What stands for its value."""
        if self.shape.choices is not None:
            return f"{{{','.join(self.shape.choices)}}}"
        return self.field.external.upper() if self.options else self.field.external


def arguments(fields: Iterable[Field], named_only: frozenset[str], taken: Iterable[str]) -> list[Argument]:
    """Return the arguments of a command.

    What is required has a place, unless it can only be given by name; all else is an option, whose short form
    is the shortest beginning of its name that nothing before it has.

    Args:
        fields: The parameters, in order.
        named_only: Those that cannot be given by position.
        taken: Short forms that mean something else, without the dash.
    """
    used = set(taken)
    found = []
    for field in fields:
        name = field.external
        options: tuple[str, ...] = ()
        if field.default is not NOTHING or field.name in named_only:
            beginnings = (name[:length] for length in range(1, len(name)))
            short = next((each for each in beginnings if each not in used), None)
            used |= {name, short or name}
            options = (f"-{short}", f"--{name}") if short else (f"--{name}",)
        found.append(Argument(field, shape(field.annotation, field.default), options))
    return found
