"""Watching several workers: health over HTTP, and metrics that are those of all of them."""

import os
import re
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ..engines.servers import started
from ..waiting import until
from .client import Client
from .serving import Server

SERVERS = ("hug-workers", "gunicorn-workers", "granian-workers")


class Watched(Server):
    """A process that serves ``watched_app.py``."""

    app = "watched_app"

    def text(self, path: str) -> str:
        with self.open(path) as client:
            return client.head().rest().decode()

    def metrics(self) -> dict[str, float]:
        """Return the values of all metrics, by name and labels; of brokers there is one."""
        told = {}
        for family in text_string_to_metric_families(self.text("/metrics")):
            for sample in family.samples:
                labels = [f"{name}={value}" for name, value in sample.labels.items() if name != "broker"]
                told[" ".join([sample.name, *sorted(labels)])] = sample.value
        return told

    def metric(self, name: str) -> set[float]:
        """Return what several requests in a row are told: whoever answers, it is to be the same."""
        return {self.metrics()[name] for _ in range(6)}

    def is_told(self, name: str, value: float) -> None:
        seen: list[set[float]] = []

        def look() -> bool:
            seen[:] = [self.metric(name)]
            return seen == [{value}]

        try:
            until(look)
        except AssertionError as error:
            raise AssertionError(f"{name} is {seen}, not {value}: {error}") from error

    def health(self) -> int:
        with self.open("/health/streams") as client:
            return client.head().status

    def healths(self) -> set[int]:
        return {self.health() for _ in range(6)}

    def spread(self, path: str, count: int) -> list[tuple[Client, int]]:
        """Open so many streams, on two processes at least; return them, with the processes they are in."""
        clients: list[tuple[Client, int]] = []
        while len(clients) < count:
            client = self.stream(path)
            process = int(client.message().data)
            others = {each for _, each in clients} - {process}
            if len(clients) == count - 1 and not others:
                client.leave()
            else:
                clients.append((client, process))
        return clients


@pytest.fixture
def watched(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Watched]:
    environment = {"HUG_BROKER": f"sqlite:///{tmp_path}/channels.sqlite"}
    if request.param != "hug-workers":
        environment["PROMETHEUS_MULTIPROC_DIR"] = str(tmp_path / "metrics")
    server = Watched(request.param, **environment)
    try:
        yield server.ready()
    finally:
        server.kill()


@pytest.mark.parametrize("watched", SERVERS, indirect=True)
def test_metrics_of_several_workers(watched: Watched) -> None:
    """Whoever is asked tells the sum of all workers; what a dead one had open is gone, what it did stays."""
    clients = watched.spread("/where", 8)
    watched.is_told("hug_streams_open", 8)
    left = watched.metrics()["hug_stream_ends_total reason=client"]
    readers = [watched.stream("/news") for _ in range(3)]
    for _ in range(10):
        watched.get("/publish")
    for reader in readers:
        for _ in range(10):
            reader.message()
    watched.is_told("hug_streams_open", 11)
    watched.is_told("hug_readers", 3)
    watched.is_told("hug_channel_readers channel=news", 3)
    watched.is_told("hug_events_published_total", 10)
    watched.is_told("hug_broker_connected", 1)
    asked = watched.metrics()["answers_total"]
    seen = {watched.get("/answer") for _ in range(10)}
    watched.is_told("answers_total", asked + 10)
    there = Counter(process for _, process in clients)
    dying = max(there, key=lambda each: there[each])
    leaving = next(each for each in clients if each[1] == dying)
    clients.remove(leaving)
    leaving[0].leave()
    watched.is_told("hug_stream_ends_total reason=client", left + 1)
    for reader in readers:
        reader.leave()
    watched.is_told("hug_readers", 0)

    if watched.name == "granian-workers":
        return  # it ends when a worker dies
    os.kill(dying, signal.SIGKILL)
    watched.is_told("hug_streams_open", len([each for each in clients if each[1] != dying]))
    watched.is_told("hug_events_published_total", 10)
    watched.is_told("hug_stream_ends_total reason=client", left + 4)
    until(lambda: {watched.get("/answer") for _ in range(10)} - {*there, *seen}, "a new worker")
    watched.get("/publish")
    watched.is_told("hug_events_published_total", 11)
    watched.is_told("hug_broker_connected", 1)


@pytest.mark.parametrize("watched", ["hug-workers", "gunicorn-workers"], indirect=True)
def test_metrics_of_workers_that_are_replaced(watched: Watched) -> None:
    """Of a worker that ends in order nothing is lost: its last streams are among those that have ended."""
    clients = watched.spread("/where", 6)
    watched.is_told("hug_streams_open", 6)
    left = watched.metrics()["hug_stream_ends_total reason=client"]
    watched.told(signal.SIGHUP)
    for client, _ in clients:
        until(lambda client=client: client.pause(1.0), "the end of a stream")
        client.rest()
    watched.is_told("hug_streams_open", 0)
    watched.is_told("hug_stream_ends_total reason=drain", 6)
    watched.is_told("hug_streams_opened_total", left + 6)


def test_files_of_metrics_are_gone_with_their_server(tmp_path: Path) -> None:
    """The command's workers keep their metrics in a folder for themselves, which goes with them."""
    server = Watched("hug-workers", TMPDIR=str(tmp_path)).ready()
    try:
        assert 'broker="private"' in until(lambda: _with_broker(server), "metrics of a broker")
        (folder,) = [*tmp_path.glob("hug-channels-*/shared"), *tmp_path.glob("hug-shared-*")]
        assert folder.stat().st_mode & 0o777 == 0o700
        assert list(folder.glob("*.db"))
        server.told(signal.SIGTERM)
        assert server.process.wait(30) == 0
        assert not list(tmp_path.iterdir())
    finally:
        server.kill()


def _with_broker(server: Watched) -> str:
    text = server.text("/metrics")
    return text if "hug_broker_connected{" in text else ""


@pytest.mark.parametrize("name", ["hug-workers", "gunicorn-workers"])
def test_workers_that_cannot_know_of_each_other(name: str, tmp_path: Path) -> None:
    """Who asks one of several workers for metrics, and cannot be told of the others, hears so in the log."""
    before = {"PYTHONPATH": str(tmp_path), "HUG_BROKER": "sqlite:///" + str(tmp_path / "channels.sqlite")}
    (tmp_path / "sitecustomize.py").write_text("import prometheus_client\n")
    server = Watched(name, **before).ready()
    try:
        server.get("/answer")
        log = server.logs("the metrics are those of this process alone")
        assert "PROMETHEUS_MULTIPROC_DIR" in log
    finally:
        server.kill()


@pytest.mark.parametrize("name", ["hug", "hug-workers"])
def test_health(name: str, tmp_path: Path) -> None:
    """Within 5 s of the end of their engine all workers answer 503, and 200 again after its return."""
    with started("redis") as engine:
        server = Watched(name, HUG_BROKER=engine.url).ready()
        try:
            assert server.healths() == {200}
            engine.kill()
            until(lambda: server.healths() == {503}, "all answer 503", within=5)
            with server.open("/health/streams", method="HEAD") as client:
                assert client.head().status == 503
                assert client.headers["cache-control"] == "no-store"
            text = server.text("/health/streams")
            assert '"connected": false' in text
            assert str(engine.port) not in text
            assert "127.0.0.1" not in text
            assert set(re.findall("hug_broker_connected.* ([01])", server.text("/metrics"))) == {"0"}
            engine.start()
            until(lambda: server.healths() == {200}, "all answer 200", within=5)
        finally:
            server.kill()
