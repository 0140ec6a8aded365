"""nchan, which fans out inside of nginx: what a hub in C does.

It has no place for a publisher of its own. The reading process sends it each event in a request, so that the
server's processor time has these requests in it, but not the making of the events.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
import time
from pathlib import Path

from apps.fanout_work import payload
from client import answer, connect
from peers import Load, Peer, Publishing, open_files

MODULES = (
    "/usr/lib/nginx/modules",
    "/usr/lib64/nginx/modules",
    "/usr/share/nginx/modules",
    "/usr/local/lib/nginx/modules",
    "/usr/local/libexec/nginx",
)
"""Where distributions have nginx's modules."""

CONFIGURATION = """
load_module {module};
daemon off; master_process off; pid nginx.pid; error_log stderr crit; worker_rlimit_nofile {files};
events {{ worker_connections {files}; }}
http {{
  access_log off;{upstream}
  client_body_temp_path t; proxy_temp_path t; fastcgi_temp_path t; uwsgi_temp_path t; scgi_temp_path t;
  server {{
    listen 127.0.0.1:{port} backlog=2048;
    keepalive_requests 1000000;
    location = /events {{
      nchan_subscriber eventsource; nchan_channel_id events; nchan_subscriber_first_message newest;{redis}
    }}
    location = /publish {{
      nchan_publisher; nchan_channel_id events;
      nchan_message_buffer_length 20000; nchan_message_timeout 5m;{redis}
    }}
    location = /status {{ nchan_stub_status; }}
  }}
}}
"""

UNANSWERED = 8
"""Most events on their way to nchan."""


ANSWER = b"HTTP/1.1 20"
"""What begins each answer to an event."""


def nginx() -> str | None:
    """Return where nginx is, if it is installed."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def module() -> Path | None:
    """Return where nchan is, if it is installed."""
    found = (Path(folder, "ngx_nchan_module.so") for folder in MODULES)
    return next((path for path in found if path.exists()), None)


def installed() -> bool:
    """Return whether nginx and nchan are."""
    return nginx() is not None and module() is not None


class Nchan(Peer):
    """nginx with its nchan module, as one process."""

    def __init__(self, redis: str = "") -> None:
        """Prepare one.

        Args:
            redis: URL of a Redis that keeps the events for several of them.
        """
        self._folder = tempfile.TemporaryDirectory()
        super().__init__("nchan", [str(nginx()), "-p", f"{self._folder.name}/", "-c", "nginx.conf"])
        text = CONFIGURATION.format(
            module=module(),
            port=self.port,
            files=open_files() - 100,
            upstream=f"\n  upstream shared {{ nchan_redis_server {redis}; }}" if redis else "",
            redis=" nchan_redis_pass shared;" if redis else "",
        )
        (Path(self._folder.name) / "nginx.conf").write_text(text)

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self._folder.cleanup()

    def readers(self) -> int:
        """See `Peer.readers`."""
        found = re.search(rb"\nsubscribers: (\d+)", answer(self.port, "/status"))
        return int(found[1]) if found else 0

    def publish(self, load: Load, first: int) -> Publishing:
        """See `Peer.publish`."""
        return Posting(self.port, load, first)


class Posting(Publishing):
    """A request for each event, on one connection."""

    def __init__(self, port: int, load: Load, first: int) -> None:
        self._connection = connect(port)
        self._connection.setblocking(False)
        self._load = load
        self._first = first
        self._done = self._answered = 0
        self._tail = b""
        self._start = self._now = time.monotonic()

    def turn(self) -> None:
        """Publish what is due, unless too many requests are unanswered."""
        load = self._load
        if self._answered == load.events:
            return
        with contextlib.suppress(BlockingIOError):
            answers = self._tail + self._connection.recv(1 << 16)
            self._answered += answers.count(ANSWER)
            self._tail = answers[1 - len(ANSWER) :]  # the beginning of one may be cut in two
        self._now = time.monotonic()
        due = int((self._now - self._start) * load.rate) + 1 if load.rate else load.events
        while self._done < min(due, load.events) and self._done - self._answered < UNANSWERED:
            body = payload(self._first + self._done, load.size)
            self._connection.sendall(
                f"POST /publish HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\n"
                f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
            )
            self._done += 1

    def seconds(self) -> float:
        """See `Publishing.seconds`; the requests were answered before the last event was read."""
        self._connection.close()
        return self._now - self._start
