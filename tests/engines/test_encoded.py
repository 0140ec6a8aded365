"""Channels' names as engines with a narrower taste get them."""

from hypothesis import example, given

from hug.eventstream.engines.engine import decoded, encoded

from .conformance.test_names import NAMES


@given(name=NAMES)
@example(name="=61")
@example(name="a=")
def test_encoded_names(name: str) -> None:
    """An encoded name has characters only that keys and subjects may have, and can be decoded."""
    assert set(encoded(name)) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-=")
    assert decoded(encoded(name)) == name
