"""What an API tells about itself: a dictionary, made from what its functions declare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from hug import versions
from hug.interface.binding import Field
from hug.interface.description import Description
from hug.interface.formats import Output
from hug.interface.http import HTTP
from hug.sentinels import NOTHING
from hug.types.standard import describe
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
    def doc(self) -> str | None:
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
    numbers = versions.numbers(site.versions)
    if numbers:
        api_version = api_version if api_version in numbers else numbers[-1]
        documentation["version"] = api_version
        documentation["versions"] = numbers
    handlers: dict[str, Any] = {}
    for url, methods in site.routes.get(base_url, {}).items():
        for method, kept in methods.items():
            interface = versions.chosen(kept, api_version)
            description = interface and interface.describe(site.output)
            if description and not description.private:
                place = prefix + versions.url(base_url, url, api_version)
                handlers.setdefault(url, {})[method] = describe_endpoint(description, place)
    documentation["handlers"] = handlers
    return documentation


def describe_endpoint(description: Description, url: str) -> dict[str, Any]:
    """Return the documentation of one endpoint; ``url`` is the beginning of its examples."""
    documentation: dict[str, Any] = {}
    if description.usage:
        documentation["usage"] = description.usage
    if examples := _examples(description, url):
        documentation["examples"] = examples
    if description.requires:
        documentation["requires"] = list(description.requires)
    documentation["outputs"] = outputs = dict(description.output)
    if description.returns is not NOTHING and description.returns is not None:
        outputs["type"] = describe(description.returns)
    if description.fields:
        documentation["inputs"] = {field.external: _describe_field(field) for field in description.fields}
    return documentation


def _examples(description: Description, url: str) -> list[str]:
    if not description.examples and description.callable_bare:
        return [url]
    return [f"{url}?{example}" for example in description.examples]


def _describe_field(field: Field) -> dict[str, Any]:
    described = {"type": text.__doc__ if field.annotation is NOTHING else describe(field.annotation)}
    if field.default is not NOTHING and field.default is not None:
        described["default"] = field.default
    return described
