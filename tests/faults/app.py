"""What the workers serve: channels to read, publishers to start, and how the process is."""

import asyncio
import os
from pathlib import Path
from typing import Any

import hug
from tests.faults.publishing import MUCH, Publisher

publishers: dict[str, Publisher] = {}
tasks: set[asyncio.Task[None]] = set()


@hug.sse("/read/{name}")
async def read(name: hug.types.text) -> Any:
    return hug.sse.channel(name, **MUCH)


@hug.sse("/all/{name}")
async def everything(name: hug.types.text) -> Any:
    return hug.sse.events(hug.sse.channel(name, **MUCH), since="start")


@hug.get("/publish")
async def publish(
    name: hug.types.text,
    by: hug.types.text,
    rate: hug.types.float_number,
    notes: hug.types.text,
    awaited: hug.types.boolean = True,
) -> bool:
    publisher = publishers[by] = Publisher(name, by, rate, notes)
    task = asyncio.create_task(publisher.awaited() if awaited else publisher.at_a_rate())
    tasks.add(task)
    task.add_done_callback(tasks.discard)
    return True


@hug.get("/stop")
async def stop(by: hug.types.text) -> bool:
    publishers[by].stop()
    return True


@hug.get("/told")
async def told(by: hug.types.text) -> bool:
    return publishers[by].told and bool(publishers.pop(by))


@hug.get("/status")
async def status() -> dict[str, int]:
    return {"tasks": len(asyncio.all_tasks()), **of_process(Path("/proc/self"))}


def of_process(process: Path) -> dict[str, int]:
    """Return what the system says of a process; memory in bytes."""
    return {
        "process": os.getpid(),
        "threads": len(list((process / "task").iterdir())),
        "files": len(list((process / "fd").iterdir())),
        "memory": int((process / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"),
    }
