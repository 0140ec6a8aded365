"""Stores: what is kept, and what goes when there is too much or it is too old."""

import threading
import time

import pytest

import hug
from hug.store import InMemoryStore

from ..waiting import until


def test_values() -> None:
    """A value is there until it is deleted, and the same object for all who get it."""
    store = InMemoryStore()
    value = {"a": 1}
    store.set("key", value)
    assert store.exists("key")
    assert store.get("key") is value
    store.delete("key")
    store.delete("key")
    assert not store.exists("key")
    with pytest.raises(hug.exceptions.StoreKeyNotFound, match="key"):
        store.get("key")


def test_bounded_in_number() -> None:
    """Past the bound the value goes that was not used for longest."""
    store = InMemoryStore(max_entries=3)
    for key in "abc":
        store.set(key, key)
    store.get("a")
    store.set("c", "again")
    store.set("d", "d")
    assert [key for key in "abcd" if store.exists(key)] == ["a", "c", "d"]
    assert len(store) == 3


def test_bounded_in_age() -> None:
    """A value is gone when it was not used for so long; one that is used stays."""
    store = InMemoryStore(max_age=0.2)
    store.set("used", 1)
    store.set("unused", 1)

    def unused_is_gone() -> bool:
        store.get("used")
        return not store.exists("unused")

    until(unused_is_gone)
    assert len(store) == 1


@pytest.mark.parametrize("bound", [{"max_entries": 0}, {"max_age": 0}, {"max_age": -1}])
def test_bounds_that_keep_nothing(bound) -> None:
    """A bound that is not above 0 is an error."""
    with pytest.raises(ValueError, match="above 0"):
        InMemoryStore(**bound)


def test_threads() -> None:
    """Many threads may use it at once, and it stays within its bound."""
    store = InMemoryStore(max_entries=50, max_age=0.001)
    failures = []

    def use(name: int) -> None:
        try:
            for number in range(300):
                store.set((name, number % 40), number)
                store.exists((name, number % 7))
                try:
                    store.get((name, number % 11))
                except hug.exceptions.StoreKeyNotFound:
                    time.sleep(0)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=use, args=[name]) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(store) <= 50
