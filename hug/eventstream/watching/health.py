"""Whether clients can be sent to this process, in few words: for load balancers and the like."""

from dataclasses import dataclass

from hug.eventstream.brokers import Broker
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
        broker: See `BrokerHealth`.
        streams: See there.
        gaps: See there.
    """

    ok: bool
    ending: bool
    broker: BrokerHealth
    streams: StreamsStatus
    gaps: GapsStatus


def health(broker: Broker) -> StreamsHealth:
    """Return how things are. It looks at no channel: it is asked for often, on the event loop."""
    now, over = broker.health(), ending()
    return StreamsHealth(
        ok=is_fine(now) and not over,
        ending=over,
        broker=BrokerHealth(now.url.partition(":")[0], now.connected, round(now.since, 3), now.waiting),
        streams=streams_status(),
        gaps=gaps_status(),
    )
