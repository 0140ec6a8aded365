"""One function as a command: from the words of a command line to its arguments, from its result to stdout."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hug import introspect
from hug.interface import stdout
from hug.interface.argument_shapes import shape
from hug.interface.arguments import Argument, arguments
from hug.interface.binding import Field, field_of
from hug.interface.call import ANSWERED
from hug.interface.protocols import Owner
from hug.interface.requestless import Requestless, RequestlessCall
from hug.output_format.prepared import Output
from hug.signatures import Parameter
from hug.types.refusals import explain, is_refusal

if TYPE_CHECKING:
    from hug.interface.argument_parser import Parser


class CLICall(RequestlessCall):
    """A call from a command line.

    Attributes:
        parser: What has parsed the command line.
        written: The words that stand for each parameter, by external name.
        failed: Whether it counts as a failure, for the exit code.
        write: Takes output: bytes, text or a file.
    """

    __slots__ = ("failed", "parser", "write", "written")

    def __init__(self, parser: Parser, write: Callable[[Any], object]) -> None:
        super().__init__()
        self.parser = parser
        self.write = write
        self.written: dict[str, Any] = {}
        self.failed = False


class CLI(Requestless[CLICall]):
    """Calls a function from a command line, and prints what it returns.

    Attributes:
        name: What the command is called.
        version: What its ``--version`` prints after the name; None has no such option.
        doc: What it does.
        arguments: Its parameters, as a command line gives them.
        rest: The one that takes any more words; None without one.
    """

    def __init__(self, route: Mapping[str, Any], function: Callable[..., Any], api: Owner) -> None:
        """See `Interface.__init__`.

        Raises:
            TypeError: Also: a parameter would be an option that there is already.
        """
        super().__init__(route, function, api)
        self.name: str = route.get("name", function.__name__)
        self.version: object = route.get("version")
        self.doc: str = route.get("doc", function.__doc__) or ""
        self.rest = self._rest_of(function)
        self._fields = {field.external: field for field in self.binding.fields}
        if self.rest is not None:
            self._fields[self.rest.field.external] = self.rest.field
        named_only = frozenset(field.name for field in self.binding.fields) - self.positional.keys()
        own = ("help",) if self.version is None else ("help", "version")
        short = (name[0] for name in own)
        self.arguments = arguments(self.binding.fields, named_only, taken=short)
        for each in self.arguments:
            if each.options and each.field.external in own:
                raise TypeError(
                    f"{function.__qualname__}: there is an option --{each.field.external} already, call the "
                    f"parameter something else, or let map_params give it another name"
                )

    def _rest_of(self, function: Callable[..., Any]) -> Argument | None:
        name, parameter = introspect.takes_rest(function), self.binding.rest
        if name is None:
            return None
        if parameter is None or parameter.name != name:  # of what it wraps, which it does not pass on by name
            parameter = Parameter(name)
        annotation = self.route.get("args", {}).get(name, parameter.annotation)
        field = field_of(parameter, name, annotation)
        if field.asynchronous:
            raise TypeError(
                f"{function.__qualname__}: the type of *{name} is async, and would not be awaited"
            )
        return Argument(field, shape(annotation), ())

    @property
    def parser(self) -> Any:
        """The parser of `argparse` that shows the command's help."""
        return self.parser_called(None).face

    def parser_called(self, prog: str | None) -> Parser:
        """Return a parser that calls the command ``prog``; None is how the program was called."""
        from hug.interface.argument_parser import Parser  # noqa: PLC0415  # argparse, which servers do without

        return Parser(
            prog or Path(sys.argv[0]).name,
            self.arguments,
            rest=self.rest,
            takes_any=self.binding.takes_any,
            description=self.doc,
            version=None if self.version is None else f"{self.name} {self.version}",
        )

    def __call__(self, args: Sequence[str] | None = None, prog: str | None = None) -> None:
        """Run the command as the program that this process is.

        Args:
            args: The command line, the program's name first; the default is ``sys.argv``.
            prog: What help and messages call the command; the default is the program's name.

        Raises:
            SystemExit: With 2 if the command line cannot be understood. With 1 after an HTTP error, which is
                printed; and, if the API has ``cli_error_exit_codes``, if the result is false and not None, or
                the arguments or the caller were not accepted.
        """
        args = sys.argv if args is None else args
        try:
            failed = self.run(args[1:], prog or Path(args[0] if args else "").name)
        except stdout.NobodyReads:
            failed = False  # whoever reads has enough of it
        except Exception as error:
            if (text := _http_error(error)) is None:
                raise
            print(f"Error: {text}", file=sys.stderr)
            raise SystemExit(1) from None
        finally:
            self.api.cli.end()
        if failed and self.api.cli.error_exit_codes:
            raise SystemExit(1)

    def run(
        self,
        words: Sequence[str],
        prog: str | None = None,
        write: Callable[[Any], object] = stdout.write,
    ) -> bool:
        """Run the command and write its output; return whether its result means that it has failed.

        Args:
            words: The command line, without the program's name.
            prog: See `__call__`.
            write: Takes the output, bytes, text or a file, perhaps in several calls.
        """
        parser = self.parser_called(prog)
        parsed = parser.parse(words)
        call = CLICall(parser, write)
        call.written = parsed.given
        call.given = {**parsed.unknown, **parsed.given}
        call.rest = parsed.rest
        self.api.cli.begin()
        self.wait(call)
        return call.failed

    # Steps

    def gather(self, call: CLICall, errors: dict[str, Any]) -> dict[str, Any]:
        """See `Interface.gather`. Text that is a default is read and converted as a word is."""
        for argument in self.arguments:
            name = argument.field.external
            if name not in call.given and type(argument.field.default) is str and not argument.shape.flag:
                call.given[name] = call.written[name] = argument.field.default
            if name in call.given:
                try:
                    call.given[name] = argument.shape.value(call.given[name])
                except ValueError as error:
                    errors[name] = str(error)
        return call.given

    def bind(self, call: CLICall, given: dict[str, Any], errors: dict[str, Any]) -> dict[str, Any]:
        """See `Interface.bind`; also converts the words for ``*args``."""
        arguments = super().bind(call, given, errors)
        if self.rest is not None and self.rest.field.convert is not None:
            call.rest = tuple(self._more(self.rest, call, errors))
        return arguments

    def _more(self, rest: Argument, call: CLICall, errors: dict[str, Any]) -> Iterator[Any]:
        """Yield the values of the words for ``*args``, up to one that does not convert."""
        field = rest.field
        context = {"context": call.context} if field.contextual else {}
        for word in call.rest:
            try:
                yield field.convert(rest.shape.value(word), **context)  # type: ignore[misc]
            except Exception as error:
                if self.raise_on_invalid or not is_refusal(error):
                    raise
                call.written[field.external] = word
                errors[field.external] = explain(error)
                return

    def offered(self, call: CLICall) -> dict[str, Any]:
        """See `Interface.offered`."""
        return {"api": self.api, "api_version": None, "interface": self, "argparse": call.parser.face}

    async def reject(self, call: CLICall, errors: Any) -> Any:
        """Exit with what is wrong with the arguments."""
        labels = {each.field.external: each.label for each in self.arguments}
        call.parser.fail(
            *(
                f"argument {labels.get(name, name)}: {self._reason(name, reason, call)}"
                for name, reason in errors.items()
            )
        )

    def _reason(self, name: str, reason: Any, call: CLICall) -> str:
        field: Field | None = self._fields.get(name)
        word = call.written.get(name)
        if field is not None and isinstance(field.convert, type) and isinstance(word, str):
            # What `argparse` says of a class that refuses a word.
            known = reason if isinstance(reason, str) and reason.startswith("invalid bool") else None
            return known or f"invalid {field.convert.__name__} value: {word!r}"
        if isinstance(reason, Mapping):
            return "; ".join(f"{place}: {what}" for place, what in reason.items())
        return str(reason)

    async def disapprove(self, call: CLICall, errors: Any) -> Any:
        """See `Interface.disapprove`."""
        call.failed = True
        await self._print(call, errors)
        return ANSWERED

    async def refuse(self, call: CLICall, unmet: Any) -> Any:
        """See `Interface.refuse`."""
        call.failed = True
        await self._print(call, unmet)
        return ANSWERED

    async def respond(self, call: CLICall, result: Any) -> Any:
        """Print the result: a generator's items as they come, a line each."""
        if isinstance(result, AsyncGenerator):
            await call.execution.resolve(self._print_all(call, result))
        elif isinstance(result, Generator):
            for item in result:
                await self._print(call, await self.transformed(call, item))
        else:
            call.failed = result is not None and not result
            await self._print(call, await self.transformed(call, result))

    async def _print_all(self, call: CLICall, items: AsyncGenerator[Any, None]) -> None:
        from hug.interface.execution import INLINE  # noqa: PLC0415  # asyncio, for those who await something

        call.execution, before = INLINE, call.execution  # there is a loop now
        try:
            async with aclosing(items):
                async for item in items:
                    await self._print(call, await self.transformed(call, item))
        finally:
            call.execution = before

    async def _print(self, call: CLICall, data: Any) -> None:
        if data is None:
            return
        if isinstance(data, dict) or not hasattr(data, "read"):
            data = await self.formatted(call, data, self.output or self._default_output())
        call.write(data)

    def _default_output(self) -> Output:
        return self.api.cli.output


def _http_error(error: Exception) -> str | None:
    """Return what an HTTP error says; None for any other."""
    falcon: Any = sys.modules.get("falcon")  # whoever raises its errors has imported it
    if falcon is None or not isinstance(error, falcon.HTTPError):
        return None
    return ": ".join(filter(None, (error.title, error.description)))
