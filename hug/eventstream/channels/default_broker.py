"""Which broker channels are on: the default of the process, or one that an API has for itself.

Brokers are found by their URL: whoever names the same one gets the same channels.
"""

import contextlib
import logging
import os
import weakref
from collections.abc import Callable, Iterator
from functools import cache
from typing import Final

from hug.eventstream.brokers import Broker
from hug.eventstream.brokers.lock import LOCK
from hug.eventstream.brokers.url import broker as broker_at
from hug.eventstream.channels.registry import Channels
from hug.eventstream.channels.unread_memory import be_quiet, watch
from hug.exceptions import BrokerError

logger = logging.getLogger("hug")

VARIABLE: Final = "HUG_BROKER"
"""The environment variable with the URL of the default broker; ``hug --broker`` sets it."""

MEMORY: Final = "memory:"

_default: Channels | None = None
_by_url: dict[str, Channels] = {}
_by_broker: weakref.WeakValueDictionary[int, Channels] = weakref.WeakValueDictionary()  # by identity
_substitutions: list["_Substitution"] = []


def default_channels() -> Channels:
    """Return the channels of the default broker, which is made when it is first asked for.

    Raises:
        BrokerError: The environment names one that cannot be.
    """
    global _default
    if _default is None:
        _default = channels_on(_default_url())
        if VARIABLE not in os.environ:
            watch(_default.broker)
    return _default


def channels_on(broker: str | Broker) -> Channels:
    """Return the channels of a broker, or of that at a URL.

    Raises:
        BrokerError: The URL is wrong, or a package is missing.
        TypeError: It is neither a URL nor a broker.
    """
    if isinstance(broker, str):
        url = broker.strip()
        found = _by_url.get(url)
        if found is not None:
            return found
        made = Channels(broker_at(url))
        with LOCK:
            found = _by_url.setdefault(url, made)
            if found is made:
                _substitute(made)
        return found
    if not callable(getattr(broker, "topic", None)):
        raise TypeError(f"a broker is given as a URL, such as 'redis://localhost', not {broker!r}")
    with LOCK:
        found = _by_broker.get(id(broker))
        if found is None:
            found = _by_broker[id(broker)] = Channels(broker)
            _substitute(found)
        return found


def brokers() -> list[Broker]:
    """Return the brokers in use, and the default one if the environment names one, in use or not.

    Raises:
        BrokerError: As `default_channels` does.
    """
    if _default_url() != MEMORY:
        default_channels()
    return brokers_in_use()


def brokers_in_use() -> list[Broker]:
    """Return the brokers that there are channels of, or may be soon."""
    return list(dict.fromkeys(channels.broker for channels in channels_in_use()))


def channels_in_use() -> list[Channels]:
    """Return the channels of each of these brokers."""
    with LOCK:
        return list(dict.fromkeys([*_by_url.values(), *_by_broker.values()]))


def check_url(url: str) -> None:
    """Raise `BrokerError` if what was given on a command line names none: a variable was empty, perhaps."""
    if not url.strip():
        raise BrokerError("--broker is empty: give it a URL, such as redis://localhost, or leave it out")


def name_default(url: str) -> None:
    """Have the environment name the default broker, for all that this process starts, too.

    Raises:
        BrokerError: The URL is wrong, or a package is missing.
    """
    check_url(url)
    os.environ[VARIABLE] = url
    check_default()


def check_default() -> None:
    """See whether the default broker can be made, without making it.

    Raises:
        BrokerError: The URL is wrong, or a package is missing.
    """
    broker_at(_default_url())


@contextlib.contextmanager
def substituted(make: Callable[[], Broker], timeout: float) -> Iterator[Broker]:
    """Have a new broker in place of each that there is, or will be in this block; yield that of the default.

    Channels stay the same objects. Their events and readers of before are back in the end; what came
    meanwhile is gone.

    Args:
        make: Makes a broker.
        timeout: Seconds that it may take to delete what is on one.
    """
    be_quiet()
    with _Substitution(make, timeout) as substitution:
        with LOCK:
            _substitutions.append(substitution)
            known = [*_by_url.values(), *_by_broker.values()]
        try:
            for channels in known:
                substitution.take(channels)
            yield default_channels().broker
        finally:
            _substitutions.remove(substitution)


class _Substitution(contextlib.ExitStack):
    def __init__(self, make: Callable[[], Broker], timeout: float) -> None:
        super().__init__()
        self._make = make
        self._timeout = timeout

    def take(self, channels: Channels) -> None:
        self.enter_context(channels.replaced(self._make(), self._timeout))


def _substitute(channels: Channels) -> None:
    for substitution in _substitutions:
        substitution.take(channels)


def _default_url() -> str:
    url = os.environ.get(VARIABLE)
    if url is not None and not url.strip():
        _warn_of_nothing()
    return url.strip() or MEMORY if url else MEMORY


@cache
def _warn_of_nothing() -> None:
    logger.warning(
        "%s is empty: channels are kept in the memory of this process. Name a broker in it, such as "
        "redis://localhost, or memory: to have it so, or leave it out",
        VARIABLE,
    )
