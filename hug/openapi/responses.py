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

_TOLD_IN_JSON: Final = ("text/html", "application/xhtml+xml", "file/", "image/", "audio/", "video/")
"""How the media types begin of formats that tell no errors: these are JSON then."""

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

    def of(self, interface: HTTP, url: str, *, takes: bool, secured: bool) -> dict[str, Any]:
        """Return the answers of an endpoint, by status.

        Args:
            interface: The endpoint.
            url: The template of its URL.
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
        formats = list(_formats(interface.output or self._default, url))
        if status not in ("204", "304"):
            answer["content"] = self._content(interface, formats)
        if interface.streams or formats:
            responses = {status: answer}
        else:  # no format is for this URL
            responses = {"406": self._error(http.HTTPStatus.NOT_ACCEPTABLE)}
        if interface.streams:
            responses.setdefault("204", {"description": "There is nothing more to come: stay away"})
        if takes:
            responses["400"] = self._invalid(interface, formats)
        if secured:
            responses["401"] = self._error(http.HTTPStatus.UNAUTHORIZED)
        if interface.requires:
            responses["403"] = self._error(http.HTTPStatus.FORBIDDEN)
        responses["404"] = {"description": http.HTTPStatus.NOT_FOUND.phrase}
        responses["4XX"] = self._error(None)
        return responses

    def _content(self, interface: HTTP, formats: list[Output]) -> dict[str, Any]:
        if interface.streams:
            return {"text/event-stream": {"itemSchema": self._event(_streamed(interface.returns))}}
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
        if typing.get_origin(returns) in _STREAMED and (items := typing.get_args(returns)):
            schema = {"type": "array", "items": self._schemas.of(items[0])}
        else:
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

    def _invalid(self, interface: HTTP, formats: list[Output]) -> dict[str, Any]:
        """Return the answer to wrong input: in the format of the endpoint, or an error that is raised."""
        status = http.HTTPStatus.BAD_REQUEST
        if any(name in interface.route for name in ("on_invalid", "output_invalid", "validate")):
            return {"description": status.phrase}
        return self._error(status, [*formats, *_formats(self._default)])

    def _error(self, status: http.HTTPStatus | None, formats: Iterable[Output] = ()) -> dict[str, Any]:
        """Return an answer that is an error; one that is raised is in the format of the API."""
        content: dict[str, Any] = {}
        for each in formats or _formats(self._default):
            kind = _media_type(each.function)
            if kind.startswith(_TOLD_IN_JSON):
                kind = JSON
            if "json" in kind:
                self._schemas.components.setdefault("Errors", ERRORS)
                content[kind] = {"schema": {"$ref": "#/components/schemas/Errors"}}
            elif "/" in kind:
                content[kind] = {"schema": {"type": "string"}} if kind.startswith("text/") else {}
        answer = {"description": "The request is refused" if status is None else status.phrase}
        return answer | ({"content": content} if content else {})


def _formats(formatter: Output, template: str = "") -> Iterator[Output]:
    """Yield the formats that ``formatter`` leaves the work to at such URLs; itself, if it does it all."""
    if not formatter.choices:
        yield formatter
    for each in formatter.choices_at(template) if template else formatter.choices:
        yield from _formats(output(each), template)


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
