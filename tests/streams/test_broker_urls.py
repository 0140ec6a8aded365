"""Brokers by their URL: what is wrong with it is said, with what to do and without the password."""

import sys
from typing import Any

import pytest

from hug.eventstream.brokers.memory import MemoryBroker
from hug.eventstream.brokers.remote import RemoteBroker
from hug.eventstream.brokers.url import KINDS, broker
from hug.eventstream.engines.public_url import public
from hug.exceptions import BrokerError

SECRET = "s3cr3t/@:"


def test_memory() -> None:
    """``memory:`` is the broker of one process."""
    assert isinstance(broker("memory:"), MemoryBroker)
    assert isinstance(broker("MEMORY://"), MemoryBroker)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "no broker that hug knows"),
        ("redis", "no broker that hug knows"),
        ("kafka://host", "kafka://host is no broker that hug knows"),
        ("redis:host", "two slashes"),
        ("memory://x", "more than a scheme"),
        ("redis://h?prefix=", "prefix has 1 to 32"),
        ("redis://h?prefix", "a value, and once"),
        ("redis://h?prefix=a&prefix=b", "a value, and once"),
        (f"redis://h?prefix={'x' * 33}", "prefix has 1 to 32"),
        ("redis://h?prefix=a.b", "prefix has 1 to 32"),
        ("redis://h?prefix=%C3%A9", "prefix has 1 to 32"),
        ("redis://h?patience=0", "patience is a number of seconds, 100 at most"),
        ("redis://h?patience=101", "100 at most"),
        ("redis://h?patience=nan", "100 at most"),
        ("redis://h?patience=inf", "100 at most"),
        ("redis://h?wait=soon", "wait is a number of seconds, or inf, not 'soon'"),
        ("redis://h?wait=-1", "not '-1'"),
        ("redis://h/ 0", "a space or a control character"),
    ],
)
def test_errors(url: str, message: str) -> None:
    """What cannot be a broker is refused at once, with what is wrong."""
    with pytest.raises(BrokerError, match=message.replace("?", r"\?")):
        broker(url)


def test_not_a_text() -> None:
    """Something else than a text is refused, too."""
    wrong: Any = 5
    with pytest.raises(BrokerError, match="not as int"):
        broker(wrong)


def test_options() -> None:
    """hug's own options are taken; what is left is the client library's."""
    made = broker("redis://:s3cr3t@h:1/2?prefix=shop&patience=3&wait=inf")
    assert isinstance(made, RemoteBroker)
    assert (made.patience, made.wait, made.reach) == (3, float("inf"), "network")
    assert "s3cr3t" not in made.url


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted({each for each in KINDS.values() if each.extra}))
def test_missing_extra(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package that an engine needs, the error says what to install."""
    packages = {"redis": "redis", "nats": "nats", "postgres": "psycopg"}
    module = f"hug.eventstream.engines.{kind.engine}"
    pytest.importorskip(module)
    for name in list(sys.modules):
        if name.startswith(module) or name.split(".")[0] == packages[kind.extra]:
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, packages[kind.extra], None)
    scheme = next(scheme for scheme, each in KINDS.items() if each == kind)
    with pytest.raises(BrokerError, match=rf"pip install 'hug-sse\[{kind.extra}\]'"):
        broker(f"{scheme}://host/x")


@pytest.mark.parametrize(
    "url",
    [
        f"redis://user:{SECRET}@host:1/0",
        f"redis://:{SECRET}@host",
        f"redis://host/0?password={SECRET}",
        f"nats://{SECRET}@host",
        f"tls://user:{SECRET}@a:1,b:2",
        f"postgresql://u:{SECRET}@a:1,b:2/db?sslmode=require&sslpassword={SECRET}&sslpassword=x",
        f"postgres://u:{SECRET}@h/d",
        f"redis:user:{SECRET}@host",
        f"foo:{SECRET}",
        f"{SECRET}@host",
        f"kafka://u:{SECRET}@h",
        "redis://u:s3cr3t?x@h",
        "redis://h:1?password=s3cr3t@x",
    ],
)
def test_no_password_is_shown(url: str) -> None:
    """Whatever the URL is like, and whether it can be read, nothing shows its password."""
    try:
        text = f"{broker(url).url} {broker(url)!r}"
    except (BrokerError, ModuleNotFoundError) as error:
        text = str(error)
    assert "s3cr3t" not in text + public(url)


def test_shown() -> None:
    """What is no secret is shown as it is."""
    assert public("redis://me:x@host:1/2?a=b#c") == "redis://me:***@host:1/2?a=b#c"
    assert public("sqlite:////tmp/a.db") == "sqlite:////tmp/a.db"
    assert public("nats://a:1,b:2") == "nats://a:1,b:2"
    assert public("postgresql:///db?host=/run") == "postgresql:///db?host=/run"
