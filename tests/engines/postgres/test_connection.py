"""One connection to PostgreSQL: questions, and notifications in between."""

import asyncio
import os
import socket
from typing import Any

import psycopg
import pytest

from hug.eventstream.engines.postgres.connection import Link
from hug.eventstream.engines.postgres.url import parameters

from ...waiting import eventually, until

pytestmark = pytest.mark.anyio

_WAIT = "SELECT pg_advisory_lock(49)"
_WAITS = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 49 AND NOT granted"


@pytest.mark.parametrize("binary", [True, False])
async def test_right_behind_an_answer(
    engine_url: str, admin: psycopg.Connection[Any], *, binary: bool
) -> None:
    """A notification that is read from the network together with an answer is told, whatever comes next."""
    told: list[str] = []
    link = await Link.open(parameters(engine_url), told.append, lambda _: None)
    try:
        await link.ask("LISTEN hug_test")
        await link.call(_WAIT, ())
        await link.ask("SELECT pg_advisory_unlock_all()")
        admin.execute(_WAIT)
        with socket.socket(fileno=os.dup(link._socket)) as same:

            def came(what: bytes) -> bool:
                try:
                    return what in same.recv(1000, socket.MSG_PEEK)
                except BlockingIOError:
                    return False

            asking = asyncio.ensure_future(link.call(_WAIT, ()) if binary else link.ask(_WAIT))
            await eventually(lambda: admin.execute(_WAITS).fetchall())
            admin.execute("SELECT pg_advisory_unlock_all()")
            until(lambda: came(b"SELECT 1"))
            admin.execute("NOTIFY hug_test, 'news'")  # while the event loop has not seen the answer yet
            until(lambda: came(b"news"))
        await asking
        await eventually(lambda: told == ["news"], within=5)
    finally:
        await link.close()
