"""What hug 2.6.1 answered is what hug answers, but for the differences that are listed."""

import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from .differences import ADDED, DIFFERENCES, expected
from .exchanges import Answer, Response
from .hosting import Host
from .recordings import AREAS, cases, recorded

Answers = dict[str, dict[str, Answer]]
"""By area and label."""

UNDER_WSGI = (
    "coroutines",
    "errors",
    "input_formats",
    "messages",
    "middleware",
    "output_formats",
    "parameters",
    "sessions",
    "unrouted",
)
"""Areas that another kind of server might change."""

OF_THE_SERVER = {("errors", "BREW /allowed")}
"""Cases that hug's own server answers, and a WSGI server leaves to hug."""


def answered(areas: Iterable[str], server: str) -> Iterator[Answers]:
    """Yield what hug answers to all cases; in order, since some depend on those before."""
    with tempfile.TemporaryDirectory() as folder, Host(sys.executable, Path(folder) / "log") as host:
        host.serve(areas, server)
        yield {
            area: {label: host.answer(area, case) for label, case in cases(area).items()} for area in areas
        }


@pytest.fixture(scope="module")
def answers() -> Iterator[Answers]:
    """Answers of all apps, served by hug as `hug -f` does, and of all command lines."""
    yield from answered(AREAS, "hug")


@pytest.fixture(scope="module")
def answers_under_wsgi() -> Iterator[Answers]:
    """Answers of some apps, served by waitress."""
    yield from answered(UNDER_WSGI, "wsgi")


@pytest.mark.parametrize(("area", "label"), [(area, label) for area in AREAS for label in cases(area)])
def test_same_answer(answers: Answers, area: str, label: str) -> None:
    """An app of hug 2 answers as it did, byte for byte; where it is listed to differ, it does, as listed."""
    now = answers[area][label]
    assert now == expected(area, label, recorded(area)[label], now)


@pytest.mark.parametrize("area", UNDER_WSGI)
def test_same_under_wsgi(answers: Answers, answers_under_wsgi: Answers, area: str) -> None:
    """An app answers through a WSGI server, such as hug 2 needed, as it does through hug's own."""
    now = answers_under_wsgi[area]
    theirs = {label: answer for label, answer in recorded(area).items() if (area, label) in OF_THE_SERVER}
    for label, answer in {**answers[area], **theirs}.items():
        assert now[label] == expected("", "", answer, now[label]), label


@pytest.mark.parametrize("area", AREAS)
def test_recordings_are_complete(area: str) -> None:
    """Every case has been recorded, in order, and nothing else."""
    assert list(recorded(area)) == list(cases(area))


def test_differences_show(answers: Answers) -> None:
    """No difference is listed that no case shows."""
    assert DIFFERENCES.keys() <= {(area, label) for area in AREAS for label in cases(area)}
    shown = [each.headers for area in AREAS for each in answers[area].values() if isinstance(each, Response)]
    assert all(any(name in headers for headers in shown) for name in ADDED)
