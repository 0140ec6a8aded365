"""Output formats that leave the work to others: which one, the request says, or what there is to write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Final, TypeVar

from hug.format import content_type, parse_content_type
from hug.output_format.data import json
from hug.output_format.prepared import OutputFormat, output
from hug.web.errors import HTTPNotAcceptable
from hug.web.vary import vary

F = TypeVar("F", bound=OutputFormat)

NOT_ACCEPTABLE: Final = "Media type not acceptable"
"""The title of the errors below, with status 406."""

_KIND: Final = "The requested content type does not match any of those allowed"


def accept(
    handlers: Mapping[str, OutputFormat], default: OutputFormat | None = None, error: str = _KIND
) -> OutputFormat:
    """Return an output format that writes what the client prefers: its header ``Accept``, weights included.

    Args:
        handlers: Formats by media type. Of those that a client likes equally, the first is taken.
        default: The format for a client that takes none of them, or does not say.
        error: What the answer with status 406 says where there is no ``default``.

    Source: https://www.rfc-editor.org/rfc/rfc9110#name-accept
    """

    def choose(request: Any, response: Any) -> OutputFormat | None:
        if hasattr(response, "append_header"):
            vary(response, "Accept")
        accepted = getattr(request, "get_header", _no_header)("accept")
        if not accepted:
            return default or next(iter(handlers.values()), None)
        preferred = _preferred(accepted, handlers)
        # Clients without a preference say so: it is for the developer to have one.
        return default if preferred is None or (default and accepted.strip() == "*/*") else preferred

    return _choosing(handlers, choose, default, error)


def on_content_type(
    handlers: Mapping[str, OutputFormat], default: OutputFormat | None = None, error: str = _KIND
) -> OutputFormat:
    """Return an output format that answers in the media type which the request came in.

    The arguments are those of `accept`; ``default`` is also for requests without a ``Content-Type``.
    """

    def choose(request: Any, _response: Any) -> OutputFormat | None:
        return handlers.get(parse_content_type(getattr(request, "content_type", None))[0], default)

    return _choosing(handlers, choose, default, error)


def suffix(
    handlers: Mapping[str, OutputFormat],
    default: OutputFormat | None = None,
    error: str = "The requested suffix does not match any of those allowed",
) -> OutputFormat:
    """Return an output format that goes by how the path of the request ends, such as ``.json``."""

    def choose(request: Any, _response: Any) -> OutputFormat | None:
        path = getattr(request, "path", "")
        return next((each for end, each in handlers.items() if path.endswith(end)), default)

    def choices_at(template: str) -> tuple[OutputFormat, ...]:
        ends = {end[::-1]: each for end, each in handlers.items()}
        return _possible(ends, default, template.rpartition("}")[2].rstrip("/")[::-1], fields="}" in template)

    return _choosing(handlers, choose, default, error, choices_at)


def prefix(
    handlers: Mapping[str, OutputFormat],
    default: OutputFormat | None = None,
    error: str = "The requested prefix does not match any of those allowed",
) -> OutputFormat:
    """Return an output format that goes by how the path of the request begins, such as ``/api/``."""

    def choose(request: Any, _response: Any) -> OutputFormat | None:
        path = getattr(request, "path", "")
        return next((each for start, each in handlers.items() if path.startswith(start)), default)

    def choices_at(template: str) -> tuple[OutputFormat, ...]:
        return _possible(handlers, default, template.partition("{")[0], fields="{" in template)

    return _choosing(handlers, choose, default, error, choices_at)


def on_valid(valid_content_type: str, on_invalid: OutputFormat = json) -> Callable[[F], F]:
    """Decorate an output format: what says ``{"errors": ...}`` is written by ``on_invalid`` in its place.

    Args:
        valid_content_type: The media type that the decorated format writes.
        on_invalid: The format of errors.
    """

    def decorate(formatter: F) -> F:
        valid = output(content_type(valid_content_type)(formatter))

        @wraps(formatter)
        def of_either(data: Any, request: Any = None, response: Any = None) -> Any:
            chosen = output(on_invalid) if is_errors(data) else valid
            _announce(chosen.function, request, response)
            return chosen(data, request, response)

        del of_either.__wrapped__  # it takes more than the formatter may
        return of_either  # type: ignore[return-value]  # it is called as the formatter is

    return decorate


def is_errors(data: object) -> bool:
    """Return whether ``data`` tells what is wrong, as hug does."""
    return isinstance(data, dict) and "errors" in data


def _choosing(
    handlers: Mapping[str, OutputFormat],
    choose: Callable[[Any, Any], OutputFormat | None],
    default: OutputFormat | None,
    error: str,
    choices_at: Callable[[str], tuple[OutputFormat, ...]] | None = None,
) -> OutputFormat:
    def output_type(data: Any, request: Any = None, response: Any = None) -> Any:
        formatter = default if request is None else choose(request, response)
        if formatter is None:
            raise HTTPNotAcceptable(error, title=NOT_ACCEPTABLE)
        _announce(formatter, request, response)
        return output(formatter)(data, request, response)

    output_type.__doc__ = "Supports any of the following formats: {}".format(
        ", ".join(each.__doc__ or each.__name__ for each in handlers.values())
    )
    output_type.choose = choose  # type: ignore[attr-defined]  # functions take attributes
    output_type.choices = (*handlers.values(), *((default,) if default else ()))  # type: ignore[attr-defined]
    if choices_at is not None:
        output_type.choices_at = choices_at  # type: ignore[attr-defined]
    return content_type(", ".join(handlers))(output_type)


def _possible(
    handlers: Mapping[str, OutputFormat], default: OutputFormat | None, literal: str, *, fields: bool
) -> tuple[OutputFormat, ...]:
    """Return the formats of paths that begin with ``literal``, and go on in whatever way if ``fields``."""
    found: list[OutputFormat] = []
    for start, each in handlers.items():
        if literal.startswith(start):
            return (*found, each)
        if fields and start.startswith(literal):
            found.append(each)
    return (*found, *((default,) if default else ()))


def _announce(formatter: OutputFormat, request: Any, response: Any) -> None:
    if response is not None:
        output(formatter).announce(request, response)


def _no_header(_name: str) -> None:
    return None


def _preferred(accepted: str, handlers: Mapping[str, OutputFormat]) -> OutputFormat | None:
    """Return the handler whose media type has the greatest weight; None if all weigh nothing."""
    ranges = [_range(each) for each in accepted.split(",")]
    best, heaviest = None, 0.0
    for kind, handler in handlers.items():
        weight = _weight(parse_content_type(kind)[0], ranges)
        if weight > heaviest:
            best, heaviest = handler, weight
    return best


def _range(text: str) -> tuple[str, float]:
    """Return one of the ranges of an ``Accept`` header, and its weight."""
    kind, parameters = parse_content_type(text.strip())
    try:
        weight = float(parameters.get("q", 1))
    except ValueError:
        weight = 0.0
    return kind, weight if 0 <= weight <= 1 else 0.0


def _weight(kind: str, ranges: list[tuple[str, float]]) -> float:
    """Return the weight of a media type: that of the most specific range which it is in."""
    for candidate in (kind, f"{kind.partition('/')[0]}/*", "*/*"):
        weights = [weight for each, weight in ranges if each == candidate]
        if weights:
            return max(weights)
    return 0.0
