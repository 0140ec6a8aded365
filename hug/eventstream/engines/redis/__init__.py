"""Redis 7 or later, or Valkey: each channel a stream, written by scripts and told of by pub/sub.

Two connections, however many channels there are: one for commands, all of which are sent as they come and
answered in their order, and one for what is published.
"""

import asyncio
import contextlib
import logging
import math
import ssl
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

import hiredis

from hug.eventstream.engines.engine import Ends, Engine, Entry, Hearer, Kept
from hug.eventstream.engines.redis import scripts
from hug.eventstream.engines.redis.chunks import Chunk, Names, chunks, deleted, events
from hug.eventstream.engines.redis.connection import TICK, NoRedis, Wire, packed
from hug.eventstream.engines.redis.errors import ELSEWHERE, FOR_GOOD, begins, explained
from hug.eventstream.engines.redis.url import Address, address
from hug.exceptions import BrokerError, ChannelClosed, LeaseLost, Refused, Unreachable

_DROPPED: Final = {
    "allkeys": "whole channels, and their readers get a gap",
    "volatile": "channels that have a max_age, and their readers get a gap; it forgets, too, what was "
    "published, so that an event may be there twice after a lost connection",
}
"""What Redis does with a memory that is full, by how its policy begins."""

_LOGGER: Final = logging.getLogger("hug")

_TLS: Final = "Does it want TLS, that is rediss://?"
_CLOSING: Final = 0.5
_TOUCHED: Final = 100  # channels at once that are kept known
_LOADS: Final = 3  # times that scripts are loaded which somebody drops at once, again and again

_warned: set[str] = set()


def maker(url: str, prefix: str) -> Callable[[], Engine]:
    """Return what makes engines at a URL, which is read once.

    Args:
        url: Where; see `url.FORMS`.
        prefix: What the names of all keys and topics begin with.

    Raises:
        BrokerError: The URL cannot be read.
    """
    return partial(Redis, address(url), prefix)


class Redis:
    """An `Engine`."""

    def __init__(self, place: Address, prefix: str) -> None:
        self._place = place
        self._hearer: Hearer | None = None
        self._names = Names(prefix, place.database)
        self._commands = Wire(place.shown, self._lost)
        self._topics = Wire(place.shown, self._lost, self._told)
        self._followed: dict[bytes, str] = {}
        self._ticking: asyncio.TimerHandle | None = None
        self._connected = self._closed = False

    # Connecting

    async def connect(self, hearer: Hearer) -> None:
        """See `Engine`."""
        self._hearer = hearer
        try:
            async with asyncio.timeout(self._place.timeout):
                host, port = await self._place.find()
                for wire in (self._commands, self._topics):
                    await self._open(wire, host, port)
                    await self._greet(wire)
                await self._look_round()
        except TimeoutError:
            self._abort()
            hint = "; is redis:// meant, which is without TLS?" if self._place.tls else ""
            raise Unreachable(f"it does not answer within {self._place.timeout:g} s{hint}") from None
        except BaseException:
            self._abort()
            raise
        self._connected = True
        self._tick()

    async def _open(self, wire: Wire, host: str, port: int) -> None:
        place, loop = self._place, asyncio.get_running_loop()
        try:
            if place.path:
                await loop.create_unix_connection(lambda: wire, place.path)
            else:
                name = host if place.tls else None
                await loop.create_connection(lambda: wire, host, port, ssl=place.tls, server_hostname=name)
        except ssl.SSLError as error:
            raise BrokerError(
                f"no TLS with {place.shown}: {error}. Is redis:// meant, which is without? Does "
                "ssl_ca_certs= name the file of the authority that has signed the server's certificate?"
            ) from None
        except PermissionError as error:
            raise BrokerError(f"{place.shown} may not be opened: {error}") from None
        except OSError as error:
            raise Unreachable(str(error)) from None

    async def _greet(self, wire: Wire) -> None:
        """Say who we are, and see who it is."""
        place = self._place
        login = ("AUTH", place.username or "default", place.password) if place.password else ()
        try:
            answers = await wire.ask(packed("HELLO", "2", *login, "SETNAME", "hug"))
        except NoRedis as error:
            raise BrokerError(f"{error}. Is its port right? {_TLS}") from None
        except Unreachable as error:
            raise error if place.tls else Unreachable(f"{error}. {_TLS}") from None
        told = self._checked(answers)
        server = dict(zip(told[::2], told[1::2], strict=True))
        version, mode, role = (_text(server.get(each, b"")) for each in (b"version", b"mode", b"role"))
        number = version.partition(".")[0]
        if number.isdecimal() and int(number) < 7:
            raise BrokerError(f"{place.shown} is Redis {version}: hug needs 7 or later, or Valkey")
        if mode == "sentinel":
            raise BrokerError(f"{place.shown} is a Sentinel: its URL should begin with redis+sentinel://")
        if mode == "cluster":
            raise BrokerError(
                f"{place.shown} is part of a Redis Cluster, which hug does not use: give it a Redis of its "
                "own, with Sentinels if it must not fail"
            )
        if role and role != "master":
            raise Unreachable("it is a replica, which takes no writes")
        if place.database:
            self._checked(await wire.ask(packed("SELECT", place.database)))

    async def _look_round(self) -> None:
        """Load the scripts, and see whether we may do what we must."""
        await self._load()
        await self.ends("")
        topic = self._names.topic("")
        self._checked(await self._topics.ask(packed("SUBSCRIBE", topic)))
        self._checked(await self._topics.ask(packed("UNSUBSCRIBE", topic)))
        answer = (await self._commands.ask(packed("INFO", "memory")))[0]
        if isinstance(answer, bytes):  # it may be forbidden to ask
            told = dict(line.split(":", 1) for line in answer.decode().splitlines() if ":" in line)
            policy = told.get("maxmemory_policy", "")
            place = self._place.shown
            dropped = _DROPPED.get(policy.partition("-")[0])
            if told.get("maxmemory", "0") != "0" and dropped and place not in _warned:
                _warned.add(place)
                _LOGGER.warning(
                    "%s has maxmemory-policy %s: when its memory is full it drops %s. With noeviction it "
                    "refuses what is published instead, and the publisher is told: CONFIG SET "
                    "maxmemory-policy noeviction",
                    place,
                    policy,
                    dropped,
                )

    async def _load(self) -> None:
        answers = await self._commands.ask(
            b"".join(packed("SCRIPT", "LOAD", script.source) for script in scripts.ALL), len(scripts.ALL)
        )
        for answer in answers:
            self._checked([answer])

    async def close(self) -> None:
        """See `Engine`."""
        self._closed = True
        self._abort()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSING):
                await self._commands.closed()
                await self._topics.closed()

    def _abort(self) -> None:
        if self._ticking is not None:
            self._ticking.cancel()
        self._commands.abort()
        self._topics.abort()

    def _lost(self, error: BaseException) -> None:
        self._abort()
        hearer, self._hearer = self._hearer, None
        if hearer is not None and self._connected and not self._closed:
            hearer.lost(error)

    def _tick(self) -> None:
        self._ticking = asyncio.get_running_loop().call_later(TICK, self._tick)
        self._commands.tick()
        self._topics.tick()

    # Events

    async def append(self, entries: Sequence[Entry]) -> Sequence[int | Exception]:
        """See `Engine`."""
        found: list[int | Exception] = [0] * len(entries)
        waiting = chunks(entries, self._names)
        for _ in range(_LOADS):
            if not waiting:
                break
            commands = [chunk.command() for chunk in waiting]
            answers = await self._commands.ask(b"".join(commands), len(commands))
            unknown = [chunk for chunk, answer in zip(waiting, answers, strict=True) if _unknown(answer)]
            for chunk, answer in zip(waiting, answers, strict=True):
                self._put(chunk, answer, entries, found)
            if unknown:
                await self._load()
            waiting = unknown
        return found

    def _put(self, chunk: Chunk, answer: Any, entries: Sequence[Entry], found: list[int | Exception]) -> None:
        """Put what the script has answered for some events where it belongs."""
        if begins(answer, *ELSEWHERE):
            raise self._gone(answer)
        if isinstance(answer, hiredis.ReplyError):
            refused = Refused(f"{self._place.shown} has refused an event: {explained(answer)}")
            answer = [refused] * len(chunk.indexes)
        for index, position in zip(chunk.indexes, answer, strict=True):
            if position == 0:
                found[index] = ChannelClosed(f"channel {entries[index].channel!r} is closed")
            elif position == -1:
                name, number = entries[index].lease or ("", 0)
                found[index] = LeaseLost(f"lease {name!r}, number {number}: somebody else has it by now")
            else:
                found[index] = position

    async def follow(self, channel: str) -> None:
        """See `Engine`."""
        topic = self._names.topic(channel)
        self._followed[topic.encode()] = channel
        self._checked(await self._topics.ask(packed("SUBSCRIBE", topic)))

    async def unfollow(self, channel: str) -> None:
        """See `Engine`."""
        topic = self._names.topic(channel)
        self._followed.pop(topic.encode(), None)
        self._checked(await self._topics.ask(packed("UNSUBSCRIBE", topic)))

    def _told(self, published: Sequence[tuple[bytes, bytes]]) -> None:
        """Tell of what was published, all events of a channel at once."""
        hearer = self._hearer
        if hearer is None:
            return
        heard: dict[str, tuple[str, list[Kept]]] = {}
        for topic, message in published:
            channel = self._followed.get(topic)
            if channel is None:
                continue
            try:
                life, some = events(message)
            except ValueError:
                if channel in heard:
                    hearer.heard(channel, *heard.pop(channel))
                hearer.changed(channel, deleted(message))
                continue
            if channel in heard and heard[channel][0] != life:
                hearer.heard(channel, *heard.pop(channel))
            heard.setdefault(channel, (life, []))[1].extend(some)
        for channel, together in heard.items():
            hearer.heard(channel, *together)

    async def ends(self, channel: str) -> Ends:
        """See `Engine`."""
        life, first, last, request, closed, now = await self._run(scripts.ENDS, self._names.keys(channel))
        return Ends(_text(life), first, last, _text(request), closed == 1, int(now) / 1000)

    async def read(self, channel: str, life: str, after: int, most: int, size: int) -> Sequence[Kept]:
        """See `Engine`."""
        found = await self._run(scripts.READ, self._names.keys(channel), life, after, most, size)
        kept = []
        for number, (_, taken, _, event) in found:
            time, _, request = _text(taken).split(" ", 2)
            kept.append(Kept(int(number.partition(b"-")[0]), request, int(time) / 1000, event))
        return kept

    async def delete(self, channel: str) -> None:
        """See `Engine`."""
        await self._run(scripts.DELETE, self._names.keys(channel), self._names.topic(channel))

    # Leases

    async def lease(self, name: str, holder: str, seconds: float) -> int | None:
        """See `Engine`."""
        number: int | None = await self._run(
            scripts.LEASE, self._names.lease(name), holder, max(1, math.ceil(seconds * 1000))
        )
        return number

    async def release(self, name: str, holder: str) -> None:
        """See `Engine`."""
        await self._run(scripts.RELEASE, self._names.lease(name)[:1], holder)

    async def prune(self) -> None:
        """See `Engine`; Redis expires channels itself, but for those that are followed.

        What is past its age is not read.
        """
        followed = list(self._followed.values())
        for begin in range(0, len(followed), _TOUCHED):
            some = followed[begin : begin + _TOUCHED]
            await asyncio.gather(*(self._run(scripts.TOUCH, self._names.keys(name)[1:]) for name in some))

    # Within

    async def _run(self, script: scripts.Script, keys: Sequence[str], *words: str | int) -> Any:
        for _ in range(_LOADS):
            answer = await self._commands.ask(packed("EVALSHA", script.sha, len(keys), *keys, *words))
            if not _unknown(answer[0]):
                break
            await self._load()
        return self._checked(answer)

    def _checked(self, answers: list[Any]) -> Any:
        """Return an answer, or raise what it says."""
        answer = answers[0]
        if not isinstance(answer, hiredis.ReplyError):
            return answer
        if begins(answer, *FOR_GOOD):
            raise BrokerError(f"{self._place.shown} refuses: {explained(answer)}") from None
        if begins(answer, *ELSEWHERE):
            raise self._gone(answer)
        raise Unreachable(f"it cannot do it now: {explained(answer)}")

    def _gone(self, answer: hiredis.ReplyError) -> Unreachable:
        """Give the connection up: what is there is not, or no longer, what takes our events."""
        error = Unreachable(f"it cannot serve us now: {answer}")
        asyncio.get_running_loop().call_soon(self._lost, error)
        return error


def _unknown(answer: Any) -> bool:
    return begins(answer, "NOSCRIPT")


def _text(answer: bytes | str) -> str:
    return answer.decode() if isinstance(answer, bytes) else answer
