"""What names and fields may be."""

import asyncio
import random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hug.eventstream.engines.engine import Engine

from ...waiting import eventually
from ..conftest import Another, Ear
from ..entries import entry, kept, put, requests

pytestmark = pytest.mark.anyio

ODD = " .*>=/%:_-#?&+$@!~^(){}[]|\\'\"`;,<"
NAMES = st.text(
    st.one_of(
        st.sampled_from(ODD),
        st.sampled_from("aAzZ09äßИ中😀👍🏽é"),
        st.characters(exclude_categories=("C", "Z")),
    ).filter(str.isprintable),
    min_size=1,
    max_size=255,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.sets(NAMES, min_size=1, max_size=4))
@example(names={"a", "A", "a ", " a", "=", "=61"})
@example(names={"a.b", "a.*", "a.>", ">", "*", ".", "..", ".a", "a."})
@example(names={"x" * 255, "x" * 254, "😀" * 255, "ß", "ss", "é", "e\u0301"})
@example(names={"'; DROP TABLE", '"', "%s", "?", "\\", "$1", "{x}", "[a-z]*"})
async def test_names(engine: Engine, ear: Ear, names: set[str]) -> None:
    """A channel's name may be any printable text; different names are different channels."""
    await asyncio.gather(*(engine.delete(name) for name in names))
    for name in names:
        await engine.follow(name)
    batch = [entry(name, name) for name in names]
    assert await put(engine, *batch) == [1] * len(names)
    wanted = requests(batch)
    await eventually(
        lambda: all(
            request in requests(ear.events[name]) for request, name in zip(wanted, names, strict=True)
        )
    )
    for each in batch:
        assert (await engine.ends(each.channel)).request == each.request
        assert [event.fields for event in await kept(engine, each.channel)] == [each.fields]
        assert requests(ear.events[each.channel])[-1:] == [each.request]
        await engine.unfollow(each.channel)
        await engine.delete(each.channel)


async def test_a_mebibyte(engine: Engine, another: Another) -> None:
    """An event may have a mebibyte of fields; it is told of, and read, as any other."""
    other, ear = await another()
    await other.follow("news")
    fields = b"data: " + random.randbytes(1024 * 512 - 4).hex().encode() + b"\n"
    fields = fields[: 1024 * 1024 - 1] + b"\n"
    assert len(fields) == 1024 * 1024
    assert await put(engine, entry(), entry(fields=fields), entry()) == [1, 2, 3]
    await eventually(lambda: ear.positions("news")[-1:] == [3] or ear.changes)
    assert [event.fields for event in await kept(other)][1] == fields
    told = {event.position: event.fields for event in ear.events["news"]}
    assert told.get(2, fields) == fields


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_categories=("Cs",)), min_size=1))
@example(text="\0")
@example(text="".join(map(chr, range(256))))
@example(text="\u2028\u2029\ufeff\uffff\U0010ffff")
async def test_any_text(engine: Engine, text: str) -> None:
    """Fields are bytes: whatever they are comes back."""
    position = (await put(engine, one := entry(fields=text.encode())))[0]
    assert [event.fields for event in await kept(engine, after=position - 1)] == [one.fields]
