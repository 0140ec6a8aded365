"""hug.sse.health and hug.sse.metrics in one process; several are in tests/servers/test_watching.py."""

import subprocess
import sys
from typing import Any

import pytest
from prometheus_client import REGISTRY
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as metrics

import hug
from hug.eventstream.brokers.url import broker

from ..ports import free_port
from .stalling import Client, run, serve, until


def values(families: Any) -> dict[str, float]:
    """Return values by name and by labels other than the broker, of which there are many in these tests."""
    told: dict[str, float] = {}
    for family in families:
        for sample in family.samples:
            labels = [f"{name}={value}" for name, value in sorted(sample.labels.items()) if name != "broker"]
            told[" ".join([sample.name, *labels])] = sample.value
    return told


def test_health(api: Any) -> None:
    """It is 200 with a few facts; HEAD has the same head; nobody may keep it."""
    hug.route.API(api).sse.health("/health/streams")
    answer = hug.test.get(api, "/health/streams")
    assert answer.status_code == 200
    assert answer.headers_dict["cache-control"] == "no-store"
    assert answer.data["ok"]
    assert answer.data["broker"] == {"kind": "memory", "connected": True, "seconds": 0.0, "waiting": 0}
    head = hug.test.call("HEAD", api, "/health/streams")
    assert head.status_code == 200
    # Not the length: it tells for how many seconds brokers that other tests have left are as they are.
    assert head.headers_dict.keys() == answer.headers_dict.keys()
    assert head.headers_dict["content-type"] == answer.headers_dict["content-type"]
    assert hug.test.post(api, "/health/streams").status_code == 405


def test_health_of_a_broker_that_is_away() -> None:
    """It is 503 as soon as the broker is needed and away, and says nothing of where that is."""
    port = free_port()
    api = hug.API()
    api.broker = broker(f"redis://somebody:secret@127.0.0.1:{port}")  # type: ignore[assignment]
    hug.sse.health("/health", api=api)
    assert hug.test.get(api, "/health").status_code == 200  # nobody has needed it
    published = hug.sse.channel("a", api=api).publish("x")

    async def main() -> None:
        await until(lambda: api.broker.health().error, "a refusal")

    run(main())
    answer = hug.test.get(api, "/health")
    assert answer.status_code == 503
    assert (answer.data["ok"], answer.data["broker"]["connected"]) == (False, False)
    assert answer.data["broker"]["waiting"] == 1
    for word in ("somebody", "secret", "127.0.0.1", str(port)):
        assert word not in str(answer.data)
    assert "secret" not in str(api.sse.status())
    api.broker.close(0)
    assert published.done()


def test_health_of_the_brokers_of_other_apis() -> None:
    """The broker of any API of the process counts; that of the API which answers is told of as ever."""
    elsewhere = hug.API()
    elsewhere.broker = broker(f"redis://somebody:secret@127.0.0.1:{free_port()}")  # type: ignore[assignment]
    api = hug.API()
    hug.sse.health("/health", api=api)

    def others(answer: Any) -> list[Any]:
        return [(other["kind"], other["connected"], other["waiting"]) for other in answer.data["others"]]

    before = hug.test.get(api, "/health")
    assert before.status_code == 200
    assert ("redis", False, 0) in others(before)  # nobody has needed it
    published = hug.sse.channel("a", api=elsewhere).publish("x")

    async def main() -> None:
        await until(lambda: elsewhere.broker.health().error, "a refusal")

    run(main())
    answer = hug.test.get(api, "/health")
    assert (answer.status_code, answer.data["ok"]) == (503, False)
    assert answer.data["broker"] == before.data["broker"]
    assert ("redis", False, 1) in others(answer)
    assert "secret" not in str(answer.data)
    elsewhere.broker.close(0)
    assert published.done()
    assert hug.test.get(api, "/health").status_code == 200


def test_health_of_a_process_that_ends(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is 503 once the process is about to end, so that nobody new is sent there."""
    import asyncio
    import weakref

    from hug.eventstream.loop import open_streams

    # No other event loop is there: one that a test before this has left does not end.
    monkeypatch.setattr(open_streams, "_streams", weakref.WeakKeyDictionary())
    streams_of = open_streams.streams_of
    hug.sse.health("/health", api=api)

    async def main() -> None:
        assert (await Client(api, "/health").open()).status == 200
        streams_of(asyncio.get_running_loop()).drain()
        assert (await Client(api, "/health").open()).status == 503

    run(main())


def test_requirements(api: Any) -> None:
    """Both take the options of routes: who may not ask is told nothing."""
    hug.sse.health("/health", api=api, requires=lambda request: request.get_header("key") == "k")
    hug.sse.metrics("/metrics", api=api, requires=lambda request: request.get_header("key") == "k")
    for url in ("/health", "/metrics"):
        assert hug.test.get(api, url).status_code == 403
        assert hug.test.get(api, url, headers={"key": "k"}).status_code == 200


def test_module_that_asks() -> None:
    """Without an API it is that of the module that calls."""
    hug.sse.health("/health/of/this/module")
    assert hug.test.get(__name__, "/health/of/this/module").status_code == 200


def test_metrics(api: Any) -> None:
    """They say what the status says, in the formats of Prometheus and of OpenMetrics."""
    channel = serve(api)
    hug.sse.metrics("/metrics", api=api, channels=["a", "never used"])

    def told() -> dict[str, float]:
        answer = hug.test.get(api, "/metrics")
        assert str(answer.content_type).startswith("text/plain; version=0.0.4")
        return values(metrics(_text(answer)))

    async def main() -> None:
        client = await Client(api, "/live").open()
        before, ended = told(), api.sse.status().streams.ended
        assert before["hug_streams_open"] == api.sse.status().streams.open == 1
        await channel.publish("x")
        await client.leave()
        after = told()
        assert after["hug_streams_open"] == 0
        assert after["hug_streams_opened_total"] == before["hug_streams_opened_total"]
        assert after["hug_stream_ends_total reason=client"] == ended["client"] + 1
        assert "hug_channel_readers channel=never used" in after

    run(main())
    answer = hug.test.get(api, "/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})
    assert str(answer.content_type).startswith("application/openmetrics-text; version=1.0.0")
    assert "hug_streams_open" in values(open_metrics(_text(answer)))


def _text(answer: Any) -> str:
    return str(answer.content.decode())


def test_metrics_of_the_application_and_of_several_apis(api: Any) -> None:
    """Whoever shows what prometheus_client collects shows hug's, once, however many APIs ask for that."""
    hug.sse.metrics(None, api=api)
    hug.sse.metrics(None, api=hug.API())
    assert hug.test.get(api, "/metrics").status_code == 404
    names = [family.name for family in REGISTRY.collect()]
    assert names.count("hug_streams_open") == 1
    hug.sse.metrics("/metrics", api=api)
    assert "python_info" in _text(hug.test.get(api, "/metrics"))


def test_names_of_channels(api: Any) -> None:
    """A single name is not taken for a list of letters."""
    with pytest.raises(TypeError, match=r"\['news'\]"):
        hug.sse.metrics("/metrics", api=api, channels="news")


@pytest.mark.slow
def test_missing_package() -> None:
    """Who has no prometheus_client is told what to install, and that alone."""
    code = (
        "import sys; sys.modules['prometheus_client'] = None\n"
        "import hug\n"
        "try:\n hug.sse.metrics('/metrics')\n"
        "except hug.exceptions.MissingPackage as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install 'hug-sse[metrics]'" in done.stdout, done.stderr
