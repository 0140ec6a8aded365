"""A chat room in every open browser: `hug examples/chat.py`, then http://localhost:8000 in two windows."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import hug

room = hug.sse.channel("room", history=100)  # the lines it keeps, for newcomers and for those who were away


@hug.get("/", output=hug.output_format.html)
def page():
    return Path(__file__).with_name("chat.html").read_text()


@hug.post("/say")
async def say(name: Annotated[str, hug.types.length(1, 31)], text: Annotated[str, hug.types.length(1, 1001)]):
    """Sends a line to everybody who listens, to this process or another; or says that it could not."""
    try:
        return {
            "id": await room.publish({"name": name, "text": text, "time": datetime.now(UTC)}, event="line")
        }
    except (hug.exceptions.NotTaken, hug.exceptions.FateUnknown) as error:
        raise hug.HTTPServiceUnavailable(title="The room does not answer") from error


@hug.sse("/room")
def listen():
    """What is being said, after the last lines for a newcomer, or those that a browser has missed."""
    return hug.sse.events(room, since="start")
