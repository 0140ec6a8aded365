"""The rule of versions: what may be given, what is kept, what a request asks for, how URLs say it. Pure.

A request asks for a version in its URL (``/v1`` behind the base URL), in its header ``X-API-VERSION`` or in
its query (``api_version``). A route is kept for numbers, for requests that ask for none (`UNVERSIONED`), or
for all that no other route of its URL is kept for (None).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, Literal, TypeAlias, TypeVar, final

from hug.exceptions import HugError

T = TypeVar("T")

Given: TypeAlias = int | str | Iterable[int | str | None] | None
"""What may be given: one version or several, as numbers or as text; None and False as `Version` has them."""

Version: TypeAlias = int | Literal[False] | None
"""One version as routers keep it: a number; None for all requests; False for those that ask for none."""

HEADER: Final = "x-api-version"
PARAMETER: Final = "api_version"
"""Where a request may ask for a version besides its URL: a header, and a parameter of the query."""

FIELD: Final = "/v{api_version:version}"
"""What a URL template has behind its base URL where the version is asked for."""

_NUMBER: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
_IN_PATH: Final = re.compile(r"/v([0-9]{1,18})(?:/|\Z)", re.ASCII)


@final
class Unversioned:
    """The type of `UNVERSIONED`."""

    def __repr__(self) -> str:
        return "UNVERSIONED"


UNVERSIONED: Final = Unversioned()
"""The key of what answers requests that ask for no version: False would be the same key as version 0."""

Key: TypeAlias = int | Unversioned | None
"""What a route is kept under."""


class VersionError(HugError, ValueError):
    """What was given, or asked for, is no version, or several that contradict each other."""


def normalised(given: Given) -> tuple[Version, ...]:
    """Return the versions that were given, one by one.

    Raises:
        VersionError: One that is no number, or below 0.
    """
    several = (given,) if given is None or isinstance(given, int | str) else tuple(given)
    return tuple(version if version is None or version is False else _checked(version) for version in several)


def _checked(version: int | str) -> int:
    checked = number(version) if isinstance(version, str) else int(version)
    if checked is None:
        raise VersionError(f"version {version!r} is not a number")
    if checked < 0:
        raise VersionError(f"version {version!r} is below 0")
    return checked


def number(text: str) -> int | None:
    """Return the version that ``text`` is, which has up to 18 digits, or None if it is none."""
    return int(text) if _NUMBER.fullmatch(text) else None


def key(version: Version) -> Key:
    """Return what a route for ``version`` is kept under."""
    return UNVERSIONED if version is False else version


def asked_for(from_url: int | None, *others: object) -> int | None:
    """Return the version that a request asks for, None if it asks for none.

    Args:
        from_url: The version in its URL.
        others: What it says elsewhere: text, None where it says nothing.

    Raises:
        VersionError: Something that is no version, or different ones.
    """
    asked: set[int] = set() if from_url is None else {from_url}
    for said in others:
        if said is not None:
            version = number(said) if isinstance(said, str) else None
            if version is None:
                raise VersionError(f"{said!r} is not a version, versions are numbers")
            asked.add(version)
    if len(asked) > 1:
        raise VersionError("You are requesting conflicting versions")
    return asked.pop() if asked else None


def chosen(kept: Mapping[Key, T], asked: int | None) -> T | None:
    """Return what answers a request that asks for this version, None if nothing does."""
    exact = kept.get(UNVERSIONED if asked is None else asked)
    return kept.get(None) if exact is None else exact


def numbers(keys: Iterable[Key]) -> list[int]:
    """Return the numbers among ``keys``, lowest first."""
    return sorted(each for each in keys if isinstance(each, int))


def told(keys: Iterable[Key], asked: int | None) -> int | None:
    """Return the version that documentation tells of: the one asked for, or the highest."""
    there = numbers(keys)
    return asked if asked in there else there[-1] if there else None


def url(base_url: str, template: str, version: int | None) -> str:
    """Return the URL template under which ``template`` answers in ``version``, or without one."""
    return base_url + ("" if version is None else f"/v{version}") + template


def parted(path: str, base_url: str) -> tuple[int | None, str] | None:
    """Return the version that a path asks for behind a base URL, and what is behind that; None elsewhere."""
    if not path.startswith(base_url):
        return None
    found = _IN_PATH.match(path, len(base_url))
    return (int(found[1]), path[found.end(1) :]) if found else (None, path[len(base_url) :])


def in_path(path: str, base_urls: Iterable[str]) -> int | None:
    """Return the version that a path asks for behind one of these base URLs, None if it asks for none."""
    for base_url in base_urls:
        if path.startswith(base_url) and (found := _IN_PATH.match(path, len(base_url))):
            return int(found[1])
    return None
