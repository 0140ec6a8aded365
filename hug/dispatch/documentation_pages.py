"""The documentation as the answer to a request."""

from __future__ import annotations

from typing import Any, Final

from hug import json_module, output_format, versions
from hug.dispatch.site import Site
from hug.documentation import NOT_DEFINED, document
from hug.interface.error_format import announce_error
from hug.output_format.prepared import output
from hug.web.request import Request
from hug.web.response import Response

_PLACE: Final = "http://where-the-application-is.invalid"
"""Stands for what the client calls the server, in what is kept: each client may call it as it likes."""

_OF_HUG: Final = (output_format.json, output_format.pretty_json)


class DocumentationPages:
    """Answers with the documentation of a site.

    As JSON it is written once for each version, until something changes: a document of many endpoints takes
    tens of milliseconds. Other formats may look at the request, and are asked each time.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._kept: dict[tuple[object, ...], bytes] = {}
        self._kept_of: tuple[object, ...] = ()

    def answer(
        self, request: Request, response: Response, api_version: int | None, *, missing: bool = False
    ) -> None:
        """Set the content of a response; ``missing`` says that it is in place of what is not there."""
        site = self._site
        pretty = site.output.function is output_format.json
        formatter = output(output_format.pretty_json) if pretty else site.output
        formatter = announce_error(formatter, request, response)
        api_version = versions.told(site.versions, api_version)
        if formatter.function not in _OF_HUG:
            page = self._page(api_version, request.prefix, missing)
            response.data = formatter(page, request, response)
            return
        made_of = (site.revision, site.output, site.doc, site.base_url)
        if self._kept_of != made_of:
            self._kept, self._kept_of = {}, made_of
        key = (api_version, missing, formatter.function)
        if key not in self._kept:
            self._kept[key] = formatter(self._page(api_version, _PLACE, missing), request, response)
        place = json_module.dump(request.prefix)[1:-1]
        response.data = self._kept[key].replace(_PLACE.encode(), place)

    def _page(self, api_version: int | None, prefix: str, missing: bool) -> dict[str, Any]:
        documentation = document(self._site, api_version=api_version, prefix=prefix)
        return {**({"404": NOT_DEFINED} if missing else {}), "documentation": documentation}
