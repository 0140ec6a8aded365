"""An application whose bodies are large, or come in pieces, or never end. It notes what happens to them."""

import asyncio
import io
import resource
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import hug

notes: dict[str, dict[str, float]] = defaultdict(dict)

api = hug.API(__name__)
api.http.max_upload = 400 * 1024 * 1024

SIZE = 200 * 1024 * 1024


def note(key: str, what: str) -> None:
    notes[key][what] = time.monotonic()


@hug.get()
def answer() -> int:
    return 42


@hug.get("/notes")
def noted(key: str) -> dict[str, float]:
    return notes[key]


@hug.get()
def memory() -> int:
    """The most bytes of memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@hug.get("/large", output=hug.output_format.file)
def large(path: str) -> Path:
    return Path(path)


@hug.post()
async def upload(file: hug.UploadedFile) -> list[int]:
    first = file.file.read(10)[0]
    return [file.size, first, sum([len(piece) async for piece in file])]


@hug.post("/upload_sync")
def upload_sync(file: hug.UploadedFile, path: str) -> int:
    file.save(path)
    return file.size


@hug.get()
async def ticking(key: str) -> Any:
    try:
        note(key, "started")
        while True:
            yield {"n": 1}
            await asyncio.sleep(3600)
    finally:
        note(key, "closed")


@hug.get(output=hug.output_format.json_lines)
def blocking(key: str) -> Any:
    try:
        note(key, "started")
        while True:
            yield {"n": 1}
            time.sleep(0.01)
    finally:
        note(key, "closed")


@hug.get()
async def flood(key: str) -> Any:
    made = 0
    try:
        while True:
            made += 1
            yield "x" * 10_000
    finally:
        notes[key]["made"] = made
        note(key, "closed")


@hug.get()
async def failing() -> Any:
    yield 1
    await asyncio.sleep(0.05)
    raise RuntimeError("on purpose")


@hug.get("/stream/{kind}")
async def stream(response: Any, kind: str) -> None:
    class Reader:
        def __init__(self) -> None:
            self.file = io.BytesIO(b"piece" * 30_000)

        async def read(self, size: int) -> bytes:
            return self.file.read(size)

        async def close(self) -> None:
            note(kind, "closed")

    class File(io.BytesIO):
        def close(self) -> None:
            note(kind, "closed")
            super().close()

    def pieces() -> Any:
        try:
            for _ in range(300):
                yield b"piece" * 100
        finally:
            note(kind, "closed")

    async def async_pieces() -> Any:
        for piece in pieces():
            yield piece

    made = {
        "reader": Reader,
        "file": lambda: File(b"piece" * 30_000),
        "pieces": pieces,
        "async": async_pieces,
    }
    response.content_type = "text/plain"
    response.stream = made[kind]()
    if kind in ("file", "reader"):
        response.stream_len = 150_000


@hug.get("/data", output=hug.output_format.text)
async def data(response: Any) -> None:
    response.data = "é"
