"""Whether clients can be sent to this process, in few words: for load balancers and the like."""

from dataclasses import dataclass

from hug.eventstream.brokers import Broker, Health
from hug.eventstream.channels.default_broker import MEMORY, brokers_in_use
from hug.eventstream.loop.open_streams import ending
from hug.eventstream.watching.status import GapsStatus, StreamsStatus, gaps_status, is_fine, streams_status


@dataclass(frozen=True, slots=True)
class BrokerHealth:
    """How the broker is, for whoever may ask: nothing of where it is, and of what it has said.

    Attributes:
        kind: The scheme of its URL.
        connected: Whether it can be reached.
        seconds: For how long that has been so; 0 for one that was not needed yet.
        waiting: How many events it has not answered for yet.
    """

    kind: str
    connected: bool
    seconds: float
    waiting: int


@dataclass(frozen=True, slots=True)
class StreamsHealth:
    """What is answered to who asks for the health of an API's streams.

    Attributes:
        ok: See `hug.eventstream.watching.status.Status`, as for the others.
        ending: See there.
        broker: That of the API; see `BrokerHealth`.
        others: Those that other APIs of this process have for themselves, if any.
        streams: See there.
        gaps: See there.
    """

    ok: bool
    ending: bool
    broker: BrokerHealth
    others: tuple[BrokerHealth, ...]
    streams: StreamsStatus
    gaps: GapsStatus


def health(broker: Broker) -> StreamsHealth:
    """Return how things are. It looks at no channel: it is asked for often, on the event loop.

    Args:
        broker: That of the API which is asked. The process's others count as much for what is ``ok``.
    """
    now, over = broker.health(), ending()
    others = [other.health() for other in brokers_in_use() if other is not broker]
    return StreamsHealth(
        ok=all(is_fine(each) for each in (now, *others)) and not over,
        ending=over,
        broker=_in_public(now),
        others=tuple([_in_public(each) for each in others if each.url != MEMORY]),
        streams=streams_status(),
        gaps=gaps_status(),
    )


def _in_public(broker: Health) -> BrokerHealth:
    return BrokerHealth(
        broker.url.partition(":")[0], broker.connected, round(broker.since, 3), broker.waiting
    )
