"""The URL templates of an application: those of a route, and whether Falcon takes them beside each other."""

from __future__ import annotations

import re

import falcon.routing
from falcon.routing.compiled import UnacceptableRouteError

from hug import versions
from hug.dispatch.versioned import VersionField
from hug.url_templates import balanced

CONVERTERS = {"version": VersionField}
"""Converters of fields by name, beside those of Falcon."""


def templates(base_url: str, url: str, *, slash_counts: bool) -> tuple[str, ...]:
    """Return the templates of a route, without a version in the URL and with one."""
    both = base_url + url, base_url + versions.FIELD + url
    # Falcon cuts the slash off requests, and then never finds a template that has one.
    return both if slash_counts else tuple(each.rstrip("/") or "/" for each in both)


class Templates:
    """The templates of all routes, to tell a mistake when a route is declared and not when it is served."""

    def __init__(self) -> None:
        self._router = _router()
        self._taken: dict[str, None] = {}

    def add(self, base_url: str, url: str) -> None:
        """Add those of a route, which may be there already.

        Raises:
            ValueError: They are none, or contradict another one; with words for who wrote them.
        """
        template = base_url + url
        if "//" in template:
            raise ValueError("it may not contain '//'")
        if not balanced(template):
            raise ValueError("a brace in it has no other one: a field is written {name}")
        if "{" in template:
            # Behind the version are the same fields as without it: they contradict each other just so.
            self._add(base_url + versions.FIELD)
            self._add(template.rstrip("/"))
        elif re.search(r"\s", template):
            raise ValueError("it may not contain spaces")

    def _add(self, template: str) -> None:
        if template in self._taken:
            return
        try:
            self._router.add_route(template, None)
        except UnacceptableRouteError as error:
            _router().add_route(template, None)  # tells what is wrong with it alone
            other = next((each for each in self._taken if not _beside(each, template)), None)
            if other is None:
                raise ValueError(str(error)) from None
            raise ValueError(
                f"it has a field where {other!r} has another one, or has it with another converter: "
                "give both the same name and converter"
            ) from None
        self._taken[template] = None


def _router() -> falcon.routing.CompiledRouter:
    router = falcon.routing.CompiledRouter()
    router.options.converters.update(CONVERTERS)
    return router


def _beside(one: str, other: str) -> bool:
    router = _router()
    router.add_route(one, None)
    try:
        router.add_route(other, None)
    except UnacceptableRouteError:
        return False
    return True
