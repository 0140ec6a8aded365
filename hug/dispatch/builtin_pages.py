"""What answers at URLs that hug has pages for, unless a route of the application is there."""

from __future__ import annotations

from typing import Any

from hug import output_format, versions
from hug.dispatch.documentation_pages import DocumentationPages
from hug.dispatch.site import Site
from hug.dispatch.versioned import requested_version
from hug.interface.error_format import announce_error
from hug.output_format.prepared import output
from hug.web.request import Request
from hug.web.response import Response


class BuiltinPages:
    """Answers GET of the documentation and of the OpenAPI document with 200."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._documentation = DocumentationPages(site)
        self._made: dict[int | None, dict[str, Any]] = {}
        self._made_of: tuple[object, ...] = ()

    async def answers(self, request: Request, response: Response) -> bool:
        """Answer, and return True, if the URL is that of a page; it may have a base URL and a version."""
        site = self._site
        pages = {site.documentation_url: self._documentation.answer, site.openapi_url: self._describe}
        if request.method not in ("GET", "HEAD"):
            return False
        for base_url in dict.fromkeys(("", site.base_url, *site.routes)):
            version, path = versions.parted(request.path, base_url) or (None, None)
            if path is not None and (page := pages.get(path)):
                page(request, response, requested_version(request, version))
                return True
        return False

    def _describe(self, request: Request, response: Response, api_version: int | None) -> None:
        """Describe it, once for each version: a document of many endpoints takes some time."""
        site = self._site
        about = (dict(site.openapi_info), list(site.openapi_servers), list(site.openapi_bodies))
        made_of = (site.revision, site.output, site.openapi_version, *about)
        if self._made_of != made_of:
            self._made, self._made_of = {}, made_of
        api_version = versions.told(site.versions, api_version)
        if api_version not in self._made:
            self._made[api_version] = site.openapi(api_version=api_version)
        page = {"servers": [{"url": request.prefix or "/"}], **self._made[api_version]}
        formatter = output(output_format.json)
        response.data = announce_error(formatter, request, response)(page, request, response)
