"""Processes that are forked off: their channels are their own, and nothing waits for a parent's thread."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

BEGIN = """
import multiprocessing, os, threading
import hug

channel = hug.sse.channel("news", history=100)

@hug.get("/one")
def one():
    return 1

@hug.sse("/news")
def news():
    return hug.sse.events(channel, since="start")

def in_a_child(function):
    parent, child = context.Pipe()
    process = context.Process(target=lambda: child.send(function()), daemon=True)
    process.start()
    assert parent.poll(20), "no answer"
    return parent.recv()

context = multiprocessing.get_context("fork")
"""

IDS = """
before = channel.publish("before").id
child = in_a_child(lambda: (channel.publish("of the child").id, channel.last_id, len(channel.readers)))
after = channel.publish("after").id
life = before.partition("-")[0]
assert after == f"{life}-2"
assert child[0] == child[1]
assert child[0].endswith("-1") and not child[0].startswith(life), child
"""

READERS = """
def read():
    with hug.test.sse(__name__, "/news", last_event_id=before) as stream:
        gap = stream.take(1)[0]
        channel.publish("of the child")
        return gap.event, [message.data for message in stream.take(1)]

before = channel.publish("before").id
with hug.test.sse(__name__, "/news") as stream:
    stream.take(1)
    assert in_a_child(lambda: len(channel.readers)) == 0
    assert in_a_child(read) == ("gap", ["of the child"])
    channel.publish("after")
    assert [message.data for message in stream.take(1)] == ["after"]
"""

CLOSED = """
def publish():
    try:
        channel.publish("x")
    except hug.exceptions.ChannelClosed:
        return True

channel.close()
assert in_a_child(publish)
assert in_a_child(lambda: (channel.delete(), channel.publish("x")) and 1) == 1
"""

HANDLERS = """
assert hug.test.get(__name__, "/one").data == 1
assert in_a_child(lambda: hug.test.get(__name__, "/one").data) == 1
assert hug.test.get(__name__, "/one").data == 1
"""

BUSY = """
going = True

def publish():
    number = 0
    while going:
        channel.publish("x")
        hug.sse.channel(f"room:{number % 50}").publish("x")
        number += 1

threads = [threading.Thread(target=publish) for _ in range(3)]
for thread in threads:
    thread.start()
for _ in range(20):
    assert in_a_child(lambda: (channel.publish("x"), hug.sse.channel("room:1").publish("x"), 1)[-1]) == 1
going = False
for thread in threads:
    thread.join()
"""


@pytest.mark.parametrize(
    "program",
    [IDS, READERS, CLOSED, HANDLERS, BUSY],
    ids=["ids", "readers", "closed", "handlers", "busy parent"],
)
def test_fork(program: str) -> None:
    """Ids differ, readers stay the parent's, the closed is so, handlers answer, whatever the parent does."""
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + program],
        env={**os.environ, "HUG_BROKER": "memory:"},  # else it would be told that nobody reads there
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
