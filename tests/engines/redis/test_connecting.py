"""Redis: by which URLs it is reached, and what is said when it is not."""

import asyncio
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from hug.eventstream.engines.engine import Engine
from hug.eventstream.engines.redis import maker
from hug.exceptions import BrokerError, Refused, Unreachable

from ...waiting import eventually
from ..conftest import Ear
from ..entries import entry, kept, put
from ..redis_server import Redis, RedisOfCluster, RedisWithTLS, Sentinel
from ..servers import new
from .conftest import connected

pytestmark = pytest.mark.anyio


@contextmanager
def started(server: Redis | Sentinel) -> Iterator[None]:
    new("redis").remove()  # which skips the test, or fails it, where there is no Redis
    try:
        server.start()
        yield
    finally:
        server.remove()


async def refused(url: str, kind: type[Exception] | tuple[type[Exception], ...] = BrokerError) -> str:
    """Return what is said when a URL is no good."""
    with pytest.raises(kind) as caught:
        async with connected(url, "refused"):
            pass
    return str(caught.value)


async def works(url: str, prefix: str) -> None:
    async with connected(url, prefix) as (one, _):
        await put(one, entry())
        await one.follow("news")
        assert len(await kept(one)) >= 1


async def test_urls(shared: Redis, prefix: str) -> None:
    """A URL may name a user, a database and a socket, and Valkey."""
    with shared.administrator() as client:
        client.execute_command("ACL", "SETUSER", "ann", "on", ">a%b:c/d", "~*", "&*", "+@all")
        place = f"127.0.0.1:{shared.port}"
        await works(shared.url, prefix)
        await works(shared.url.replace("redis://", "valkey://"), prefix)
        await works(f"redis://ann:a%25b%3Ac%2Fd@{place}", prefix)
        await works(shared.url.replace("/0", "/7?socket_connect_timeout=3"), prefix)
        await works(shared.socket_url + "?db=8", prefix)
        for database in (0, 7, 8):
            with shared.administrator(db=database) as there:
                assert there.xlen(f"{prefix}:{{news}}:log") == (3 if database == 0 else 1)


@pytest.mark.parametrize(
    "rest",
    [
        "redis://:s3cret@host:port/0",
        "redis://:s3cr/et@host",
        "redis://:s3cret@host/zero",
        "redis://:s3cret@host?unheard_of=1",
        "redis://:s3cret@host?socket_connect_timeout=soon",
        "rediss://:s3cret@host?ssl_ca_certs=/nowhere.pem",
        "rediss://:s3cret@host?ssl_cert_reqs=maybe",
        "redis+sentinel://:s3cret@one:1,two:2",
        "redis+sentinel://:s3cret@one:one/mine",
        "redis+sentinel://:s3cret@,/mine",
        "redis+sentinel://one/mine/nought?sentinel_password=s3cret",
        "http://:s3cret@host",
    ],
)
def test_urls_that_cannot_be_read(rest: str) -> None:
    """What cannot be read is said at once, with an example, and without the password."""
    with pytest.raises(BrokerError, match="redis://") as caught:
        maker(rest, "hug")()
    assert "s3cr" not in str(caught.value)
    assert caught.value.__suppress_context__


async def test_passwords(shared: Redis) -> None:
    """A wrong or missing password is refused for good; the message says so, but not which it was."""
    place = f"127.0.0.1:{shared.port}"
    said = await refused(f"redis://:wr0ng@{place}")
    assert "WRONGPASS" in said
    assert place in said
    assert "wr0ng" not in said
    assert "password" in await refused(f"redis://{place}")
    assert "WRONGPASS" in await refused(f"redis://nobody:wr0ng@{place}")


async def test_databases_that_are_not_there(shared: Redis) -> None:
    """A number that no database has is refused for good."""
    assert "database" in await refused(shared.url.replace("/0", "/99"))


async def test_permissions(shared: Redis, prefix: str) -> None:
    """A user who may not do enough is refused when it connects; the message says what it must be allowed."""
    with shared.administrator() as client:

        async def tried(*rules: str) -> str:
            client.execute_command("ACL", "SETUSER", "bob", "reset", "on", ">builder", *rules)
            return await refused(f"redis://bob:builder@127.0.0.1:{shared.port}")

        everything = ("+@all", "~refused:*", "&refused:*")
        assert "NOPERM" in await tried("+@all", "~other:*", "&refused:*")
        assert "NOPERM" in await tried("+@all", "~refused:*", "&other:*")
        assert "NOPERM" in await tried(*everything, "-subscribe")
        assert "NOPERM" in await tried(*everything, "-evalsha")
        said = await tried(*everything, "-script")
        assert "builder" not in said
        commands = [word for word in said.replace(",", "").split() if word.startswith("+")]
        assert commands
        client.execute_command(
            *("ACL", "SETUSER", "bob", "reset", "on", ">builder", *commands),
            *(f"~{prefix}:*", f"&{prefix}:*"),
        )
        async with connected(f"redis://bob:builder@127.0.0.1:{shared.port}", prefix) as (one, _):
            await put(one, entry())
            await one.follow("news")
            assert await one.lease("turn", "me", 1)
            await one.release("turn", "me")
            await one.delete("news")


async def test_permissions_within(shared: Redis, prefix: str) -> None:
    """A user who may connect, but not do all that appending needs, is told at the first event."""
    with shared.administrator() as client:
        client.execute_command(
            *("ACL", "SETUSER", "carol", "reset", "on", ">singer", "~*", "&*", "+@all", "-xadd")
        )
        async with connected(f"redis://carol:singer@127.0.0.1:{shared.port}", prefix) as (one, ear):
            [answer] = await one.append([entry()])
            assert isinstance(answer, Refused)
            assert "+@stream" in str(answer)
            assert not ear.losses


async def test_nobody_there(shared: Redis) -> None:
    """Where nobody listens, and where nobody answers, trying again may help."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{silent.getsockname()[1]}"
        assert str(silent.getsockname()[1]) in await refused(f"redis://{place}", Unreachable)
        silent.listen()
        said = await refused(f"redis://{place}?socket_connect_timeout=0.5", Unreachable)
        assert "0.5 s" in said
    await refused("unix:///nowhere/socket", Unreachable)


async def test_what_is_no_redis() -> None:
    """What answers, but not as Redis does, is refused for good."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert "no Redis" in await refused(f"redis://127.0.0.1:{port}")


async def test_tls(prefix: str) -> None:
    """With TLS, the certificate is checked, and the message says how to name the authority."""
    server = RedisWithTLS()
    with started(server):
        await works(f"{server.tls_url}?ssl_ca_certs={server.certificate}", prefix)
        await works(f"{server.tls_url}?ssl_cert_reqs=none", prefix)
        said = await refused(server.tls_url)
        assert "ssl_ca_certs" in said
        assert server.password not in said
        without = server.url.replace("redis://", "rediss://") + "?socket_connect_timeout=1"
        assert "without TLS" in await refused(without, (BrokerError, Unreachable))
        with_it = server.tls_url.replace("rediss://", "redis://")
        assert "rediss://" in await refused(with_it, (BrokerError, Unreachable))


@pytest.mark.parametrize(
    "answer",
    [
        b"-ERR unknown command `HELLO`, with args beginning with: `2`\r\n",
        b"*4\r\n$7\r\nversion\r\n$6\r\n6.2.14\r\n$4\r\nrole\r\n$6\r\nmaster\r\n",
    ],
    ids=["5", "6.2"],
)
async def test_old_servers(answer: bytes) -> None:
    """One that is too old is refused for good; the message says which ones are not."""

    async def answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(answer)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answering, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert "7 or later, or Valkey" in await refused(f"redis://127.0.0.1:{port}")


async def test_clusters() -> None:
    """A part of a Redis Cluster is refused for good."""
    server = RedisOfCluster()
    with started(server):
        assert "Cluster" in await refused(server.url)


async def test_sentinels(prefix: str) -> None:
    """Sentinels are asked where to go, each time; a replica that becomes the master is found."""
    first, second = Redis(), Redis()
    sentinel = Sentinel(first)
    with started(first), started(second), second.administrator() as client:
        client.replicaof("127.0.0.1", str(first.port))
        await eventually(lambda: client.info("replication")["master_link_status"] == "up")
        assert "replica" in await refused(second.url, Unreachable)
        with started(sentinel):
            ear, one = Ear(), maker(sentinel.url, prefix)()
            await one.connect(ear)
            assert await put(one, entry()) == [1]
            wrong = sentinel.url.replace("=watch", "=wr0ng")
            assert "sentinel_password" in await refused(wrong)
            await refused(sentinel.url.replace("/mine", "/yours"), Unreachable)
            plain = f"redis://:watch%20secret@127.0.0.1:{sentinel.port}"
            assert "redis+sentinel://" in await refused(plain)
            await eventually(
                lambda: (
                    client.info("replication")["slave_repl_offset"] > 0
                    and client.xlen(f"{prefix}:{{news}}:log")
                )
            )
            watcher = sentinel.administrator()
            await eventually(lambda: watcher.execute_command("SENTINEL", "REPLICAS", "mine"))
            first.kill()
            await eventually(lambda: ear.losses)
            await one.close()

            async def again() -> Engine:
                while True:
                    other = maker(sentinel.url, prefix)()
                    try:
                        await other.connect(Ear())
                    except Unreachable:
                        await asyncio.sleep(0.1)
                    else:
                        return other

            other = await asyncio.wait_for(again(), 15)
            assert await put(other, entry()) == [2]
            await other.close()
            watcher.close()


async def test_sentinels_with_tls(prefix: str) -> None:
    """With rediss+sentinel:// the Sentinels are asked by TLS, too, and their certificates checked."""
    server = RedisWithTLS()
    sentinel = Sentinel(server)
    with started(server), started(sentinel):
        await works(f"{sentinel.url}&ssl_ca_certs={server.certificate}", prefix)
        assert "ssl_ca_certs" in await refused(sentinel.url, Unreachable)
        await refused(sentinel.url.replace("rediss+", "redis+"), Unreachable)


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl", "noeviction"])
async def test_policies_that_drop_channels(
    prefix: str, policy: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Where a full memory makes Redis drop channels, that is logged, once."""
    server = Redis()
    with started(server), server.administrator() as client, caplog.at_level(logging.WARNING, "hug"):
        client.config_set("maxmemory-policy", policy)
        await works(server.url, prefix)
        assert not caplog.records  # no limit, nothing dropped
        client.config_set("maxmemory", "100mb")
        for _ in range(2):
            await works(server.url, prefix)
        assert len(caplog.records) == (policy != "noeviction")
        assert ("noeviction" in caplog.text) == (policy != "noeviction")
        assert server.password not in caplog.text
