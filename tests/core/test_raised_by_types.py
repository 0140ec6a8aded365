"""What types raise: about the value, as an answer by itself, or since something is out of reach."""

import warnings
from typing import Annotated, Any

import pytest

import hug


def raising(error: Exception, kind: str) -> Any:
    """Return an annotation that raises: a function, an async one, one in ``Annotated``, or a type."""

    def convert(value):
        raise error

    async def convert_later(value):
        raise error

    class Own(hug.types.Type):
        """Mine"""

        def __call__(self, value):
            raise error

    return {
        "function": convert,
        "async": convert_later,
        "annotated": Annotated[int, convert],
        "async annotated": Annotated[int, convert_later],
        "type": Own,
        "decorated": hug.type(error_text="Invalid")(convert),
        "part": hug.types.Multiple[convert],
    }[kind]


KINDS = ["function", "async", "annotated", "async annotated", "type", "part"]


def routed(api: hug.API, annotation: Any, asynchronous: bool = False) -> None:
    """Route what takes it as a parameter, and as ``body``; another type has been asked before."""

    async def first(value):
        return value

    def take(a, first=0):
        raise AssertionError

    async def take_async(a, first=0):
        raise AssertionError

    hug.get("/x", api=api, args={"a": annotation, "first": first})(take_async if asynchronous else take)
    hug.post("/body", api=api, args={"body": annotation})(lambda body: body)


@pytest.mark.parametrize("kind", [*KINDS, "decorated"])
@pytest.mark.parametrize("asynchronous", [False, True])
def test_answers(kind: str, asynchronous: bool) -> None:
    """An error of Falcon's, or a redirect, that a type raises is the answer."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a coroutine that nobody awaits would be one
        for error, status, location in (
            (hug.HTTPNotFound(description="no such user"), hug.HTTP_404, None),
            (hug.HTTPConflict(title="taken"), hug.HTTP_409, None),
            (hug.HTTPStatus(hug.HTTP_302, headers={"location": "/new"}), hug.HTTP_302, "/new"),
        ):
            api = hug.API()
            routed(api, raising(error, kind), asynchronous)
            for answer in (hug.test.get(api, "/x", first="1", a="1"), hug.test.post(api, "/body", 1)):
                assert answer.status == status
                assert answer.headers_dict.get("location") == location


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("error", [ConnectionError, TimeoutError, OSError])
def test_failures(api: hug.API, kind: str, error: type[OSError]) -> None:
    """What is out of reach is a failure of the server, as in a handler; its text is for the log alone."""
    routed(api, raising(error("postgres://user:secret@host"), kind))
    for ask in (lambda: hug.test.get(api, "/x?first=1&a=1"), lambda: hug.test.post(api, "/body", 1)):
        with pytest.raises(error, match="secret"):
            ask()
    hug.exception(OSError, api=api)(lambda: "handled")
    assert hug.test.get(api, "/x?a=1").data == "handled"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "error", [LookupError, AssertionError, AttributeError, RuntimeError, ArithmeticError]
)
def test_refusals(api: hug.API, kind: str, error: type[Exception]) -> None:
    """Every other exception is about the value, as in hug 2: a 400 with its text."""
    routed(api, raising(error("not that one"), kind))
    for name, answer in (
        ("a", hug.test.get(api, "/x?first=1&a=1")),
        ("body", hug.test.post(api, "/body", 1)),
    ):
        assert answer.status == hug.HTTP_400
        assert answer.data == {"errors": {name: "not that one"}}


def test_words_of_a_type(api: hug.API) -> None:
    """A type with an ``error_text`` for all exceptions has said what the client gets to see of them."""
    routed(api, raising(FileNotFoundError("/srv/x"), "decorated"))
    assert hug.test.get(api, "/x?a=1").data == {"errors": {"a": "Invalid"}}


@pytest.mark.parametrize("kind", KINDS)
def test_without_requests(api: hug.API, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Calls in Python raise both; so do commands, which print an HTTP error."""
    lost = hug.local(api=api, args={"a": raising(ConnectionError("lost"), kind)})(lambda a: a)
    with pytest.raises(ConnectionError, match="lost"):
        lost("1")
    unknown = hug.local(api=api, args={"a": raising(hug.HTTPNotFound(), kind)})(lambda a: a)
    with pytest.raises(hug.HTTPNotFound):
        unknown("1")

    @hug.cli(api=api, args={"a": raising(ConnectionError("lost"), kind)})
    def command(a): ...

    with pytest.raises(ConnectionError, match="lost"):
        command.interface.cli(["command", "1"])

    @hug.cli(api=api, args={"a": raising(hug.HTTPNotFound(title="No user", description="1"), kind)})
    def user(a): ...

    with pytest.raises(SystemExit) as exited:
        user.interface.cli(["user", "1"])
    assert exited.value.code == 1
    assert capsys.readouterr().err == "Error: No user: 1\n"
