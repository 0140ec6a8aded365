"""Areas, their cases, and what hug 2.6.1 answered, as files of text.

A recording is ``=== `` and the label of its case, then for a response its status, its headers, an empty line
and the body; for a command ``exit``, its code, an empty line, what it printed, and after ``--- stderr`` what
it complained of. Text that would not survive in lines is one of JSON, after ``json: ``.
"""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from .exchanges import Answer, Case, Outcome, Response

HERE = Path(__file__).parent

AREAS = tuple(sorted(path.stem for path in (HERE / "cases").glob("[!_]*.py")))
"""The names of the apps."""


def cases(area: str) -> dict[str, Case]:
    """Return what is asked of an area's app, in order, by label."""
    listed = importlib.import_module(f".cases.{area}", __package__).CASES
    named: dict[str, Case] = {}
    for case in listed:
        if case.label in named:
            raise ValueError(f"two cases of {area} look the same, a note would tell them apart: {case.label}")
        named[case.label] = case
    return named


def record(area: str, answers: dict[str, Answer]) -> None:
    """Write what hug 2.6.1 answered."""
    _file(area).write_text("".join(f"=== {label}\n{_written(each)}\n" for label, each in answers.items()))


@cache
def recorded(area: str) -> dict[str, Answer]:
    """Return what hug 2.6.1 answered, by label."""
    return dict(_entries(_file(area).read_text()))


def _entries(text: str) -> Iterator[tuple[str, Answer]]:
    for entry in re.split(r"^=== ", text, flags=re.MULTILINE)[1:]:
        label, _, answer = entry.removesuffix("\n").partition("\n")
        head, _, rest = answer.partition("\n\n")
        status, *headers = head.split("\n")
        if status.startswith("exit "):
            stdout, _, stderr = rest.partition("\n--- stderr\n")
            yield label, Outcome(int(status.split()[1]), _text(stdout), _text(stderr))
        else:
            yield label, Response(status, _headers(headers), _text(rest))


def _headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        headers[name] = f"{headers[name]}\n{value}" if name in headers else value
    return headers


def _written(answer: Answer) -> str:
    if isinstance(answer, Outcome):
        return f"exit {answer.code}\n\n{_lines(answer.stdout)}\n--- stderr\n{_lines(answer.stderr)}"
    headers = [f"{name}: {line}" for name, value in answer.headers.items() for line in value.split("\n")]
    return "\n".join((answer.status, *headers, "", _lines(answer.body)))


def _lines(text: str) -> str:
    marked = re.search(r"^(=== |--- |json: )", text, re.MULTILINE)
    return text if text.replace("\n", "").isprintable() and not marked else f"json: {json.dumps(text)}"


def _text(lines: str) -> str:
    return str(json.loads(lines[6:])) if lines.startswith("json: ") else lines


def _file(area: str) -> Path:
    return HERE / "recorded" / f"{area}.txt"
