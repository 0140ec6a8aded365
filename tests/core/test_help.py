"""What `help()` says of the decorators."""

import inspect
import pydoc

import pytest

import hug
from hug.routers import options

VERBS = (
    "get", "post", "put", "patch", "delete", "head", "options", "trace", "connect",
    "get_post", "put_post", "http", "call",
)  # fmt: skip

DECORATORS = {
    **{f"hug.{verb}": (getattr(hug, verb), options.URLRoute) for verb in VERBS},
    "hug.route.API().get": (hug.route.API(__name__).get, options.URLRoute),
    "hug.sse": (hug.sse, options.EventStreamRoute),
    "hug.object": (hug.object, options.ClassRoute),
    "hug.cli": (hug.cli, options.CLIOptions),
    "hug.local": (hug.local, options.LocalOptions),
    "hug.not_found": (hug.not_found, options.HTTPOptions),
    "hug.exception": (hug.exception, options.ExceptionOptions),
    "hug.sink": (hug.sink, options.SinkOptions),
    "hug.static": (hug.static, options.StaticOptions),
}


@pytest.mark.parametrize("name", DECORATORS)
def test_options(name: str) -> None:
    """`help()` begins with every option of a decorator, each once, with its type and what it means."""
    decorator, known = DECORATORS[name]
    told = inspect.getdoc(decorator).splitlines()
    assert told[0].startswith(("Return", "Event", "Routes", "A router"))
    assert told[-1] in pydoc.render_doc(decorator, renderer=pydoc.plaintext)
    for option, hint in known.__annotations__.items():
        beginning = f"    {option} ({hint.__forward_arg__}): "
        (line,) = (line for line in told if line.startswith(beginning))
        assert line != beginning


def test_nothing_is_explained_that_is_not_there() -> None:
    """Every explanation is that of an option."""
    kinds = [each for each in vars(options).values() if inspect.isclass(each) and hasattr(each, "__total__")]
    there = {name for kind in kinds for name in kind.__annotations__}
    assert {name.rpartition(".")[2] for name in options._MEANINGS} <= there
