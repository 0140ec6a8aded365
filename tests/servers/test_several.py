"""Channels where several processes serve: shared by hug's own workers; else, in memory, one says so."""

from pathlib import Path

import pytest

from .channel_server import serving

SEVERAL = (
    "uvicorn-workers", "gunicorn-workers", "gunicorn-asgi-workers", "granian-workers", "hypercorn-workers",
    "hug-workers",
)  # fmt: skip

ONE = ("uvicorn", "gunicorn", "granian", "hypercorn", "hug-reloading", "uvicorn-reloading")


@pytest.mark.parametrize("name", SEVERAL)
def test_several(name: str) -> None:
    """One of several workers warns when a channel is read or published on, once, and says what to do."""
    with serving(name, HUG_BROKER="memory:") as server:
        with server.stream("/read?name=news"):
            log = server.logs("is in the memory of one process")
        assert "channel 'news'" in log
        assert "HUG_BROKER" in log
        for _ in range(5):
            server.publish("other")
        assert server.log.count("is in the memory of one process") <= 2


@pytest.mark.parametrize("name", ONE)
def test_one(name: str) -> None:
    """One worker warns of nothing, whatever the environment says that does not count for it."""
    several = {"WEB_CONCURRENCY": "2"} if "reloading" in name else {}
    with serving(name, HUG_BROKER="memory:", **several) as server:
        with server.stream("/read?name=news") as client:
            server.publish("news")
            client.message()
        assert "memory of one process" not in server.log


def test_shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The workers of the command share their channels without being told how: all read what one publishes."""
    monkeypatch.delenv("HUG_BROKER", raising=False)
    with serving("hug-workers", TMPDIR=str(tmp_path)) as server:
        clients = [server.stream("/read?name=news") for _ in range(8)]
        for client in clients:
            client.chunk()  # which says where it begins
        ids = [event_id for _ in range(10) for event_id in server.publish("news")]
        for client in clients:
            assert [client.message().id for _ in ids] == ids
        assert not server.log
