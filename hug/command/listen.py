"""``hug listen CHANNEL`` or ``hug listen URL``: shows events as they come."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Final

from hug.command.broker import channel_at
from hug.command.event_lines import as_json, as_text
from hug.command.event_source import messages_at
from hug.command.stdout import write_line
from hug.eventstream.history.gap import GAP_EVENT
from hug.eventstream.wire.decode import Message
from hug.exceptions import HugError

_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def main(words: Sequence[str]) -> int:
    """Show events until there are no more, or enough; return the exit code.

    Raises:
        HugError: It cannot listen; the message says why.
    """
    arguments = _parser().parse_args(words)
    if arguments.count is not None and arguments.count < 1:
        raise HugError(f"--count must be 1 or more, not {arguments.count}")
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    show = as_json if arguments.json else as_text
    left = arguments.count
    for message in _messages(arguments):
        is_gap = message.event == GAP_EVENT  # whoever chooses some events must know that some are lost
        if arguments.event and message.event not in arguments.event and not is_gap:
            continue
        write_line(show(message))
        if left is not None and not (is_gap and GAP_EVENT not in arguments.event):
            left -= 1
            if not left:
                break
    return 0


def _messages(arguments: argparse.Namespace) -> Iterator[Message]:
    source, since = arguments.source, arguments.since
    if source.lower().startswith(("http://", "https://")):
        if since is not None and (since == "start" or since.isdecimal()):
            raise HugError(
                f"--since {since} is for channels: where the stream of a URL begins, its server says"
            )
        if arguments.broker is not None:
            raise HugError("--broker is for channels: a URL is read by HTTP")
        yield from messages_at(source, since or "", _tell, [*map(_header, arguments.header)])
        return
    if arguments.header:
        raise HugError("--header is for URLs: a channel is read where --broker says, and not by HTTP")
    asked = int(since) if since is not None and since.isdecimal() else since
    if asked == 0:
        raise HugError("--since must be start, the id of an event, or how many of the newest, 1 or more")
    with channel_at(arguments.broker, source).subscribe(since=asked) as messages:
        yield from messages
    _tell(f"channel {source!r} is closed")


def _header(line: str) -> tuple[bytes, bytes]:
    """Return the name and the value of a header.

    Raises:
        HugError: It is none. The message does not show it: it may be a secret.

    Source: https://www.rfc-editor.org/rfc/rfc9110#section-5.5
    """
    name, colon, value = line.partition(":")
    value = value.strip(" \t")
    if not (colon and value and _NAME.fullmatch(name)):
        raise HugError("--header must be 'Name: value', such as 'Authorization: Bearer TOKEN'")
    if _CONTROL.search(value):
        raise HugError(f"--header {name}: the value has a line break, or another control character")
    if name.lower() == "last-event-id":
        raise HugError(f"--header {name}: --since says behind which event to begin")
    return name.encode(), value.encode(errors="surrogateescape")


def _tell(what: str) -> None:
    print(f"hug: {what}", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hug listen",
        description="Show the events of a channel, or of any event stream at a URL, as they come.",
    )
    option = parser.add_argument
    option("source", metavar="CHANNEL|URL", help="name of a channel; or http://... or https://...")
    option(
        "--since",
        metavar="start|N|ID",
        help="begin with the oldest event, so many of the newest, or behind this one (default: from now on)",
    )
    option(
        "-e",
        "--event",
        metavar="NAME",
        action="append",
        default=[],
        help="show events of this type, and gaps; may be repeated (default: all)",
    )
    option("--json", action="store_true", help="print each event as a line of JSON, with id, event and data")
    option("--count", type=int, metavar="N", help="end after so many events")
    option(
        "-H",
        "--header",
        metavar="'NAME: VALUE'",
        action="append",
        default=[],
        help="send this to the URL, such as 'Authorization: Bearer TOKEN'; may be repeated",
    )
    option("-b", "--broker", metavar="URL", help="where the channel is kept (default: $HUG_BROKER)")
    return parser
