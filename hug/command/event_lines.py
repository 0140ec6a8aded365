"""Events as lines, for people and for programs."""

from __future__ import annotations

import json
import time

from hug.eventstream.history.gap import GAP_EVENT
from hug.eventstream.wire.decode import Message


def as_json(message: Message) -> str:
    """Return a line of JSON in ASCII; ``data`` is the event's text, whatever it is."""
    return json.dumps({"id": message.id, "event": message.event, "data": message.data})


def as_text(message: Message) -> str:
    """Return lines for a terminal, which nothing in an event can make do anything."""
    head = time.strftime("%H:%M:%S")
    if message.id:
        head += f" [{_printable(message.id)}]"
    if message.event == GAP_EVENT:
        return f"{head} --- {_gap(message)} ---"
    if message.event != "message":
        head += f" {_printable(message.event)}:"
    first, *others = message.data.split("\n")
    return "\n".join([f"{head} {_printable(first)}", *(f"    {_printable(line)}" for line in others)])


def _gap(message: Message) -> str:
    try:
        lost = message.json()["lost"]
    except (ValueError, TypeError, KeyError):
        return f"gap: {_printable(message.data)}"
    return "gap: some events are lost" if lost is None else f"gap: {lost} events are lost"


def _printable(text: str) -> str:
    """Return text with control characters, which could steer a terminal, written out."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() or each == "\t" else each.encode("unicode_escape").decode()
        for each in text
    )
