"""Clients come and go by the thousand; nothing of them stays."""

from .serving import Server, until

WARM_UP = 1500
CYCLES = 3000

MOST_GROWTH = 1_000_000
"""Bytes that memory may grow by for other reasons: a third of a KiB for each cycle."""


def come_and_go(server: Server, times: int) -> None:
    for number in range(times):
        client = server.stream("/ticking" if number % 10 == 0 else "/idle")
        client.leave() if number % 2 else client.reset()
        if number % 100 == 0:
            server.leave()
    until(lambda: server.get("/status")["streams"] == 0)


def test_cycles(uvicorn: Server) -> None:
    """Thousands of connections that open and close leave no task, no thread and no memory."""
    come_and_go(uvicorn, WARM_UP)
    before = uvicorn.get("/status")
    come_and_go(uvicorn, CYCLES)
    until(lambda: uvicorn.get("/status")["threads"] <= before["threads"])
    until(lambda: uvicorn.get("/status")["tasks"] <= before["tasks"])
    assert uvicorn.get("/status")["memory"] - before["memory"] < MOST_GROWTH
