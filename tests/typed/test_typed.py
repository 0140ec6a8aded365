"""What type checkers make of an application that is written with hug, and that they are right."""

import inspect
import json
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

import hug
from hug.routers.verbs import VERBS

from . import application
from .cache import with_cache


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the application and nothing else: hug is found where it is installed."""
    shutil.copy(application.__file__, tmp_path)
    return tmp_path


def check(folder: Path, *command: str) -> tuple[int, str]:
    """Run a type checker in a folder; return its exit code and what it says."""
    done = subprocess.run(
        (sys.executable, "-m", *command), cwd=folder, capture_output=True, text=True, timeout=600, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_mypy(folder: Path) -> None:
    """mypy --strict finds the mistakes and nothing else; each value has the type that is said there."""
    code, said = check(folder, "mypy", "--strict", *with_cache(folder), "application.py")
    assert code == 0, said


def test_pyright(folder: Path) -> None:
    """So does pyright, as strict as it can be."""
    settings = {"typeCheckingMode": "strict", "enableTypeIgnoreComments": False}
    settings["reportUnnecessaryTypeIgnoreComment"] = True
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    code, said = check(folder, "basedpyright", "--pythonpath", sys.executable, "application.py")
    assert code == 0, said


OF_FUNCTIONS = (
    *(f"hug.route.{verb}()" for verb in VERBS), *(f"hug.route.API(__name__).{verb}()" for verb in VERBS),
    *(f"hug.object.{verb}()" for verb in VERBS), *(f"hug.{verb}()" for verb in VERBS if hasattr(hug, verb)),
    "hug.get('/x').post()", "hug.get('/x').cache(max_age=1)", "hug.http(requires=[]).urls('/x')",
    "hug.cli()", "hug.object.cli", "hug.object.cli()", "hug.route.API(__name__).cli()", "hug.local()",
    "hug.exception(ValueError)", "hug.not_found()", "hug.sink('/x')", "hug.static('/x')", "hug.extend_api()",
    "hug.startup()", "hug.shutdown()", "hug.request_middleware()", "hug.response_middleware()",
    "hug.directive()", "hug.context_factory()", "hug.delete_context()", "hug.default_output_format()",
    "hug.default_input_format()",
)  # fmt: skip
OF_CLASSES = ("hug.object()", "hug.object.urls('/x')", "hug.object.http_methods('/x')",
              "hug.middleware_class()", "hug.directive()")  # fmt: skip


def test_what_is_decorated_keeps_its_type(tmp_path: Path) -> None:
    """To mypy a decorated function is the function that it was, a class the class, an object the object."""
    lines = ["import hug", "from typing import assert_type"]
    for number, decorator in enumerate(OF_FUNCTIONS):
        lines += [
            f"@{decorator}",
            f"def function_{number}(a: int, *, b: str = '') -> list[bytes]: return []",
            f"assert_type(function_{number}(1, b='x'), list[bytes])",
            f"function_{number}('1')  # type: ignore[arg-type]",
        ]
    for number, decorator in enumerate(OF_CLASSES):
        lines += [
            f"@{decorator}",
            f"class Class{number}:",
            "    def get(self) -> int: return 1",
            f"assert_type(Class{number}().get(), int)",
        ]
    lines += ["assert_type(hug.object.http_methods('/y')(Class0()), Class0)"]
    (tmp_path / "decorated.py").write_text("\n".join(lines))
    code, said = check(tmp_path, "mypy", "--strict", *with_cache(tmp_path), "decorated.py")
    assert code == 0, said


def test_values() -> None:
    """What a handler gets is what type checkers are told."""
    answer = hug.test.get(
        application, "/everything",
        boolean="1", comma_separated_list="a,b", decimal="1.5", float_number="1.5", inline_dictionary="a:b",
        json="[1]", multiple="a", number="7", smart_boolean="t", text="7", uuid=str(UUID(int=1)),
        limited="4", short="abcd", one="b", either="x", parts="a;b",
    )  # fmt: skip
    assert answer.status == hug.HTTP_200, answer.data
    assert application.converted == {
        "boolean": True,
        "comma_separated_list": ["a", "b"],
        "decimal": Decimal("1.5"),
        "float_number": 1.5,
        "inline_dictionary": {"a": "b"},
        "json": [1],
        "multiple": ["a"],
        "number": 7,
        "smart_boolean": True,
        "text": "7",
        "uuid": UUID(int=1),
        "limited": 4,
        "short": "abcd",
        "one": "b",
        "either": "x",
        "parts": ["a", "b"],
        "hug_last_event_id": None,
    }


def test_every_type_is_told() -> None:
    """Type checkers are told of each type that can be an annotation as it is."""
    ready = {name for name in hug.types.__all__ if isinstance(getattr(hug.types, name), hug.types.Type)}
    told = [inspect.signature(each).parameters for each in (application.everything, application.upload)]
    assert ready <= {name for parameters in told for name in parameters}


def test_annotated_types_refuse() -> None:
    """A type in `Annotated` converts and refuses as it does alone, also one that `hug.type` has made."""
    assert hug.test.put(application, "/half/6").data == 3
    assert hug.test.put(application, "/half/5").data == {"errors": {"number": "not even"}}


def test_streams() -> None:
    """What the application tests of its own streams holds, and methods stream, too."""
    application.test_ticks()
    with hug.test.sse(application, "/things/events") as stream:
        assert next(stream).json() == 1
