"""Jobs that tell how far they are: `hug examples/progress.py`, then http://localhost:8000"""

import asyncio
import logging
import secrets
import time
from pathlib import Path

import hug

STEPS = ["Reading the orders"] * 12 + ["Adding them up"] * 30 + ["Drawing charts"] * 40 + ["Saving"] * 18
MOST = 3  # jobs that run at once
KEEP = 600  # seconds for which what a job has told can be looked at

running: dict[str, asyncio.Task[None]] = {}  # the tasks of the jobs that run in this worker, by id


@hug.get("/", output=hug.output_format.html)
def page():
    return Path(__file__).with_name("progress.html").read_text()


@hug.post("/jobs", status=hug.HTTP_202)
async def start():
    """Starts a job, unless too many run already."""
    if len(running) >= MOST:
        raise hug.HTTPServiceUnavailable("Busy", f"{MOST} jobs run already. Try again in a moment.", 5)
    job = secrets.token_hex(8)
    # Room for all that a job tells, for whoever comes late; an age, so that it is forgotten one day.
    channel = hug.sse.channel(f"job:{job}", history=len(STEPS) + 1, max_age=KEEP)
    await channel.publish(told(0), event="progress")  # from now on all workers know of it
    running[job] = asyncio.create_task(run(job, channel))
    return {"job": job}


@hug.sse("/jobs/{job}/events")
async def events(job):
    """What the job has told and goes on to tell; 404 for an unknown one, after which browsers stop asking."""
    if not await hug.sse.channels.exists(f"job:{job}"):
        raise hug.HTTPNotFound(description="There is no such job, or it ended long ago.")
    return hug.sse.events(hug.sse.channel(f"job:{job}"), since="start")


async def run(job, channel):
    """Do the steps one by one, each in a thread because it blocks, and tell what is being done."""
    try:
        for number in range(len(STEPS)):
            if number:
                channel.publish(told(number), event="progress")
            await asyncio.to_thread(work, number)
        channel.close(event="done")
    except hug.exceptions.PublishRefused:
        pass  # the process ends, and the job with it
    except Exception:
        logging.getLogger(__name__).exception("job %s failed", job)
        channel.close(event="failed")
    finally:
        del running[job]


def told(number):
    """Return what is told when so many steps are done."""
    return {"done": number, "of": len(STEPS), "doing": STEPS[number]}


def work(number):
    """Do one step; this one only takes its time. Put yours here."""
    time.sleep(0.04 + number % 3 * 0.04)
