"""What an API tells about itself: a dictionary, made from what its functions declare."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from inspect import isasyncgenfunction
from typing import Any, Protocol

from hug import json_module, versions
from hug.eventstream.serving.handover import HEADERS
from hug.interface.binding import Field
from hug.interface.http import HTTP
from hug.output_format.prepared import Output
from hug.sentinels import NOTHING
from hug.types.annotations import has_records
from hug.types.descriptions import describe
from hug.types.textual import text
from hug.versions import Key

NOT_DEFINED = (
    "The API call you tried to make was not defined. Here's a definition of the API to help you get going :)"
)

Versions = Mapping[Key, HTTP]


class Documented(Protocol):
    """What documentation needs of the HTTP side of an API."""

    base_url: str

    @property
    def doc(self) -> str:
        """What the API is about."""

    @property
    def routes(self) -> Mapping[str, Mapping[str, Mapping[str, Versions]]]:
        """Interfaces by base URL, URL, method and version."""

    @property
    def versions(self) -> set[Key]:
        """What the routes are kept under."""

    @property
    def output(self) -> Output:
        """The output format of routes that have none of their own."""


def document(
    site: Documented, base_url: str | None = None, api_version: int | None = None, prefix: str = ""
) -> dict[str, Any]:
    """Return the documentation of an API.

    Args:
        site: Its HTTP side.
        base_url: Of the routes to document; default is the API's.
        api_version: The version to document; without one, or if there is no such version, the highest.
        prefix: What the URLs of examples begin with, such as ``http://example.com``.
    """
    base_url = site.base_url if base_url is None else base_url
    documentation: dict[str, Any] = {}
    if site.doc:
        documentation["overview"] = site.doc
    api_version = versions.told(site.versions, api_version)
    if api_version is not None:
        documentation["version"] = api_version
        documentation["versions"] = versions.numbers(site.versions)
    handlers: dict[str, Any] = {}
    for url, methods in site.routes.get(base_url, {}).items():
        for method, kept in methods.items():
            interface = versions.chosen(kept, api_version)
            if interface is not None and not interface.route.get("private"):
                place = prefix + versions.url(base_url, url, api_version)
                handlers.setdefault(url, {})[method] = _describe_endpoint(interface, place, site.output)
    documentation["handlers"] = handlers
    return documentation


def _describe_endpoint(interface: HTTP, url: str, default: Output) -> dict[str, Any]:
    """Return the documentation of one endpoint.

    Args:
        interface: What answers there.
        url: The beginning of its examples.
        default: The output format of those that have none of their own.
    """
    documentation: dict[str, Any] = {}
    if interface.function.__doc__:
        documentation["usage"] = interface.function.__doc__
    if examples := _examples(interface, url):
        documentation["examples"] = examples
    if interface.requires:
        documentation["requires"] = [each.function.__doc__ for each in interface.requires]
    documentation["outputs"] = _describe_outputs(interface, default)
    fields, directives = interface.binding.fields, interface.binding.directives
    if fields or any(not name.startswith("hug_") for name in directives):  # as in hug 2
        documentation["inputs"] = {field.external: _describe_field(field) for field in fields}
    body = interface.binding.body
    if body is not None and body.annotation is not dict and has_records(body.annotation):  # new in hug 3
        documentation.setdefault("inputs", {})["body"] = _describe_field(body)
    return documentation


def _examples(interface: HTTP, url: str) -> list[str]:
    examples = interface.route.get("examples", ())
    if not examples and not interface.binding.required:
        return [url]
    return [f"{url}?{example}" for example in examples]


def _describe_outputs(interface: HTTP, default: Output) -> dict[str, Any]:
    if interface.streams:
        return {"format": "Server-sent events", "content_type": HEADERS["content-type"]}
    formatter = interface.output or default
    in_pieces = isasyncgenfunction(interface.function)
    function = formatter.of_pieces if in_pieces else formatter.function
    outputs = {"format": function.__doc__, "content_type": getattr(function, "content_type", None)}
    transform = interface.route.get("transform")
    returns = interface.returns
    if callable(transform):
        returns = transform if isinstance(transform, type) else transform.__doc__
    if returns is not NOTHING and returns is not None:
        outputs["type"] = describe(returns)
    return outputs


def _describe_field(field: Field) -> dict[str, Any]:
    described = {"type": text.__doc__ if field.annotation is NOTHING else describe(field.annotation)}
    if field.default is not NOTHING and field.default is not None:
        with suppress(TypeError, ValueError):  # JSON has no such value, as `object()` or infinity
            json_module.dump_line(field.default)
            described["default"] = field.default
    return described
