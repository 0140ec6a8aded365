"""One connection to NATS: questions and their answers, subscriptions, and the moment at which it is lost.

nats-py is kept from what is ours: it does not reconnect, and what it would log is told to us instead. What it
does not notice is watched for here: a network that is cut in silence, and a connection whose end it meets
while it is writing.
"""

import asyncio
import contextlib
import itertools
import ssl
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeAlias

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from nats.errors import NoServersError, SlowConsumerError, UnexpectedEOF

from hug.eventstream.engines.nats.answers import NO_JETSTREAM, Problem, Question, Said, is_status
from hug.eventstream.engines.nats.url import Address
from hug.exceptions import BrokerError, Unreachable

ANSWER: Final = 5.0
"""Seconds after which an answer does not come any more."""

SILENCE: Final = 4
"""Seconds without a byte from the server after which the connection is lost, though it was asked for some."""

UNANSWERED: Final = 512
"""Most questions of one call under way; as many again are sent when half of them are answered."""

UNANSWERED_BYTES: Final = 4 * 1024 * 1024
"""Most bytes of these, or one question: the server has them in memory until they are stored."""

PENDING: Final = 65536
"""Most messages of a subscription that wait here; those past it are dropped, and `Connection` tells so."""

PENDING_BYTES: Final = 32 * 1024 * 1024
"""Most bytes of these."""

OLDEST: Final = (2, 9)

Heard: TypeAlias = Callable[[Msg], Awaitable[None]]


class _Answers:
    """What is known of the answers to the questions of one call."""

    def __init__(self, count: int) -> None:
        self.messages: list[Msg | None] = [None] * count
        self.sizes = [0] * count
        self.open = 0
        self.open_bytes = 0
        self._enough: asyncio.Future[None] | None = None
        self._most = 0
        self._most_bytes = 0

    def ask(self, index: int, size: int) -> None:
        self.sizes[index] = size
        self.open += 1
        self.open_bytes += size

    def take(self, index: int, message: Msg) -> None:
        self.messages[index] = message
        self.open -= 1
        self.open_bytes -= self.sizes[index]
        if self._enough is not None and not self._enough.done() and self._few():
            self._enough.set_result(None)

    def _few(self) -> bool:
        return self.open <= self._most and self.open_bytes <= self._most_bytes

    def until(self, most: int, most_bytes: int) -> asyncio.Future[None]:
        """Return what is done when no more than so many are open."""
        self._most, self._most_bytes = most, most_bytes
        self._enough = asyncio.get_running_loop().create_future()
        if self._few():
            self._enough.set_result(None)
        return self._enough


class Connection:
    """One connection; useless once it is lost or closed.

    Attributes:
        largest: Most bytes of a message that the server takes, with its headers.
    """

    def __init__(
        self,
        address: Address,
        lost: Callable[[BaseException], None],
        dropped: Callable[[Subscription], None],
    ) -> None:
        """Prepare to connect.

        Args:
            address: Where to.
            lost: To be called when the connection is lost, once.
            dropped: To be called when messages of a subscription were dropped, because too many came.
        """
        self._address = address
        self._lost = lost
        self._dropped = dropped
        self._client = Client()
        self._inbox = ""
        self._numbers = itertools.count()
        self._waiting: dict[int, tuple[_Answers, int]] = {}
        self._expected: set[asyncio.Future[None]] = set()
        self._subscriptions: set[Subscription] = set()
        self._watching: asyncio.Task[None] | None = None
        self._problem: BaseException | None = None  # the last one that nats-py has told
        self._denied: list[str] = []  # what the user may not do, as the server says it, in small letters
        self._error: Unreachable | None = None
        self._opened = False
        self._closed = False
        self.largest = 0

    # Its beginning and its end

    async def open(self) -> None:
        """Connect; raise `Unreachable` or `BrokerError`, and then it must be closed."""
        shown = self._address.shown
        try:
            async with asyncio.timeout(ANSWER):
                await self._client.connect(**self._options())
        except NoServersError:
            raise Unreachable(str(self._problem or "no server answers")) from self._problem
        except TimeoutError:
            raise Unreachable("the server does not answer") from None
        except ssl.SSLCertVerificationError as error:
            raise BrokerError(
                f"{shown}: the server's certificate is not trusted ({error.verify_message}); say which is: "
                "?tls_ca=/path/ca.pem"
            ) from error
        except OSError as error:
            raise Unreachable(str(error)) from error
        except (ImportError, ValueError) as error:  # of nkeys, or from a file that holds no credentials
            raise BrokerError(f"{shown}: cannot use creds ({error}); is nats-py[nkeys] installed?") from error
        except NatsError as error:
            raise _reason(shown, error) from error
        self.largest = self._client.max_payload
        self._check_version(shown)
        self._opened = True
        self._inbox = self._client.new_inbox()
        await self.subscribe(f"{self._inbox}.*", self._answered, bounded=False)
        self._watching = asyncio.create_task(self._watch(), name="hug: whether NATS answers")

    def _options(self) -> dict[str, Any]:
        address = self._address
        options: dict[str, Any] = {
            "servers": list(address.servers),
            "name": "hug",
            "error_cb": self._told,
            "closed_cb": self._ended,
            "allow_reconnect": False,
            "max_reconnect_attempts": 1,  # 0 would be: try for ever
            "reconnect_time_wait": 0,
            "connect_timeout": 2,
            # No waiting for room to write: it would not end with the connection. `ask_all` bounds what waits.
            "pending_size": 0,
            "ping_interval": 1,
            "max_outstanding_pings": 1 << 30,  # `_watch` counts them
            "tls": address.tls(),
        }
        if address.user:
            options |= {"user": address.user, "password": self._secret}
        elif address.password:
            options |= {"token": self._secret}
        if address.creds:
            options |= {"user_credentials": address.creds}
        return options

    def _secret(self) -> str:
        """Return the password, when it may be sent."""
        self._check_encryption()
        return self._address.password

    def _check_encryption(self) -> None:
        # nats-py encrypts when the server asks for it, whatever the URL says.
        if self._address.encrypted and not self._client._server_info.get("tls_required"):
            raise BrokerError(
                f"{self._address.shown}: the server does not offer TLS; with nats:// it need not"
            )

    def _check_version(self, shown: str) -> None:
        self._check_encryption()
        version = self._client.connected_server_version
        try:
            old = (version.major, version.minor) < OLDEST
        except (ValueError, TypeError):
            return  # a build of somebody's own
        if old:
            raise BrokerError(f"{shown}: nats-server 2.9 or later is needed, this is {version!r}")

    async def close(self) -> None:
        """Disconnect, within half a second; nothing is left behind. It may be closed already."""
        first, self._closed = not self._closed, True
        self._fail(Unreachable("the connection was closed"))
        tasks = [self._watching, *(each._wait_for_msgs_task for each in self._subscriptions)]
        if first and self._opened:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(0.2):
                    await self._client.close()
        self._abort()
        # nats-py stops half-way when it cannot write.
        names = ("_reading_task", "_ping_interval_task", "_flusher_task")
        tasks += [getattr(self._client, name, None) for name in names]
        current = asyncio.current_task()
        left = [task for task in tasks if task is not None and task is not current and not task.done()]
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=0.2)
        self._subscriptions.clear()

    def _abort(self) -> None:
        """Let the socket go, whatever waits to be written: nats-py would wait for that, without an end."""
        writer = getattr(self._client._transport, "_io_writer", None)
        if writer is not None:
            writer.transport.abort()

    # Questions

    async def ask_all(self, questions: Sequence[Question]) -> Sequence[Msg]:
        """Ask several things at once and return the answer to each; raise `Unreachable`."""
        answers = _Answers(len(questions))
        numbers: list[int] = []
        try:
            for index, (subject, body, headers) in enumerate(questions):
                size = len(body)
                if answers.open >= UNANSWERED or answers.open_bytes + size > UNANSWERED_BYTES:
                    await self.wait(answers.until(UNANSWERED // 2, max(UNANSWERED_BYTES // 2 - size, 0)))
                self._check()
                number = next(self._numbers)
                numbers.append(number)
                self._waiting[number] = answers, index
                answers.ask(index, size)
                await self._client.publish(subject, body, f"{self._inbox}.{number}", headers)
            await self.wait(answers.until(0, 0))
        except (NatsError, OSError) as error:
            if isinstance(error, Unreachable):
                raise
            raise self._failed(error) from error
        finally:
            for number in numbers:
                self._waiting.pop(number, None)
        return [message for message in answers.messages if message is not None]

    async def ask(self, subject: str, body: object = None) -> dict[str, Any]:
        """Ask JetStream for something, and return what it says.

        Raises:
            Said: That is an error.
            Unreachable: It says nothing.
        """
        text = b"" if body is None else msgspec.json.encode(body)
        (message,) = await self.ask_all([Question(f"$JS.API.{subject}", text)])
        if is_status(message):
            # Nobody listens to JetStream's own subjects: it is switched off, or about to begin.
            raise Said(Problem(503, NO_JETSTREAM, "JetStream is not enabled"))
        answer: dict[str, Any] = msgspec.json.decode(message.data)
        if "error" in answer:
            raise Said(msgspec.convert(answer["error"], Problem))
        return answer

    async def tell(self, subject: str, body: bytes = b"", reply: str = "") -> None:
        """Send something that is not answered, or elsewhere."""
        self._check()
        try:
            await self._client.publish(subject, body, reply)
        except (NatsError, OSError) as error:
            raise self._failed(error) from error

    async def wait(self, future: asyncio.Future[None]) -> None:
        """Wait for what is set when messages have come; raise `Unreachable` if they do not come."""
        self._check()
        self._expected.add(future)
        try:
            async with asyncio.timeout(ANSWER):
                await future
        except TimeoutError:
            denied = next((f": {each}" for each in reversed(self._denied)), "")
            raise Unreachable(f"JetStream does not answer{denied}") from None
        finally:
            self._expected.discard(future)

    def _check(self) -> None:
        if self._error is not None:
            raise self._error

    async def _answered(self, message: Msg) -> None:
        number = message.subject.rpartition(".")[2]
        if (waiting := self._waiting.pop(int(number), None) if number.isdigit() else None) is not None:
            answers, index = waiting
            answers.take(index, message)

    # Subscriptions

    def inbox(self) -> str:
        """Return a subject of one's own."""
        return self._client.new_inbox()

    async def subscribe(self, subject: str, heard: Heard, *, bounded: bool = True) -> Subscription:
        """Hear what comes on a subject; ``bounded``: as long as not too much waits here."""
        self._check()
        try:
            subscription = await self._client.subscribe(
                subject,
                cb=heard,
                pending_msgs_limit=PENDING if bounded else 0,
                pending_bytes_limit=PENDING_BYTES if bounded else 0,
            )
        except (NatsError, OSError) as error:
            raise self._failed(error) from error
        self._subscriptions.add(subscription)
        return subscription

    async def unsubscribe(self, subscription: Subscription) -> None:
        """Hear it no more; never raises."""
        self._subscriptions.discard(subscription)
        with contextlib.suppress(NatsError, OSError):
            await subscription.unsubscribe()

    def denied(self, subject: str) -> str:
        """Return what the server has said if it does not let the user have a subject; else nothing."""
        return next((said for said in self._denied if subject.lower() in said), "")

    # What happens to it

    async def _told(self, error: Exception) -> None:
        if isinstance(error, SlowConsumerError):
            if (subscription := error.sub) in self._subscriptions:
                self._dropped(subscription)
        elif "permissions violation" in str(error):
            self._denied = [*self._denied[-20:], str(error).removeprefix("nats: ")]
        else:
            self._problem = error
            if self._opened:
                self._fault(error)

    async def _ended(self) -> None:
        self._fault(self._client.last_error or ConnectionResetError("the server has ended the connection"))

    async def _watch(self) -> None:
        """Look once a second whether anything came: nats-py asks for an answer as often."""
        client, silent, before = self._client, 0, (0, 0)
        while silent < SILENCE and not client.is_closed:
            await asyncio.sleep(1)
            # Seconds are counted, not measured: after a loop that was blocked the answers are read first.
            now = client.stats["in_msgs"], client._pongs_received
            silent, before = 0 if now != before else silent + 1, now
        self._fault(client.last_error or TimeoutError(f"no answer for {SILENCE} seconds"))

    def _fault(self, error: BaseException) -> None:
        if self._error is None and not self._closed:
            ended = isinstance(error, UnexpectedEOF)
            why = "the server has ended the connection" if ended else str(error).removeprefix("nats: ")
            lost = Unreachable(str(why or type(error).__name__))
            lost.__cause__ = error
            self._fail(lost)
            self._abort()
            if self._opened:
                self._lost(lost)

    def _failed(self, error: Exception) -> Unreachable:
        return self._error or Unreachable(str(error))

    def _fail(self, error: Unreachable) -> None:
        if self._error is None:
            self._error = error
        for future in self._expected:
            if not future.done():
                future.set_exception(error)


def _reason(shown: str, error: NatsError) -> BrokerError | Unreachable:
    """Return what the server's refusal means."""
    text = str(error).removeprefix("nats: ").strip("'\" ")
    if text.lower().startswith(("authorization", "authentication", "user authentication")):
        return BrokerError(
            f"{shown}: the server does not let us in ({text}): look at the user and the password in the URL; "
            "a token is written token@host, credentials are ?creds=/path"
        )
    return Unreachable(text)
