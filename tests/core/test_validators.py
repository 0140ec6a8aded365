"""What `hug.validate` makes of several validators."""

import asyncio

import pytest

import hug


async def content(fields):
    await asyncio.sleep(0)


async def wrong(fields):
    await asyncio.sleep(0)
    return {"a": "wrong"}


def odd(fields):
    return {"b": "odd"}


def unseen(fields):
    return content(fields)  # async, but nothing says so


def fine(fields):
    return None


@pytest.mark.parametrize(
    ("validator", "errors"),
    [
        (hug.validate.all(content, odd), {"b": "odd"}),
        (hug.validate.all(fine, content, wrong, odd), {"a": "wrong"}),
        (hug.validate.all(content, unseen), None),
        (hug.validate.all(unseen, odd), {"b": "odd"}),
        (hug.validate.any(wrong, odd), {"a": "wrong", "b": "odd"}),
        (hug.validate.any(odd, content, odd), None),
        (hug.validate.all(content, hug.validate.any(odd, wrong)), {"b": "odd", "a": "wrong"}),
        (
            hug.validate.all(content, hug.validate.contains_one_of("z")),
            {"z": "one of these must have a value"},
        ),
    ],
)
@pytest.mark.parametrize("asynchronous", [False, True])
def test_async_validators(api: hug.API, validator, errors, asynchronous: bool) -> None:
    """Async validators are awaited, wherever they stand among others: no verdict is lost."""

    def let_in(x: int = 1):
        return "in"

    async def let_in_later(x: int = 1):
        return "in"

    hug.get("/x", api=api, validate=validator)(let_in_later if asynchronous else let_in)
    response = hug.test.get(api, "/x")
    if errors is None:
        assert response.data == "in"
    else:
        assert (response.status_code, response.data) == (400, {"errors": errors})
