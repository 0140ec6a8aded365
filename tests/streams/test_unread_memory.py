"""Programs that publish into their own memory, where nobody can read: they are told, and no others are."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

SERVED = """
import asyncio, hug

@hug.get("/say")
def say():
    channel.publish("served")

channel = hug.sse.channel("news")
"""


def errors(program: str, broker: str | None = None) -> str:
    """Run a program, and return what it has written to its standard error."""
    environment = {name: value for name, value in os.environ.items() if name != "HUG_BROKER"}
    if broker is not None:
        environment["HUG_BROKER"] = broker
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stderr


ONE = "import hug; hug.sse.channel('news').publish('x')"

SEVERAL = """
import asyncio, hug

async def main():
    for _ in range(3):
        await hug.sse.channel("news").publish("x")

asyncio.run(main())
"""

READER = """
import hug

with hug.sse.channel("news").subscribe() as news:
    hug.sse.channel("news").publish("x")
    next(news)
"""


@pytest.mark.parametrize(
    ("program", "told"), [(ONE, "1 event was published"), (SEVERAL, "3 events were published")]
)
def test_a_script(program: str, told: str) -> None:
    """Who has no reader and no server is told, once, at the end, how many events nobody could get."""
    said = errors(program)
    assert said.startswith(f"{told} on channels in the memory of this process")
    assert "HUG_BROKER" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    "program",
    [
        "import hug; hug.sse.channel('news')",
        READER,
        "import hug\nwith hug.test.broker(): hug.sse.channel('news').publish('x')",
        f"{SERVED}hug.test.get(__name__, '/say')",
        f"{SERVED}channel.publish('before')\nhug.test.get(__name__, '/say')",
        "import hug; hug.API(__name__).broker = 'memory:'; hug.sse.channel('news').publish('x')",
    ],
    ids=["nothing", "reader", "fresh broker", "tested", "served later", "chosen"],
)
def test_others(program: str) -> None:
    """Applications that serve or are tested, programs that read, or have chosen it, are left alone."""
    assert errors(program) == ""


def test_chosen() -> None:
    """So are those whose environment names the memory."""
    assert errors(ONE, "memory:") == ""


def test_an_empty_variable() -> None:
    """A variable without a value, as a deployment with a mistake has it, is told of."""
    assert errors("import hug; hug.sse.channel('news')", "") == (
        "HUG_BROKER is empty: channels are kept in the memory of this process. Name a broker in it, such as "
        "redis://localhost, or memory: to have it so, or leave it out\n"
    )
