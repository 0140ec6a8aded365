"""Falcon's media handlers, within hug's bounds and with hug's JSON: ``request.media``, ``response.media``."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, Protocol

import falcon
from falcon.media import JSONHandler, URLEncodedFormHandler

from hug import json_module


class Settings(Protocol):
    """What bounds them; it may change at any time."""

    max_members: int


def bound(handlers: MutableMapping[str, Any], settings: Settings) -> None:
    """Put handlers that keep to ``settings`` in place of Falcon's own, for JSON and forms."""

    def loads(text: str) -> Any:
        return json_module.loads_unicode(text, settings.max_members)

    handlers[falcon.MEDIA_JSON] = JSONHandler(dumps=json_module.dump, loads=loads)
    handlers[falcon.MEDIA_URLENCODED] = _Form(settings)


class _Form(URLEncodedFormHandler):
    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings

    def _deserialize(self, body: bytes) -> Any:
        if body.count(b"&") >= self._settings.max_members:
            raise falcon.MediaMalformedError("URL-encoded")
        return super()._deserialize(body)
