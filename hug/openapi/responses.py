"""What an endpoint answers, as OpenAPI has it: its result, the items of its stream, errors."""

from __future__ import annotations

import http
import inspect
import typing
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Generator, Iterable, Iterator
from typing import Any, Final

import falcon

from hug.eventstream.wire.event import Event
from hug.format import parse_content_type
from hug.interface.http import HTTP
from hug.openapi.hug_types import BINARY
from hug.openapi.schemas import JSON, Schema, Schemas, is_text
from hug.output_format.prepared import Output, OutputFormat, output
from hug.sentinels import NOTHING

_STREAMED: Final = (
    AsyncGenerator, AsyncIterable, AsyncIterator, Generator, Iterable, Iterator,
)  # fmt: skip

ERRORS: Final[Schema] = {
    "type": "object",
    "properties": {
        "errors": {
            "type": "object",
            "description": "What is wrong, by name of the field or by title of the error",
        }
    },
    "required": ["errors"],
}


class Responses:
    """Describes what endpoints answer."""

    def __init__(self, default: Output, schemas: Schemas) -> None:
        """Begin.

        Args:
            default: The output format of endpoints that have none of their own.
            schemas: Gets the schemas of classes.
        """
        self._default = default
        self._schemas = schemas

    def of(self, interface: HTTP, *, takes: bool, secured: bool) -> dict[str, Any]:
        """Return the answers of an endpoint, by status.

        Args:
            interface: The endpoint.
            takes: Whether it takes anything that may be wrong.
            secured: Whether it asks who is calling.
        """
        status, _, phrase = falcon.code_to_http_status(interface.status or 200).partition(" ")
        answer: dict[str, Any] = {"description": phrase}
        if interface.response_headers:
            answer["headers"] = {
                name: {"schema": {"type": "string"}, "example": value}
                for name, value in interface.response_headers.items()
                if name.lower() != "content-type"
            }
        if status not in ("204", "304"):
            answer["content"] = self._content(interface)
        responses = {status: answer}
        if interface.streams:
            responses.setdefault("204", {"description": "There is nothing more to come: stay away"})
        if takes:
            responses["400"] = self._error(interface, http.HTTPStatus.BAD_REQUEST)
        if secured:
            responses["401"] = self._error(interface, http.HTTPStatus.UNAUTHORIZED)
        if interface.requires:
            responses["403"] = self._error(interface, http.HTTPStatus.FORBIDDEN)
        responses["404"] = {"description": http.HTTPStatus.NOT_FOUND.phrase}
        responses["4XX"] = self._error(interface, None)
        return responses

    def _content(self, interface: HTTP) -> dict[str, Any]:
        if interface.streams:
            return {"text/event-stream": {"itemSchema": self._event(_streamed(interface.returns))}}
        formats = _formats(interface.output or self._default)
        return {kind: body for each in formats for kind, body in self._content_in(each, interface).items()}

    def _content_in(self, formatter: Output, interface: HTTP) -> dict[str, Any]:
        """Return the content that one output format writes."""
        in_pieces = inspect.isasyncgenfunction(interface.function) or (
            formatter.streams and inspect.isgeneratorfunction(interface.function)
        )
        kind = _media_type(formatter.of_pieces if in_pieces else formatter.function)
        if in_pieces and "json" in kind:
            return {kind: {"itemSchema": self._schemas.of(_streamed(interface.returns))}}
        if kind.startswith("file/"):
            return {"application/octet-stream": {"schema": dict(BINARY)}}
        return {kind: self._written(interface, kind)} if "/" in kind else {"*/*": {}}

    def _written(self, interface: HTTP, kind: str) -> dict[str, Any]:
        """Return what is known of bodies of this media type."""
        if kind.startswith(("image/", "audio/", "video/")):
            return {"schema": {"type": "string", "format": "binary"}}
        if "json" not in kind:
            return {"schema": {"type": "string"}} if kind.startswith("text/") else {}
        transform = interface.route.get("transform")
        returns = transform if isinstance(transform, type) else NOTHING if transform else interface.returns
        schema = {"type": "null"} if returns is None else self._schemas.of(returns)
        return {"schema": schema} if schema else {}

    def _event(self, item: Any) -> Schema:
        """Return the schema of one event of a stream of ``item``, as clients take it apart."""
        data: Schema = {"type": "string"}
        if item is not str and (schema := self._schemas.of(item)) and not is_text(schema):
            data |= {"contentMediaType": JSON, "contentSchema": schema}
        return {
            "type": "object",
            "properties": {
                "data": data,
                "event": {"type": "string"},
                "id": {"type": "string"},
                "retry": {"type": "integer", "minimum": 0},
            },
        }

    def _error(self, interface: HTTP, status: http.HTTPStatus | None) -> dict[str, Any]:
        description = "The request is refused" if status is None else status.phrase
        made = status == http.HTTPStatus.BAD_REQUEST and any(
            name in interface.route for name in ("on_invalid", "output_invalid", "validate")
        )
        formats = _formats(interface.output or self._default)
        kinds = [
            JSON if "html" in kind else kind for kind in (_media_type(each.function) for each in formats)
        ]
        kinds = [kind for kind in kinds if "json" in kind]
        if made or not kinds:
            return {"description": description}
        self._schemas.components.setdefault("Errors", ERRORS)
        content = {"schema": {"$ref": "#/components/schemas/Errors"}}
        return {"description": description, "content": dict.fromkeys(kinds, content)}


def _formats(formatter: Output) -> Iterator[Output]:
    """Yield the formats that ``formatter`` leaves the work to; itself, if it leaves it to none."""
    if not formatter.choices:
        yield formatter
    for each in formatter.choices:
        yield from _formats(output(each))


def _media_type(formatter: OutputFormat) -> str:
    """Return that of what an output format writes; empty if that is not told beforehand."""
    kind = getattr(formatter, "content_type", None)
    return parse_content_type(kind)[0] if isinstance(kind, str) else ""


def _streamed(returns: Any) -> Any:
    """Return what a function that returns an iterator gives, `NOTHING` if that is events, or is not told."""
    arguments = typing.get_args(returns)
    if typing.get_origin(returns) not in _STREAMED or not arguments:
        return NOTHING
    alternatives = typing.get_args(arguments[0]) or (arguments[0],)
    return NOTHING if Event in alternatives or type(None) in alternatives else arguments[0]
