"""The faults: each brings something about on a stage, ends it, and says when it was over."""

import random
import time

from .stage import PATIENCE, Stage


def over(stage: Stage) -> None:
    """Say that all is well again, now."""
    stage.back = time.monotonic()


def killed(stage: Stage, seconds: float) -> None:
    """The engine is killed, and started with the data it had."""
    stage.server.kill()
    time.sleep(seconds)
    stage.server.start()
    over(stage)


def away(stage: Stage, seconds: float) -> None:
    """The engine is killed, and comes back with its data when publishers have lost their patience."""
    stage.leave()
    killed(stage, PATIENCE + 0.5 + seconds)


def erased(stage: Stage, seconds: float) -> None:
    """The engine is killed, and started without data."""
    stage.server.kill()
    stage.server.erase()
    time.sleep(seconds)
    stage.server.start()
    over(stage)


def erased_and_published_on(stage: Stage, seconds: float) -> None:
    """The same, and a publisher that knows nothing comes first."""
    with stage.frozen():
        stage.server.kill()
        stage.server.erase()
        time.sleep(seconds)
        stage.server.start()
        stage.come_first(100)
    over(stage)


def older(stage: Stage, seconds: float) -> None:
    """The engine is killed, and started with data older than what readers have seen."""
    _save(stage)
    stage.server.kill()
    stage.server.restore()
    time.sleep(seconds)
    stage.server.start()
    over(stage)


def older_and_published_on(stage: Stage, seconds: float) -> None:
    """The same, and a publisher that knows nothing comes first, with more than was lost."""
    _save(stage)
    with stage.frozen():
        stage.server.kill()
        stage.server.restore()
        time.sleep(seconds)
        stage.server.start()
        stage.come_first(300)
    over(stage)


def _save(stage: Stage) -> None:
    time.sleep(1.1)  # by then what an engine writes once a second is on disk
    stage.server.save()
    time.sleep(0.5)
    stage.leave()
    time.sleep(0.2)


def worker_killed(stage: Stage, seconds: float) -> None:
    """A worker is killed in the middle of publishing, and started again."""
    stage.publish(0, in_a_hurry=True)
    time.sleep(0.1)
    stage.workers[0].kill()
    stage.died(0)
    over(stage)
    time.sleep(seconds)
    stage.replace(0)
    stage.publish(0)


def cut(stage: Stage, seconds: float) -> None:
    """Nothing passes between a worker's machine and the engine, until publishers have lost their patience."""
    _bad_wire(stage, PATIENCE + 0.5 + seconds, loss=1.0)


def slow(stage: Stage, seconds: float) -> None:
    """Everything takes half a second between a worker's machine and the engine, and back again."""
    _bad_wire(stage, seconds, delay=0.25)


def lossy(stage: Stage, seconds: float) -> None:
    """A tenth of all packets is lost between a worker's machine and the engine."""
    _bad_wire(stage, seconds, loss=0.1)


def _bad_wire(stage: Stage, seconds: float, delay: float = 0.0, loss: float = 0.0) -> None:
    assert stage.machine is not None
    stage.leave()
    stage.machine.wire(delay, loss)
    time.sleep(seconds)
    stage.machine.wire()
    over(stage)


def frozen(stage: Stage, seconds: float) -> None:
    """The engine does nothing for a while, with its connections open."""
    stage.server.freeze()
    time.sleep(seconds)
    stage.server.thaw()
    over(stage)


def clocks_differ(stage: Stage, seconds: float) -> None:
    """The clocks of two machines differ by an hour."""
    stage.workers[1].kill()
    stage.died(1)
    stage.replace(1, clock=random.choice(("-1h", "+1h")))
    stage.publish(1)
    over(stage)
    time.sleep(seconds)
