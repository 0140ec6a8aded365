"""The responders of one URL, as Falcon wants them, and what pages of other origins are told of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hug.interface.http import HTTP
from hug.versions import Key
from hug.web.cors_policy import Policy, answer_preflight, is_preflight, methods_of

Responder = Callable[..., Any]


class Resource:
    """The responders of one URL: ``on_get``, ``on_post`` and so on.

    Attributes:
        cors: What pages of other origins may do, by method, where the routes say so.
    """

    on_get: Responder
    on_head: Responder
    on_options: Responder
    cors: Mapping[str, Policy] = {}


def policies(methods: Mapping[str, Mapping[Key, HTTP]]) -> dict[str, Policy]:
    """Return what the routes of one URL say, by method; of several versions the first that says something."""
    found: dict[str, Policy] = {}
    for method, kept in methods.items():
        for interface in kept.values():
            if interface.cors is not None:
                found.setdefault(method, interface.cors)
    return found


def answer_preflights(resource: Resource) -> None:
    """Let ``resource`` answer preflights for methods that have a policy, and all else as it would."""
    own: Responder | None = getattr(resource, "on_options", None)
    methods = methods_of(resource)

    async def on_options(request: Any, response: Any, **fields: Any) -> None:
        asked = request.get_header("Access-Control-Request-Method")
        policy = resource.cors.get(asked) if is_preflight(request) else None
        if policy is not None:
            answer_preflight(policy, request, response, methods)
        elif own is not None:
            await own(request, response, **fields)
        else:  # as Falcon does
            response.set_header("allow", ", ".join(methods))

    resource.on_options = on_options
