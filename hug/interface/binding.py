"""From what a request, a command line or a caller gives to the arguments of a function.

Everything that can be known about a function is prepared once, when it is decorated. Pure: values in,
values out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import CoroutineType
from typing import Any

from hug.interface.converters import in_turn
from hug.introspect import is_coroutine, names_explicitly
from hug.sentinels import NOTHING
from hug.signatures import Parameter, Signature, Unevaluated
from hug.source_locations import warn_caller
from hug.types.annotations import takes_whole_text
from hug.types.base import Type
from hug.types.bounded_constructors import collecting
from hug.types.checks import checks
from hug.types.refusals import explain, is_refusal
from hug.types.standard_typing import converter
from hug.types.uploaded import upload_type

Directive = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter that the outside fills.

    Attributes:
        name: As the function calls it.
        external: As the outside calls it.
        annotation: What documentation tells of it.
        default: What it is when nothing is given, `NOTHING` if it is required.
        convert: Makes a value of what is given, or raises; None keeps it as it is.
        contextual: Whether ``convert`` takes ``context=``.
        asynchronous: Whether what ``convert`` returns has to be awaited.
        whole: Whether text for it is one value, commas and all.
    """

    name: str
    external: str
    annotation: Any
    default: Any
    convert: Callable[..., Any] | None
    contextual: bool
    asynchronous: bool
    whole: bool = False


class Binding:
    """What the parameters of one function get, and from where.

    Attributes:
        fields: Parameters that the outside fills.
        injected: Names of parameters that hug fills, such as ``request``.
        body: The field of a parameter called ``body``, None without one.
        directives: Parameter name to directive and its positional arguments: the default, if there is one.
        takes_any: Whether the function takes names that are not its parameters.
        rest: The parameter that takes any number of positional arguments; None without one.
        required: Names of all parameters without a default, whoever fills them.
        whole: External names of the fields for which text is one value, commas and all.
    """

    def __init__(
        self,
        signature: Signature,
        *,
        injectable: frozenset[str],
        directive: Callable[[str], Directive | None],
        types: Mapping[str, Any] | None = None,
        map_params: Mapping[str, str] | None = None,
    ) -> None:
        """Prepare a binding.

        Args:
            signature: Of the function.
            injectable: Names that hug fills where a parameter has them.
            directive: Finds a directive by the name of a parameter.
            types: Types in place of the annotations, by parameter name.
            map_params: External names of parameters.

        Raises:
            TypeError: An annotation that hug cannot convert to.
        """
        self.external = dict(map_params or {})
        outside = {name: external for external, name in self.external.items()}
        self.takes_any = signature.takes_any
        self.rest = signature.rest
        self._bound = signature.bound
        self.directives: dict[str, tuple[Directive, tuple[Any, ...]]] = {}
        self.injected: list[str] = []
        self.body: Field | None = None
        fields: list[Field] = []
        for parameter in signature.parameters:
            name = parameter.name
            annotation = (types or {}).get(name, parameter.annotation)
            found = annotation if is_directive(annotation) else directive(name)
            if name in injectable:
                self.injected.append(name)
                if name == "body":
                    self.body = field_of(parameter, name, annotation)
            elif found is not None:
                self.directives[name] = (found, () if parameter.required else (parameter.default,))
            else:
                fields.append(field_of(parameter, outside.get(name, name), annotation))
        self.fields = tuple(fields)
        self.whole = tuple(field.external for field in fields if field.whole)
        self.required = tuple(each.name for each in signature.parameters if each.required)
        self.asynchronous = tuple(field for field in (*fields, self.body) if field and field.asynchronous)

    def bind(
        self, given: dict[str, Any], context: Any, errors: dict[str, Any], *, raise_on_invalid: bool = False
    ) -> dict[str, Any]:
        """Return the arguments made from ``given``, which this may change; put what is wrong into ``errors``.

        Values of asynchronous types are still to be awaited.

        Args:
            given: Values by external name.
            context: What types that take one get.
            errors: Gets a message, or reasons, for each external name that is missing or does not convert.
            raise_on_invalid: Raise what a type raises instead.

        Raises:
            Exception: What a type has raised, if it is no refusal of the value: see `is_refusal`.
        """
        for external, name in self.external.items():
            if external in given:
                given[name] = given.pop(external)
            else:
                given.pop(name, None)  # it has another name outside
        arguments: dict[str, Any] = {}
        if self.takes_any:
            arguments = given
            for name in [each for each in given if not isinstance(each, str)]:  # as MessagePack has them
                errors["body"] = f"A name in it is no text: {name!r}"
            for name in self._bound:
                given.pop(name, None)
        lacking: list[str] = []
        for field in self.fields:
            name = field.name
            if name in given:
                value = given[name]
                convert = field.convert
                if convert is not None:
                    try:
                        value = convert(value, context=context) if field.contextual else convert(value)
                    except Exception as error:
                        if raise_on_invalid or not is_refusal(error):
                            self.abandon(arguments)
                            raise
                        errors[field.external] = explain(error)
                arguments[name] = value
            elif field.default is NOTHING:
                lacking.append(field.external)
        for external in lacking:  # after what does not convert: the order that clients of hug 2 know
            errors[external] = missing(external)
        return arguments

    def abandon(self, arguments: dict[str, Any]) -> None:
        """Close what asynchronous types have begun, and nobody will await."""
        for field in self.asynchronous:
            value = arguments.get(field.name)
            if isinstance(value, CoroutineType):
                value.close()

    def as_outside(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return arguments under the names that they have outside."""
        if not self.external:
            return arguments
        outside = {name: external for external, name in self.external.items()}
        return {outside.get(name, name): value for name, value in arguments.items()}


def undivide(whole: Iterable[str], given: dict[str, Any], as_sent: Callable[[], Mapping[str, Any]]) -> None:
    """Let the fields that take a text as a whole have that, where it was split at its commas.

    Args:
        whole: External names of these fields.
        given: Values of a query or a form, by external name.
        as_sent: Returns them with their commas; a name given several times has a list there, too.
    """
    names = [name for name in whole if type(given.get(name)) is list]
    if names:
        sent = as_sent()
        given.update((name, sent[name]) for name in names if isinstance(sent.get(name), str))


def missing(external: str) -> str:
    """Return what a client is told of a parameter that is missing."""
    return f"Required parameter '{external}' not supplied"


def is_directive(annotation: Any) -> bool:
    """Return whether an annotation is a directive: `hug.directive` marks what it decorates."""
    return getattr(annotation, "directive", None) is True


def prepare(annotation: Any) -> Callable[..., Any] | None:
    """Return what converts values to ``annotation``; None where there is nothing to convert.

    Functions in ``Annotated`` get what has been converted; with an async one all of it has to be awaited.
    """
    kind, functions = checks(annotation)
    if functions:
        return in_turn(filter(None, (prepare(kind), *functions)))
    if annotation is NOTHING or annotation is None or isinstance(annotation, str):
        return None
    if isinstance(annotation, type) and issubclass(annotation, Type):
        return annotation()
    convert = upload_type(annotation) or converter(annotation)
    if convert is None and not callable(annotation):
        raise TypeError(f"{annotation!r} is neither text that documents, nor a type, nor callable")
    return convert or collecting(annotation)


def field_of(parameter: Parameter, external: str, annotation: Any) -> Field:
    """Return a parameter as one that the outside fills.

    Raises:
        TypeError: hug cannot convert to ``annotation``.
    """
    if isinstance(annotation, Unevaluated):
        what = (
            f"the annotation {annotation!r} of the parameter {parameter.name!r} means nothing where the "
            "function is decorated: values are not converted. Import that name, not for type checkers only"
        )
        warn_caller(what)
    convert = prepare(annotation)
    return Field(
        parameter.name,
        external,
        annotation,
        parameter.default,
        convert,
        contextual=convert is not None and names_explicitly(convert, "context"),
        asynchronous=convert is not None and is_coroutine(convert),
        whole=takes_whole_text(annotation),
    )
