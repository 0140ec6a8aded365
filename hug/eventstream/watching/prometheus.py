"""The status for Prometheus, by prometheus_client; nothing imports this unless metrics are asked for.

In one process a collector asks when it is asked. In several, which prometheus_client has share a folder, a
collector is not enough: it would tell of the process that happens to answer. There each process writes what
it measures into that folder, once a second, as prometheus_client's own metrics do, and all are read.
"""

import contextlib
import logging
import os
import sys
import threading
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

from hug.eventstream.loop.several_processes import one_of_several
from hug.eventstream.watching import looking
from hug.eventstream.watching.measures import MEASURES, Measure, measured

VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable with the folder, which prometheus_client reads when it is imported."""

logger = logging.getLogger("hug")

_imported_before = "prometheus_client" in sys.modules

if VARIABLE not in os.environ and looking.shared_folder is not None and not _imported_before:
    os.environ[VARIABLE] = str(looking.shared_folder)
if os.environ.get(VARIABLE):
    Path(os.environ[VARIABLE]).mkdir(mode=0o700, parents=True, exist_ok=True)

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, values  # noqa: E402
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily  # noqa: E402
from prometheus_client.exposition import choose_encoder  # noqa: E402
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead  # noqa: E402
from prometheus_client.registry import Collector  # noqa: E402

_MODES: Final[dict[str, Literal["livesum", "livemin", "livemax"]]] = {
    "sum": "livesum",
    "min": "livemin",
    "max": "livemax",
}

_names: Final[dict[str, None]] = {}  # of channels with metrics of their own


def begin(channels: Iterable[str] = ()) -> None:
    """Have prometheus_client show hug's metrics, with those of these channels.

    Args:
        channels: Names; each adds a few time series for good, so they are not to come from outside.
    """
    _names.update(dict.fromkeys(channels))
    _begin()


def exposition(accept: str) -> tuple[bytes, str]:
    """Return all metrics that there are, those of the application, too, and their media type.

    Args:
        accept: The header of the request, by which it is one of Prometheus's formats or OpenMetrics.
    """
    encode, media_type = choose_encoder(accept)
    if not _several_processes():
        return encode(REGISTRY), media_type
    _files().write()
    _bury()
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return encode(registry), media_type


@lru_cache(maxsize=1)
def _begin() -> None:
    if _several_processes():
        looking.register(_files().write)
    else:
        REGISTRY.register(_StatusCollector())
        looking.register_once(_warn)


def _several_processes() -> bool:
    """Whether prometheus_client shares a folder with other processes: that is decided at its import."""
    return bool(getattr(values.ValueClass, "_multiprocess", False))


class _StatusCollector(Collector):
    """Tells what is so when it is asked."""

    def describe(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        """Return the metrics without values, of which `REGISTRY` wants to know the names."""
        for measure in MEASURES:
            yield _family(measure)

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        """Return them with their values."""
        for measure, there in measured(tuple(_names)).items():
            family = _family(measure)
            for labels, value in there.items():
                family.add_metric(labels, value)
            if there:
                yield family


def _family(measure: Measure) -> GaugeMetricFamily | CounterMetricFamily:
    kind = CounterMetricFamily if measure.counts else GaugeMetricFamily
    return kind(measure.name, measure.about, labels=measure.labels)


class _Files:
    """Metrics that prometheus_client keeps in a file of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._gauges: dict[Measure, Gauge] = {}
        self._counters: dict[Measure, Counter] = {}
        for each in MEASURES:
            if each.counts:
                self._counters[each] = Counter(each.name, each.about, each.labels, registry=None)
            else:
                mode = _MODES[each.over]
                self._gauges[each] = Gauge(
                    each.name, each.about, each.labels, registry=None, multiprocess_mode=mode
                )
        self._written: dict[tuple[Measure, tuple[str, ...]], float] = {}
        self._process = os.getpid()

    def write(self) -> None:
        """Write what there is to measure now."""
        with self._lock:
            if self._process != os.getpid():  # it was forked off; prometheus_client begins other files, too
                self._process = os.getpid()
                self._written.clear()
            for measure, there in measured(tuple(_names)).items():
                for labels, value in there.items():
                    self._write(measure, labels, value)

    def _write(self, measure: Measure, labels: tuple[str, ...], value: float) -> None:
        if measure.counts:
            counter = self._counters[measure]
            before = self._written.get((measure, labels), 0.0)
            (counter.labels(*labels) if labels else counter).inc(max(0.0, value - before))
            self._written[measure, labels] = max(value, before)
        else:
            gauge = self._gauges[measure]
            (gauge.labels(*labels) if labels else gauge).set(value)


@lru_cache(maxsize=1)
def _files() -> _Files:
    return _Files()


def _bury() -> None:
    """Have the gauges of processes forgotten that are no more; nobody tells that on most servers."""
    for file in Path(os.environ[VARIABLE]).glob("gauge_live*_*.db"):
        process = file.stem.rpartition("_")[2]
        if process.isdecimal() and not _is_there(int(process)):
            with contextlib.suppress(FileNotFoundError):  # another process has been faster
                mark_process_dead(int(process))  # type: ignore[no-untyped-call]


def _is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _warn() -> None:
    """Say that the metrics are those of one process, if there are several."""
    if looking.shared_folder is not None or one_of_several():
        why = (
            "prometheus_client was imported before hug.sse.metrics() was called, so give it a folder yourself"
            if looking.shared_folder is not None
            else "give all of them a folder"
        )
        logger.warning(
            "the metrics are those of this process alone, which is one of several workers: %s, empty at the "
            "start, by %s in the environment",
            why,
            VARIABLE,
        )
