"""The life of a server in tests: what happens at its start, and at its end."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from hug.api import API
from hug.api.module_api import existing
from hug.dispatch.startup_on_loop import on_server
from hug.test.requests import portal


@contextlib.contextmanager
def running(api_or_module: Any) -> Iterator[API]:
    """Call the startup handlers of an API, if they have not been called, and at last its shutdown handlers.

    Without it the first request to an API calls the startup handlers, once, and nobody calls the others. For
    sync tests: ``with hug.test.running(api): hug.test.get(api, "/url")``.

    Args:
        api_or_module: An API, or the module, or its name, that has one.
    """
    api = existing(api_or_module)
    portal.call(api.life.serve, on_server(api.http.inline))
    try:
        yield api
    finally:
        portal.call(api.life.end, on_server(api.http.inline))
