"""Says a line in the room of `chat.py`: `HUG_BROKER=redis://localhost python examples/say.py Hello`"""

import os
import sys
from datetime import UTC, datetime

import hug

if "HUG_BROKER" not in os.environ:
    sys.exit("HUG_BROKER must name the broker of the chat: by itself this process has a room of its own")
room = hug.sse.channel("room", history=100)  # the same name on the same broker, and the same options
line = {"name": "A script", "text": " ".join(sys.argv[1:]), "time": datetime.now(UTC)}
print(room.publish(line, event="line").result())  # its id, once it is taken; or an error
