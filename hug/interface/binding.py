"""From what a request, a command line or a caller gives to the arguments of a function.

Everything that can be known about a function is prepared once, when it is decorated. Pure: values in,
values out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hug import json_module
from hug.exceptions import InvalidTypeData
from hug.introspect import Parameter, Signature, is_coroutine, names_explicitly
from hug.sentinels import NOTHING
from hug.types.base import Type
from hug.types.standard import converter

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
    """

    name: str
    external: str
    annotation: Any
    default: Any
    convert: Callable[..., Any] | None
    contextual: bool
    asynchronous: bool


class Binding:
    """What the parameters of one function get, and from where.

    Attributes:
        fields: Parameters that the outside fills.
        injected: Names of parameters that hug fills, such as ``request``.
        body: The field of a parameter called ``body``, None without one.
        directives: Parameter name to directive and its positional arguments: the default, if there is one.
        takes_any: Whether the function takes names that are not its parameters.
        required: Names of all parameters without a default, whoever fills them.
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
                    self.body = _field(parameter, name, annotation)
            elif found is not None:
                self.directives[name] = (found, () if parameter.required else (parameter.default,))
            else:
                fields.append(_field(parameter, outside.get(name, name), annotation))
        self.fields = tuple(fields)
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
        """
        for external, name in self.external.items():
            if external in given:
                given[name] = given.pop(external)
            else:
                given.pop(name, None)  # it has another name outside
        arguments: dict[str, Any] = {}
        if self.takes_any:
            arguments = given
            for name in self._bound:
                given.pop(name, None)
        for field in self.fields:
            name = field.name
            if name in given:
                value = given[name]
                convert = field.convert
                if convert is not None:
                    try:
                        value = convert(value, context=context) if field.contextual else convert(value)
                    except Exception as error:
                        if raise_on_invalid:
                            raise
                        errors[field.external] = explain(error)
                arguments[name] = value
            elif field.default is NOTHING:
                errors[field.external] = f"Required parameter '{field.external}' not supplied"
        return arguments


def explain(error: Exception) -> Any:
    """Return what the client gets to see of an exception that a type raised."""
    if isinstance(error, InvalidTypeData):
        return error.reasons or error.message
    reason = error.args[0] if error.args else str(error)
    return reason if isinstance(reason, str) or _is_json(reason) else str(error)


def _is_json(value: object) -> bool:
    try:
        json_module.dumps(value)
    except (TypeError, ValueError):  # as of `decimal`, whose errors have classes for arguments
        return False
    return True


def is_directive(annotation: Any) -> bool:
    """Return whether an annotation is a directive: `hug.directive` marks what it decorates."""
    return getattr(annotation, "directive", None) is True


def prepare(annotation: Any) -> Callable[..., Any] | None:
    """Return what converts values to ``annotation``; None where there is nothing to convert."""
    if annotation is NOTHING or annotation is None or isinstance(annotation, str):
        return None
    if isinstance(annotation, type) and issubclass(annotation, Type):
        return annotation()
    convert = converter(annotation)
    if convert is None and not callable(annotation):
        raise TypeError(f"{annotation!r} is neither text that documents, nor a type, nor callable")
    return convert or annotation


def _field(parameter: Parameter, external: str, annotation: Any) -> Field:
    convert = prepare(annotation)
    return Field(
        parameter.name,
        external,
        annotation,
        parameter.default,
        convert,
        contextual=convert is not None and names_explicitly(convert, "context"),
        asynchronous=convert is not None and is_coroutine(convert),
    )
