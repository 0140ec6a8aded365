"""An application whose channels an engine keeps; the tests have several processes of it."""

import os
import sqlite3
from typing import Any

import psycopg

import hug

news = hug.sse.channel("news", **({"history": int(os.environ["HISTORY"])} if "HISTORY" in os.environ else {}))


@hug.get()
def answer() -> str:
    return "here"


@hug.sse("/news")
def stream() -> Any:
    return news


@hug.sse("/all")
def everything() -> Any:
    return hug.sse.events(news, since="start")


@hug.get()
async def publish(text: str) -> str:
    return await news.publish(text)


@hug.get()
async def close(text: str = "") -> str:
    return await (news.close(text) if text else news.close())


@hug.get()
async def replace(text: str) -> None:
    await news.publish(text)
    await news.delete()


@hug.get()
def delete() -> None:
    news.delete().result(10)


# Within a transaction of the application's own, which is rolled back if there are words to fail with


class Unwanted(Exception):
    """What a handler has changed its mind for."""


@hug.get()
def write(text: str, fail: bool = False) -> str:
    try:
        if "SQLITE" in os.environ:
            database = sqlite3.connect(os.environ["SQLITE"])
            try:
                with database:
                    database.execute("INSERT INTO texts VALUES (?)", (text,))
                    news.publish(text, connection=database)
                    if fail:
                        raise Unwanted
            finally:
                database.close()
        else:
            with psycopg.connect(os.environ["POSTGRES"]) as connection:
                connection.execute("INSERT INTO texts VALUES (%s)", (text,))
                news.publish(text, connection=connection)
                if fail:
                    raise Unwanted
    except Unwanted:
        return "rolled back"
    return "committed"


@hug.get()
async def write_async(text: str, fail: bool = False) -> str:
    try:
        async with await psycopg.AsyncConnection.connect(os.environ["POSTGRES"]) as connection:
            await connection.execute("INSERT INTO texts VALUES (%s)", (text,))
            await news.publish(text, connection=connection)
            if fail:
                raise Unwanted
    except Unwanted:
        return "rolled back"
    return "committed"
