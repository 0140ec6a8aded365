"""A clock and a moving chart in every open browser: `hug examples/live.py`, then http://localhost:8000"""

import asyncio
import math
import random
import time
from datetime import UTC, datetime
from pathlib import Path

import hug

RATE = 20  # samples a second
WINDOW = 30 * RATE  # samples that the chart has room for


@hug.get("/", output=hug.output_format.html)
def page():
    return Path(__file__).with_name("live.html").read_text()


@hug.sse("/live")
async def live(hug_last_event_id):
    """What the page has missed, at once; from then on each sample at its time and the clock every second."""
    now = int(time.time() * RATE)
    number = now - WINDOW
    if hug_last_event_id and hug_last_event_id.isdecimal():
        number = min(max(number, int(hug_last_event_id)), now)
    while True:
        number += 1
        await asyncio.sleep(number / RATE - time.time())
        sample = {"time": number / RATE, "value": measure(number)}
        yield hug.sse.event(sample, event="sample", id=str(number))
        if number % RATE == 0 and number > now:
            yield hug.sse.event({"time": datetime.now(UTC)}, event="clock")


def measure(number: int) -> float:
    """Return the sample of that number from a sensor that does not exist: slow waves and a little noise."""
    seconds = number / RATE
    waves = 22 * math.sin(seconds / 4) + 11 * math.sin(seconds / 1.3) + 4 * math.sin(seconds * 2.1)
    return round(50 + waves + random.Random(number).gauss(0, 0.3), 1)
