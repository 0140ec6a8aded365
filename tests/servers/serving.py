"""Servers as users start them: processes of their own on free ports."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final, Self

from ..ports import free_port
from ..waiting import until
from .client import Client, get

FOLDER = Path(__file__).parent

PROTOCOL: Final = " --http hug.http_protocol:HTTPProtocol --timeout-graceful-shutdown 1"

LIMIT: Final = " --limit-max-requests 20"

COMMANDS: Final = {
    "uvicorn": "uvicorn app:__hug_asgi__ --host 127.0.0.1 --port {port}",
    "uvicorn-h11": "uvicorn app:__hug_asgi__ --host 127.0.0.1 --port {port} --http h11",
    "uvicorn-workers": "uvicorn app:__hug_asgi__ --host 127.0.0.1 --port {port} --workers 2",
    "uvicorn-counted": "uvicorn app:counted --host 127.0.0.1 --port {port}",
    "protocol": "uvicorn http_protocol_app:bare --host 127.0.0.1 --port {port}" + PROTOCOL,
    "protocol-limited": "uvicorn http_protocol_app:bare --host 127.0.0.1 --port {port}"
    " --limit-max-requests 10" + PROTOCOL,
    "protocol-wrapped": "uvicorn http_protocol_app:wrapped --host 127.0.0.1 --port {port}" + PROTOCOL,
    "hypercorn": "hypercorn app:__hug_asgi__ --bind 127.0.0.1:{port}",
    "granian": "granian --interface asgi --host 127.0.0.1 --port {port} app:__hug_asgi__",
    "uvicorn-limited": "uvicorn app:__hug_asgi__ --host 127.0.0.1 --port {port}" + LIMIT,
    "uvicorn-h11-limited": "uvicorn app:__hug_asgi__ --host 127.0.0.1 --port {port} --http h11" + LIMIT,
    "uvicorn-counted-limited": "uvicorn app:counted --host 127.0.0.1 --port {port}" + LIMIT,
    "uvicorn-workers-limited": "uvicorn app:__hug_asgi__ --host 127.0.0.1 --port {port} --workers 2" + LIMIT,
    "uvicorn-protocol-limited": "uvicorn app:__hug_asgi__ --host 127.0.0.1 --port {port}" + PROTOCOL + LIMIT,
    "hypercorn-limited": "hypercorn app:__hug_asgi__ --bind 127.0.0.1:{port} --max-requests 20",
    "gunicorn-limited": "gunicorn app:__hug_asgi__ --bind 127.0.0.1:{port} -k uvicorn_worker.UvicornWorker"
    " --max-requests 20",
    "gunicorn-asgi-limited": "gunicorn app:__hug_asgi__ --bind 127.0.0.1:{port} -k asgi --max-requests 20",
    "gunicorn": "gunicorn app:__hug_asgi__ --bind 127.0.0.1:{port} -k uvicorn_worker.UvicornWorker",
    "gunicorn-sync": "gunicorn app:__hug_wsgi__ --bind 127.0.0.1:{port}",
    "gunicorn-threads": "gunicorn app:__hug_wsgi__ --bind 127.0.0.1:{port} -k gthread --threads 16",
    "waitress": "waitress --listen 127.0.0.1:{port} --threads 16 app:__hug_wsgi__",
    "hug": "hug -f app.py -ma -s -ho 127.0.0.1 -p {port}",
    "hypercorn-workers": "hypercorn app:__hug_asgi__ --bind 127.0.0.1:{port} --workers 2",
    "granian-workers": "granian --interface asgi --host 127.0.0.1 --port {port} app:__hug_asgi__ --workers 2",
    # Within these seconds a worker has begun to serve, on a busy machine, too: until then it cannot end.
    "granian-workers-limited": "granian --interface asgi --host 127.0.0.1 --port {port} app:__hug_asgi__"
    " --workers 2 --workers-max-rss 1 --rss-sample-interval 1 --rss-samples 4 --respawn-interval 4"
    " --runtime-mode st",
    "gunicorn-workers": "gunicorn app:__hug_asgi__ --bind 127.0.0.1:{port}"
    " -k uvicorn_worker.UvicornWorker --workers 2",
    "gunicorn-asgi-workers": "gunicorn app:__hug_asgi__ --bind 127.0.0.1:{port} -k asgi --workers 2",
    "gunicorn-workers-limited": "gunicorn app:__hug_asgi__ --bind 127.0.0.1:{port}"
    " -k uvicorn_worker.UvicornWorker --workers 2 --max-requests 20 --max-requests-jitter 10",
    "gunicorn-asgi-workers-limited": "gunicorn app:__hug_asgi__ --bind 127.0.0.1:{port} -k asgi --workers 2"
    " --max-requests 20 --max-requests-jitter 10",
    "hypercorn-workers-limited": "hypercorn app:__hug_asgi__ --bind 127.0.0.1:{port} --workers 2"
    " --max-requests 20 --max-requests-jitter 10",
    "hug-workers-limited": "hug -f app.py -ma -s -ho 127.0.0.1 -p {port} -w 2" + LIMIT,
    "hug-workers": "hug -f app.py -ma -s -ho 127.0.0.1 -p {port} -w 2",
    "hug-reloading": "hug -f app.py -s -ho 127.0.0.1 -p {port} -w 1",
    "uvicorn-reloading": "uvicorn app:__hug_asgi__ --host 127.0.0.1 --port {port} --reload",
}

SERVERS: Final = ("uvicorn", "uvicorn-h11", "hypercorn", "granian", "hug")
"""Those that every promise about streams must hold on."""


class Died(Exception):
    """The process has ended before it answered."""


class Server:
    """A process that serves ``app.py``.

    Attributes:
        name: Which of `COMMANDS` it is.
        port: Where it listens.
        process: The process that was started; servers may have workers below it.
    """

    app = "app"
    folder = FOLDER

    def __init__(self, name: str, *, port: int = 0, **environment: str) -> None:
        """Start it, on a free port unless one is given; its output and errors go into one file."""
        self.name = name
        self.port = self._wanted = port
        self._environment = environment
        self._clients: list[Client] = []
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  # open as long as the process
        self._log_begin = 0
        self._start()

    def _start(self) -> None:
        self.port = self._wanted or free_port()
        words = COMMANDS[self.name].replace(" app", f" {self.app}").format(port=self.port).split()
        self.process = subprocess.Popen(
            [sys.executable, "-m", *words],
            cwd=self.folder,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **self._environment},
            stdout=self._output,
            stderr=subprocess.STDOUT,
            # A group of its own, so that nothing of it outlives the tests.
            start_new_session=True,
        )

    def ready(self) -> Self:
        """Wait until it answers; start it again if somebody has taken the port meanwhile."""
        for _ in range(3):
            with contextlib.suppress(Died):
                until(self._answers, within=30)
                return self
            self._start()
        raise AssertionError(self.log)

    def _answers(self) -> bool:
        if self.process.poll() is not None:
            raise Died
        try:
            return bool(get(self.port, "/answer"))
        except AssertionError:  # of somebody else, who has the port: this one is about to end
            return False

    @property
    def log(self) -> str:
        """What it has printed so far, or since `log_anew`."""
        return os.pread(self._output.fileno(), 1 << 24, self._log_begin).decode()

    def log_anew(self) -> Self:
        """Leave out of `log` what it has printed before."""
        self._log_begin += len(self.log.encode())
        return self

    def open(self, path: str, **request: Any) -> Client:
        """Send a request; the response is yet to be read."""
        client = Client(self.port, path, **request)
        self._clients.append(client)
        return client

    def stream(self, path: str, **request: Any) -> Client:
        """Open a stream and read its head."""
        client = self.open(path, **request).head()
        assert client.status == 200, client.rest()
        return client

    def get(self, path: str) -> Any:
        """Return the JSON that a GET is answered with."""
        return get(self.port, path)

    def notes(self, key: str) -> dict[str, float]:
        """Return what the app has noted for the requests with ``key``."""
        return self.get(f"/notes?key={key}")

    def noted(self, key: str, what: str) -> float:
        """Wait until the app has noted ``what``; return when that was, in the time of `time.monotonic`."""
        return until(lambda: self.notes(key).get(what))

    def streams_end(self, path: str = "/status") -> None:
        """Wait until no stream is open, as its app says at ``path``."""
        until(lambda: self.get(path)["streams"] == 0)

    def logs(self, words: str, since: int = 0) -> str:
        """Wait until ``words`` are in the log, past ``since`` of its characters; return what is past them."""
        return until(lambda: log if words in (log := self.log[since:]) else "")

    def told(self, number: int) -> float:
        """Send a signal to the process that was started; return when."""
        now = time.monotonic()
        self.process.send_signal(number)
        return now

    def leave(self) -> None:
        """Close what tests have left open."""
        while self._clients:
            self._clients.pop().leave()

    def kill(self) -> None:
        """Leave nothing of it behind."""
        self.leave()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)
        self._output.close()
