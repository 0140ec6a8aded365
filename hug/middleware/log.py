"""A line in the log for each request, and one for its response."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

import falcon

from hug.web.log_text import escaped


class LogMiddleware:
    """Logs requests as they come, and responses as they go; that of a stream when it begins."""

    def __init__(self, logger: logging.Logger | None = None) -> None:
        """Log to ``logger``; default is that called ``hug``, at level INFO."""
        self.logger = logging.getLogger("hug") if logger is None else logger

    async def process_request(self, request: Any, _response: Any) -> None:
        """Log what is asked for."""
        self.logger.info(
            "Requested: %s %s %s",
            request.method,
            escaped(request.relative_uri),
            escaped(str(request.content_type)),
        )

    async def process_response(
        self, request: Any, response: Any, _resource: Any, _req_succeeded: bool
    ) -> None:
        """Log what is answered."""
        self.logger.info("%s", self.combined(request, response))

    def combined(self, request: Any, response: Any) -> str:
        """Return the line of a response: who, when, what, its status and bytes, and the client's name."""
        content = response.data if response.text is None else response.text
        parts = (
            escaped(request.remote_addr),
            "- -",
            f"[{datetime.now()}]",  # noqa: DTZ005  # local time, as logs have it
            request.method,
            escaped(request.relative_uri),
            falcon.code_to_http_status(response.status),
            "-" if response.stream is not None else str(len(content or "")),
            escaped(request.user_agent or "-"),
        )
        return " ".join(parts)
