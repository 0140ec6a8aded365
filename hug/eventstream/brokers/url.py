"""Brokers by their URL."""

import math
from collections.abc import Callable
from importlib import import_module
from typing import Final, NamedTuple
from urllib.parse import unquote

from hug.eventstream.brokers import Broker, Reach
from hug.eventstream.brokers.memory import MemoryBroker
from hug.eventstream.engines.engine import Engine
from hug.eventstream.engines.public_url import public
from hug.exceptions import BrokerError

PREFIX: Final = "hug"
LONGEST_PREFIX: Final = 32
MOST_PATIENCE: Final = 100.0
"""Seconds: engines remember for 120 what they have taken, and one attempt may take a few."""

WAIT: Final = 5.0
"""Seconds that a server waits at its start for an engine that does not answer."""


class Kind(NamedTuple):
    """What a scheme stands for.

    Attributes:
        engine: The module of its engine, in `hug.eventstream.engines`.
        extra: What is to be installed for it.
        reach: Who shares its channels.
    """

    engine: str
    extra: str
    reach: Reach


_REDIS: Final = Kind("redis", "redis", "network")
_NATS: Final = Kind("nats", "nats", "network")
_POSTGRES: Final = Kind("postgres", "postgres", "network")

KINDS: Final = {
    "sqlite": Kind("sqlite", "", "machine"),
    "redis": _REDIS,
    "rediss": _REDIS,
    "valkey": _REDIS,
    "valkeys": _REDIS,
    "unix": _REDIS,
    "redis+sentinel": _REDIS,
    "rediss+sentinel": _REDIS,
    "valkey+sentinel": _REDIS,
    "valkeys+sentinel": _REDIS,
    "nats": _NATS,
    "tls": _NATS,
    "postgresql": _POSTGRES,
    "postgres": _POSTGRES,
}

_EXAMPLES: Final = (
    "memory: for one process, sqlite:///events.db for one machine, redis://host, nats://host or "
    "postgresql://user@host/database for many"
)


def broker(url: str) -> Broker:
    """Return the broker at a URL; it does not connect before it is needed.

    Options of hug's own stand in the query: ``prefix`` keeps applications apart that share an engine,
    ``patience`` are the seconds for which publishing is tried, ``wait`` are those that a server waits at its
    start for an engine that does not answer, or ``inf`` to start without it.

    Raises:
        BrokerError: The URL cannot be read, its engine is none that hug knows, or a package is missing.
    """
    if not isinstance(url, str):
        raise BrokerError(f"a broker is given as a URL, not as {type(url).__name__}: {_EXAMPLES}")
    url = url.strip()
    scheme, colon, rest = url.partition(":")
    scheme = scheme.lower()
    if scheme == "memory" and colon:
        if rest.strip("/"):
            raise BrokerError(f"{public(url)} has more than a scheme: a broker in memory is just memory:")
        return MemoryBroker()
    kind = KINDS.get(scheme)
    if not colon or kind is None:
        raise BrokerError(f"{public(url)} is no broker that hug knows. There are {_EXAMPLES}")
    if not rest.startswith("//"):
        raise BrokerError(f"{public(url)} is no URL: after {scheme}: come two slashes. There are {_EXAMPLES}")
    if not url.isprintable() or " " in url:
        raise BrokerError(f"{public(url)} has a space or a control character: write it as %20, say")
    if public(url).endswith("://..."):
        raise BrokerError(f"{public(url)} cannot be read: write @ and ? in its parts as %40 and %3F")
    # A process that keeps its channels in memory does without it.
    from hug.eventstream.brokers.remote import PATIENCE, RemoteBroker  # noqa: PLC0415

    bare, options = _options(url)
    prefix = _prefix(url, options.get("prefix", PREFIX))
    patience = _seconds(url, "patience", options.get("patience"), PATIENCE, MOST_PATIENCE)
    wait = _seconds(url, "wait", options.get("wait"), WAIT, math.inf)
    make = _maker(url, kind)(bare, prefix)
    make()  # what is wrong with it is told now
    return RemoteBroker(public(url), kind.reach, make, patience=patience, wait=wait)


def _options(url: str) -> tuple[str, dict[str, str]]:
    """Return the URL without our own options, and these."""
    base, question, query = url.partition("?")
    options: dict[str, str] = {}
    others: list[str] = []
    for option in query.split("&") if question else ():
        name, equals, value = option.partition("=")
        if name not in ("prefix", "patience", "wait"):
            others.append(option)
            continue
        if not equals or name in options:
            raise BrokerError(f"{public(url)}: give {name}=... a value, and once")
        options[name] = unquote(value)
    return (f"{base}?{'&'.join(others)}" if any(others) else base), options


def _prefix(url: str, prefix: str) -> str:
    plain = prefix.isascii() and prefix.replace("-", "").replace("_", "x").isalnum()
    if not plain or len(prefix) > LONGEST_PREFIX:
        raise BrokerError(
            f"{public(url)}: prefix has 1 to {LONGEST_PREFIX} letters, digits, - and _, not {prefix!r}"
        )
    return prefix


def _seconds(url: str, name: str, text: str | None, default: float, most: float) -> float:
    if text is None:
        return default
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= most or (name == "patience" and not seconds):
        limit = "" if most == math.inf else f", {most:g} at most"
        more = ", or inf" if most == math.inf else ""
        raise BrokerError(f"{public(url)}: {name} is a number of seconds{limit}{more}, not {text!r}")
    return seconds


def _maker(url: str, kind: Kind) -> Callable[[str, str], Callable[[], Engine]]:
    try:
        module = import_module(f"hug.eventstream.engines.{kind.engine}")
    except ImportError as error:
        if not kind.extra or (error.name or "").startswith("hug"):
            raise
        raise BrokerError(
            f"{public(url)} needs a package that cannot be imported ({error}): "
            f"pip install 'hug-sse[{kind.extra}]'"
        ) from error
    maker: Callable[[str, str], Callable[[], Engine]] = module.maker
    return maker
