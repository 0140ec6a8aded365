"""All endpoints of an API, in one version, as a document of OpenAPI."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, Protocol

from hug import url_templates, versions
from hug.documentation import Documented
from hug.interface.input_formats import InputFormat
from hug.openapi.earlier import NEWEST, in_words_of
from hug.openapi.inputs import Inputs
from hug.openapi.operations import Operations
from hug.openapi.responses import Responses
from hug.openapi.schemas import Schemas
from hug.openapi.security import Security

_METHODS: Final = frozenset(
    ("GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE", "QUERY")
)  # fmt: skip
"""Those that a Path Item Object has a place of their own for."""


class Described(Documented, Protocol):
    """What a document needs of the HTTP side of an API."""

    @property
    def future(self) -> bool:
        """Whether a blank value in a query is a value."""

    def input_format(self, content_type: str) -> InputFormat | None:
        """Return what reads bodies of this media type."""


def document(
    site: Described,
    *,
    title: str,
    release: str,
    api_version: int | None = None,
    servers: Iterable[str] = (),
    bodies: Collection[str] = (),
    info: Mapping[str, Any] | None = None,
    version: str = NEWEST,
) -> dict[str, Any]:
    """Return the document, which has what `hug.documentation.document` has, in OpenAPI's words.

    Args:
        site: The HTTP side of the API.
        title: What it is called.
        release: Which one of the API this is, where it has no versions.
        api_version: The version to describe; without one, or if there is no such version, the highest.
        servers: What the URLs begin with, such as ``http://example.com``.
        bodies: Media types that are enough for a body which may be of others, too; none: all of them.
        info: Fields of the Info Object, in place of those that are found.
        version: That of the specification, one of `earlier.VERSIONS`.
    """
    api_version = versions.told(site.versions, api_version)
    schemas, security = Schemas(), Security()
    inputs = Inputs(site.input_format, site.future, schemas, bodies)
    operations = Operations(inputs, Responses(site.output, schemas), security)
    paths: dict[str, Any] = {}
    for base_url, urls in site.routes.items():
        for url, methods in urls.items():
            template = versions.url(base_url, url, api_version)
            for method, kept in methods.items():
                interface = versions.chosen(kept, api_version)
                if interface is None or interface.route.get("private"):
                    continue
                item = paths.setdefault(url_templates.without_converters(template), {})
                operation = operations.describe(interface, method, template)
                if method in _METHODS:
                    item[method.lower()] = operation
                else:
                    item.setdefault("additionalOperations", {})[method] = operation
    about: dict[str, Any] = {
        "title": title or "API",
        "version": release if api_version is None else str(api_version),
    }
    if site.doc:
        about["description"] = site.doc
    found = {"schemas": schemas.components, "securitySchemes": security.schemes}
    components = {name: each for name, each in found.items() if each}
    places = [{"url": server} for server in servers]
    described: dict[str, Any] = {
        "openapi": NEWEST,
        "info": {**about, **(info or {})},
        **({"servers": places} if places else {}),
        "paths": paths,
        **({"components": components} if components else {}),
    }
    return in_words_of(version, described)
