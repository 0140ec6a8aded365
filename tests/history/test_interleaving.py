"""Logs and views while other threads publish: an event may come between any two lines that read."""

import random
import threading

import pytest

from hug.eventstream.history import log as log_module
from hug.eventstream.history import track as track_module
from hug.eventstream.history import view as view_module
from hug.eventstream.history.gap import GAP_EVENT
from hug.eventstream.history.log import Bounds, Log
from hug.eventstream.history.track import Track
from hug.eventstream.history.view import View
from hug.eventstream.wire.decode import Decoder, Message
from hug.eventstream.wire.encode import fields
from hug.eventstream.wire.event import event

from ..between_lines import BetweenLines

A, B = "mwsd1x2a8k3q", "mwsd1x2a0000"
MOST = 600
CODE = {log_module.__file__, track_module.__file__, view_module.__file__}


def third(message: Message) -> bool:
    return int(message.event[1:]) % 3 == 0


@pytest.mark.parametrize("history", [0, 1, 4, 1000])
@pytest.mark.parametrize("one_in", [1, 3, 10])
@pytest.mark.parametrize("names", ["a", "A", "ab", "bA"])
def test_reading(names: str, one_in: int, history: int) -> None:
    """Each event that is wanted comes once, in order, unless a gap says that it is lost, and just how many.

    ``A`` stands for some of ``a``.
    """
    locks = {"a": threading.Lock(), "b": threading.Lock()}
    logs = {
        name: Log(life, Bounds(history, 10**6), locks[name]) for name, life in zip("ab", (A, B), strict=True)
    }
    all_tracks = {name: Track(name, log, lambda: "event") for name, log in logs.items()}
    all_tracks["A"] = Track("a", logs["a"], lambda: "event", (third,))
    tracks = [all_tracks[name] for name in names]

    def publish() -> None:
        for name, log in logs.items():
            if log.last < MOST and not locks[name].locked():
                log.append(fields(event(event=f"{name}{log.last + 1}")), float(log.last))

    view, chance = View(tracks), random.Random(1)
    publish()
    event_id = ":".join(track.log.id(1) for track in tracks)
    at_id = dict.fromkeys((track.name for track in tracks), 1)
    for until in (MOST // 3, 2 * MOST // 3, MOST):
        with BetweenLines(CODE, one_in, chance, publish):
            at, body = view.start(event_id, None, 0.0)
        decoder = Decoder(event_id)
        messages = decoder.feed(body)
        while True:
            follow(tracks, at_id, messages, told=decoder.last_event_id)
            if min(log.last for log in logs.values()) >= until:
                break
            with BetweenLines(CODE, one_in, chance, publish):
                messages = decoder.feed(view.read(at, 500))
        event_id = decoder.last_event_id
    while view.is_behind(at):
        follow(tracks, at_id, decoder.feed(view.read(at, 500)), told=decoder.last_event_id)
    for track, place in zip(tracks, at.positions, strict=True):
        assert place == track.log.last


def follow(tracks: list[Track], places: dict[str, int], messages: list[Message], told: str) -> None:
    """Check that these messages follow on what came before, and take down where each channel is."""
    for message in messages:
        if message.event == GAP_EVENT:
            data = message.json()
            name, lost = data["channel"], data["lost"]
            track = next(track for track in tracks if track.name == name)
            place = track.log.position(message.id.split(":")[tracks.index(track)])
            assert place is not None
            assert lost == (None if track.predicates else place - places[name])
            assert data["resumed_at"] in {None, track.log.id(place + 1)}
            places[name] = place
            continue
        name, number = message.event[0], int(message.event[1:])
        track = next(track for track in tracks if track.name == name)
        assert number > places[name], "it came before"
        assert wanted(track, range(places[name] + 1, number + 1)) == [number]
        places[name] = number
    for track, event_id in zip(tracks, told.split(":"), strict=True):
        place = track.log.position(event_id)
        assert place is not None
        assert wanted(track, range(places[track.name] + 1, place + 1)) == []


def wanted(track: Track, numbers: range) -> list[int]:
    return [number for number in numbers if not track.predicates or number % 3 == 0]
