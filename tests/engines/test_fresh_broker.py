"""`hug.test.broker` on real engines: nothing is left there of a test."""

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

import hug

from .running import Server


def test_a_file(tmp_path: Path) -> None:
    """The application's own database has its own tables afterwards, and no others."""
    path = tmp_path / "shop.db"
    with contextlib.closing(sqlite3.connect(path)) as shop:
        shop.execute("CREATE TABLE orders (what TEXT)")
        with hug.test.broker(f"sqlite:///{path}"):
            hug.sse.channel("news").publish("x").result(10)
            assert len(tables(shop)) > 1
        assert tables(shop) == ["orders"]


def tables(shop: sqlite3.Connection) -> list[str]:
    names = shop.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return [name for (name,) in names if not name.startswith("sqlite_")]


@pytest.mark.parametrize("url_of", [lambda url: url, lambda url: f"{url}?options=-csearch_path%3Dother"])
def test_a_database(running: Callable[[str], Server], url_of: Callable[[str], str]) -> None:
    """So has that on PostgreSQL, whatever the schema; and no functions."""
    url = running("postgres").url
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("CREATE SCHEMA IF NOT EXISTS other")
        before = made(admin)
        with hug.test.broker(url_of(url)):
            hug.sse.channel("news").publish("x").result(10)
            assert made(admin) > before
        assert made(admin) == before


def made(admin: psycopg.Connection[Any]) -> set[str]:
    found = admin.execute(
        "SELECT relname FROM pg_class WHERE relname LIKE 'test-%' UNION ALL "
        "SELECT proname FROM pg_proc WHERE proname LIKE 'test-%'"
    )
    return {name for (name,) in found}
