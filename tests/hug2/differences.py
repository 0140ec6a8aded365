"""Where hug answers otherwise than hug 2.6.1, and why: the table in `differences.txt`.

What is not listed there has to be the same. A line ``# `` gives a reason, which holds until the next one;
lines ``=== area: label`` name cases that show the difference, and the lines below these what is different:
``status``, ``name: value`` for a header, which is gone if there is no value, ``body``, or ``like`` and the
label of a case that had the same body; ``exit``, ``stdout`` and ``stderr`` of a command. ``- `` and ``+ ``,
one after the other, replace a part of the body or of what was printed. Text that would not survive in a
line is one of JSON, after ``json: ``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from .exchanges import Answer, Outcome, Response
from .recordings import recorded

ADDED: Final = {
    "x-content-type-options": "errors quote what clients sent, which no browser is to take for a page",
    "content-length": "the server says in answers to HEAD what that of a GET would be",
    "accept-ranges": "files can be fetched in parts, and that is told",
    "etag": "a file is fetched again only when it has changed",
    "last-modified": "see etag",
    "vary": "caches are told what an answer depends on",
}
"""Headers that answers may have now, and did not have, with reasons; what they say is tested elsewhere."""


@dataclass(frozen=True)
class Difference:
    """How the answer to one case differs.

    Attributes:
        why: The reason.
        parts: Status, body and so on, by the name of the attribute of an answer.
        headers: By name; None for one that is gone.
        replaced: Parts of the body, or of what was printed, before and now.
    """

    why: str
    parts: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str | None] = field(default_factory=dict)
    replaced: list[tuple[str, str]] = field(default_factory=list)

    def changed(self, answer: Answer) -> Answer:
        """Return an answer of hug 2.6.1 with this difference.

        Raises:
            ValueError: It has not what is replaced.
        """
        if isinstance(answer, Outcome):
            printed = {name: getattr(answer, name) for name in ("stdout", "stderr")}
            for before, now in self.replaced:
                if not any(before in text for text in printed.values()):
                    raise ValueError(f"nothing was printed like: {before}")
                printed = {name: text.replace(before, now) for name, text in printed.items()}
            return replace(answer, **{**printed, **self.parts})
        headers = {**answer.headers, **self.headers}
        kept = {name: value for name in sorted(headers) if (value := headers[name]) is not None}
        return replace(answer, **{"body": self._replace(answer.body), **self.parts}, headers=kept)

    def _replace(self, text: str) -> str:
        for before, now in self.replaced:
            if before not in text:
                raise ValueError(f"it did not have: {before}")
            text = text.replace(before, now)
        return text


UNHANDLED: Final = Response(
    "500 Internal Server Error", {"content-type": "text/plain; charset=utf-8"}, "Internal Server Error"
)
"""What `host` answers where hug 2.6.1 lets an exception through to the server: it is the server's answer."""

HANDLED: Final = Response(
    "500 Internal Server Error",
    {"content-type": "application/json; charset=utf-8"},
    '{"errors": {"500 Internal Server Error": null}}',
)
"""What hug answers then, itself, so that middleware sees it."""


def expected(area: str, label: str, answer: Answer, now: Answer) -> Answer:
    """Return what hug is to answer where hug 2.6.1 gave ``answer``.

    Of ``now``, what it answers, only this counts: headers in `ADDED`, and the reason of a status. That is the
    server's, and another one's would be different; HTTP/2 has none.

    Raises:
        ValueError: A difference is listed that makes none.
    """
    if difference := DIFFERENCES.get((area, label)):
        answer, before = difference.changed(answer), answer
        if answer == before:
            raise ValueError(f"hug 2.6.1 did the same, so this is no difference: {difference.why}")
    if answer == UNHANDLED:
        answer = HANDLED
    if isinstance(answer, Response) and isinstance(now, Response):
        names = ADDED.keys() & now.headers.keys() - answer.headers.keys()
        headers = {**answer.headers, **{name: now.headers[name] for name in names}}
        code, _, reason = answer.status.partition(" ")
        reason = now.status.partition(" ")[2] if now.status.startswith(code) else reason
        answer = replace(answer, status=f"{code} {reason}", headers=headers)
    return answer


def _read(path: Path) -> Iterator[tuple[tuple[str, str], Difference]]:
    why = area = ""
    together: list[Difference] = []
    listing = False
    for line in filter(None, path.read_text().splitlines()):
        word, _, rest = line.partition(" ")
        if word == "#":
            why = rest
        elif word == "===":
            if not listing:
                together = []
            area, _, label = rest.partition(": ")
            together.append(Difference(why))
            yield (area, label), together[-1]
        else:
            for each in together:
                _add(each, word, rest, area)
        listing = word == "==="


def _add(difference: Difference, word: str, value: str, area: str) -> None:
    if value.startswith("json: "):
        value = json.loads(value[6:])
    if word == "exit":
        difference.parts["code"] = int(value)
    elif word in ("status", "body", "stdout", "stderr"):
        difference.parts[word] = value
    elif word == "like":
        difference.parts["body"] = vars(recorded(area)[value])["body"]
    elif word == "-":
        difference.replaced.append((value, ""))
    elif word == "+":
        difference.replaced[-1] = (difference.replaced[-1][0], value)
    elif word.endswith(":"):
        difference.headers[word[:-1]] = value or None
    else:
        raise ValueError(f"what is {word!r}?")


def _table() -> dict[tuple[str, str], Difference]:
    table: dict[tuple[str, str], Difference] = {}
    for case, difference in _read(Path(__file__).with_suffix(".txt")):
        if case in table:
            raise ValueError(f"listed twice: {case}")
        table[case] = difference
    return table


DIFFERENCES: Final = _table()
"""By area and label."""
