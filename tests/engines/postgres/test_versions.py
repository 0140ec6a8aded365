"""Tables that an earlier hug has made in a PostgreSQL database."""

from pathlib import Path
from typing import Any

import psycopg
import pytest

from hug.eventstream.engines.postgres.schema import names
from hug.eventstream.history.log import Bounds

from ...waiting import eventually
from ..conftest import Ear
from ..entries import entries, entry, kept, put, requests
from ..servers import engine_of

pytestmark = pytest.mark.anyio

VERSION_1 = (Path(__file__).parent / "version_1.sql").read_text()

APPEND_1 = """
SELECT "{prefix}_append_1"(ARRAY['news'], ARRAY[{count}], ARRAY[100], ARRAY[1000000], ARRAY[NULL]::float8[],
    ARRAY[true], %s::text[], %s::bytea[], NULL, NULL)
"""


async def test_tables_of_version_1(engine_url: str, prefix: str, admin: psycopg.Connection[Any]) -> None:
    """Their events and requests are known, what comes goes behind them, and who made them is stopped."""
    admin.execute(VERSION_1.replace('"hug_', f'"{prefix}_'))  # type: ignore[call-overload]
    old = [*entries(120), entry(again="me.1f"), entry(again="unnumbered")]
    statement = APPEND_1.format(prefix=prefix, count=len(old)).encode()
    values = [each.request for each in old], [each.fields for each in old]
    admin.execute(statement, values)
    admin.execute(f'UPDATE "{prefix}_events" SET time = time - 3600 WHERE position = 1')  # type: ignore[call-overload]
    admin.execute(f'UPDATE "{prefix}_requests" SET time = time - 3600 WHERE position = 1')  # type: ignore[call-overload]

    engine, ear = engine_of("postgres", engine_url, prefix), Ear()
    await engine.connect(ear)
    try:
        await engine.follow("news")
        ends = await engine.ends("news")
        assert (ends.last, ends.request) == (122, "unnumbered")
        before = await kept(engine)
        assert requests(before) == requests(old)[ends.first - 1 :]
        assert [event.fields for event in before] == [each.fields for each in old][ends.first - 1 :]
        new = entries(150, bounds=Bounds(200, 1_000_000))
        assert await put(engine, *old[-70:], *new) == list(range(53, 273))
        assert requests(await kept(engine))[-200:] == requests([*old, *new])[-200:]
        await eventually(lambda: ear.positions("news") == list(range(123, 273)))
        with pytest.raises(psycopg.errors.UndefinedFunction):
            admin.execute(statement, values)
        with pytest.raises(psycopg.errors.RaiseException, match="later version"):
            admin.execute(f'SELECT "{prefix}_prune_1"()')  # type: ignore[call-overload]
        with pytest.raises(psycopg.errors.InvalidFunctionDefinition):
            admin.execute(VERSION_1.replace('"hug_', f'"{prefix}_'))  # type: ignore[call-overload]
        facts = admin.execute(f"SELECT version, oldest FROM {names(prefix)['facts']}").fetchall()  # type: ignore[call-overload]
        assert facts == [(2, 2)]
        again = engine_of("postgres", engine_url, prefix)
        await again.connect(Ear())
        await again.close()
        assert len(await kept(engine)) >= 200
        await engine.remove()  # type: ignore[attr-defined]
        tables = admin.execute("SELECT FROM pg_class WHERE starts_with(relname, %s)", (prefix,))
        functions = admin.execute("SELECT FROM pg_proc WHERE starts_with(proname, %s)", (prefix,))
        assert tables.rowcount == functions.rowcount == 0
    finally:
        await engine.close()
