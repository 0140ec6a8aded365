"""Documents of OpenAPI 3.2 in the words of 3.1, which is all that many a generator of clients reads.

Source: https://spec.openapis.org/oas/v3.2.0.html#appendix-e-revision-history, and that of 3.1
"""

from __future__ import annotations

from typing import Any, Final

NEWEST: Final = "3.2.0"
VERSIONS: Final = (NEWEST, "3.1.2", "3.1.1", "3.1.0")
"""Those of the specification that a document may be of."""


def checked(version: str) -> str:
    """Return ``version``; raise ValueError if there are no documents of it."""
    if version not in VERSIONS:
        raise ValueError(f"No OpenAPI documents of version {version!r}: take one of {', '.join(VERSIONS)}")
    return version


def in_words_of(version: str, document: dict[str, Any]) -> dict[str, Any]:
    """Return ``document``, which is of the newest version, as one of ``version``.

    What 3.1 cannot tell is left out: what the items of a stream are (it is text there), and methods other
    than those of 3.1.
    """
    if version == NEWEST:
        return document
    paths = {url: _path_item(item) for url, item in document["paths"].items()}
    return {**document, "openapi": version, "paths": {url: item for url, item in paths.items() if item}}


def _path_item(item: dict[str, Any]) -> dict[str, Any]:
    later = ("query", "additionalOperations")
    return {name: _operation(each) for name, each in item.items() if name not in later}


def _operation(operation: dict[str, Any]) -> dict[str, Any]:
    return {**operation, "responses": {s: _answer(each) for s, each in operation["responses"].items()}}


def _answer(answer: dict[str, Any]) -> dict[str, Any]:
    if "content" not in answer:
        return answer
    content = {
        kind: {"schema": {"type": "string"}} if "itemSchema" in media else media
        for kind, media in answer["content"].items()
    }
    return {**answer, "content": content}
