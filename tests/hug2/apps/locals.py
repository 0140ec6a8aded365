"""Functions that are called as functions, with their types. Printed by a script."""

import asyncio

import hug


@hug.local()
def double(number: int, times: hug.types.number = 2):
    """Doubles"""
    return number * times


@hug.local(validate=False)
def unvalidated(number: int):
    return number


@hug.local(directives=False)
def undirected(hug_timer=3):
    return hug_timer


@hug.local()
def directed(hug_timer=3, hug_api_version=None):
    return [float(hug_timer) >= 0, hug_api_version]


@hug.local(version=2)
def versioned(hug_api_version=None):
    return hug_api_version


@hug.local(raise_on_invalid=True)
def raising(number: int):
    return number


@hug.local(output=hug.output_format.json)
def formatted():
    return {"a": 1}


@hug.local(transform=str)
def transformed():
    return 5


@hug.local(requires=lambda **kwargs: "denied")
def denied():
    return "never"


@hug.local(on_invalid=lambda data: sorted(data["errors"]))
def on_invalid(number: int, other: int):
    return number


@hug.local(validate=lambda fields: {"number": "is odd"} if fields["number"] % 2 else None)
def with_validator(number: int):
    return number


@hug.local()
def result() -> int:
    return "7"


@hug.local()
def rest(*args, **kwargs):
    return [list(args), sorted(kwargs.items())]


@hug.local(map_params={"from": "start"})
def mapped(start: int = 0):
    return start


@hug.local()
async def coroutine(number: int):
    await asyncio.sleep(0)
    return number


class Counter:
    @hug.local()
    def count(self, by: int):
        return by + 1


@hug.local()
@hug.get()
def both(number: int = 1):
    return number


async def inside():
    return await coroutine("4")


def show(*calls):
    for name, call in calls:
        try:
            print(name, repr(call()))
        except BaseException as error:
            print(name, type(error).__name__, error)


if __name__ == "__main__":
    show(
        ("double", lambda: double(2)),
        ("double text", lambda: double("2")),
        ("double keywords", lambda: double(number="2", times="3")),
        ("double mixed", lambda: double("2", times="3")),
        ("double wrong", lambda: double("x")),
        ("double both wrong", lambda: double("x", "y")),
        ("double missing", lambda: double()),
        ("double doc", lambda: double.__doc__),
        ("double name", lambda: double.__name__),
        ("unvalidated", lambda: unvalidated("x")),
        ("undirected", lambda: undirected()),
        ("directed", lambda: directed()),
        ("versioned", lambda: versioned()),
        ("raising", lambda: raising("x")),
        ("raising right", lambda: raising("1")),
        ("raising missing", lambda: raising()),
        ("formatted", lambda: formatted()),
        ("transformed", lambda: transformed()),
        ("denied", lambda: denied()),
        ("on_invalid", lambda: on_invalid("x")),
        ("validator", lambda: with_validator("2")),
        ("validator wrong", lambda: with_validator("3")),
        ("result", lambda: result()),
        ("rest", lambda: rest(1, 2, a=3)),
        ("mapped", lambda: mapped(start="3")),
        ("coroutine", lambda: coroutine("3")),
        ("coroutine awaited", lambda: asyncio.new_event_loop().run_until_complete(inside())),
        ("method", lambda: Counter().count("2")),
        ("both", lambda: both("2")),
        ("both get", lambda: hug.test.get(hug.API(__name__), "/both", number="3").data),
    )
