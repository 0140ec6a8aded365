"""``hug publish CHANNEL DATA``: publishes events on a channel, from a shell or a cron job."""

from __future__ import annotations

import argparse
import io
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from queue import Queue
from typing import Any, Final

from hug.command.broker import channel_at
from hug.command.stdout import cannot_write, write_line
from hug.eventstream.channels.channel import Channel
from hug.eventstream.channels.publication import Publication
from hug.exceptions import HugError
from hug.json_module import loads

AHEAD: Final = 1000
"""Most events that are published and not known to be taken."""


def main(words: Sequence[str]) -> int:
    """Publish, print the id of each event, and return the exit code.

    Raises:
        HugError: An event was not taken, or nobody knows; or its id cannot be written.
    """
    arguments = _parser().parse_args(words)
    if arguments.lines and arguments.data != "-":
        raise HugError("--lines is for the standard input: give - in place of the data")
    channel = channel_at(arguments.broker, arguments.channel)
    for event_id in _publish(channel, _data(arguments), event=arguments.event, retry=arguments.retry):
        try:
            write_line(event_id)
        except BrokenPipeError as error:  # no success: there may be lines that are not published
            raise cannot_write(error) from None
    return 0


def _data(arguments: argparse.Namespace) -> Iterator[Any]:
    """Return the data of each event."""
    if arguments.data != "-":
        texts: Iterable[str] = [arguments.data]
    elif sys.stdin is None:
        raise HugError("cannot read the standard input: it is closed")
    elif arguments.lines:
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(errors="replace")  # one byte that is wrong must not end a feed
        texts = sys.stdin
    else:
        texts = [sys.stdin.read()]
    read: Callable[[str], Any] = _json if arguments.json else str
    for text in texts:
        yield read(text.removesuffix("\n") if arguments.data == "-" else text)


def _json(text: str) -> Any:
    try:
        return loads(text)
    except ValueError as error:
        raise HugError(f"no JSON: {text[:100]!r} ({error})") from None


def _publish(channel: Channel, data: Iterator[Any], **fields: Any) -> Iterator[str]:
    """Publish each as soon as it is there, and yield its id once it is taken: many may be on their way."""
    published: Queue[Publication | BaseException | None] = Queue(AHEAD)

    def read() -> None:
        try:
            for each in data:
                published.put(channel.publish(each, **fields))
            published.put(None)
        except BaseException as error:
            published.put(error)

    threading.Thread(target=read, daemon=True).start()
    while (each := published.get()) is not None:
        if isinstance(each, UnicodeError):
            raise HugError("the data is not encoded as UTF-8, and was not published") from each
        if isinstance(each, ValueError) and not isinstance(each, HugError):
            raise HugError(str(each)) from each
        if isinstance(each, BaseException):
            raise each
        yield each.result()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hug publish",
        description="Publish an event on a channel and print its id. The exit code is 1 if it was not taken.",
    )
    option = parser.add_argument
    option("channel", metavar="CHANNEL", help="name of the channel")
    option("data", metavar="DATA", help="the event's text; - reads it from the standard input")
    option("-e", "--event", metavar="NAME", help="type of the event (default: message)")
    option("-b", "--broker", metavar="URL", help="where the channel is kept (default: $HUG_BROKER)")
    option("--retry", type=int, metavar="MS", help="milliseconds that clients shall wait to reconnect")
    option("--lines", action="store_true", help="with -: each line is an event, published as it comes")
    option("--json", action="store_true", help="the data must be JSON, and goes out as one line")
    return parser
