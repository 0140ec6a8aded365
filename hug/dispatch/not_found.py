"""What answers when nothing else does: a handler, the documentation, or a bare 404."""

from __future__ import annotations

from typing import Any

import falcon

from hug import versions
from hug.dispatch.documentation_pages import DocumentationPages
from hug.dispatch.site import Site
from hug.dispatch.versioned import requested_version
from hug.interface.error_format import announce_error
from hug.web.error_body import error_body
from hug.web.request import Request
from hug.web.response import Response


class NotFound:
    """Answers requests for what is not there: by a handler, with the documentation, or with a bare error.

    Attributes:
        documents: Whether with the documentation, where there is no handler.
    """

    interface = True
    """Marks that a function may return this to have it answer."""

    def __init__(self, site: Site, documents: bool) -> None:
        self._site = site
        self._pages = DocumentationPages(site)
        self.documents = documents

    async def __call__(
        self, request: Request, response: Response, api_version: int | None = None, **fields: Any
    ) -> None:
        """Answer with 404."""
        response.status = falcon.HTTP_404
        if api_version is None:
            api_version = versions.in_path(request.path, (self._site.base_url, *self._site.routes))
        handlers = self._site.not_found_handlers
        if handlers:
            handler = versions.chosen(handlers, requested_version(request, api_version))
            if handler is not None:
                await handler(request, response, **fields)
                return
        if self.documents:
            self._pages.answer(request, response, api_version, missing=True)
            return
        formatter = announce_error(self._site.output, request, response)
        response.data = formatter(error_body({falcon.HTTP_404: None}), request, response)
