"""Metrics of running jobs: what their sources have given out, and how often they restarted.

A metric that does not exist is left out of the answer, and Flink fills its store of metrics on
the first question: so every figure can be missing.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from headgate.clients.flink.rest import FlinkRest
from headgate.clients.flink.times import read_time

_WATERMARK = re.compile(r"Source_.*\.currentOutputWatermark")
_PENDING = re.compile(r"Source_.*\.pendingRecords")
_NO_WATERMARK = -(2**63)
_YEAR_10000 = 253_402_300_800_000
"""In epoch milliseconds; what lies beyond is Flink's mark for the end of the input."""


@dataclass(frozen=True)
class SourceMetrics:
    """What the sources of a job say of themselves."""

    watermark: datetime | None = None
    """The least watermark among the sources that have given one out."""
    pending_records: int | None = None
    """Records that are still to be read; None where no source tells. A task that is held back
    tells what it knew when it last asked Kafka."""


class MetricCalls(FlinkRest):
    """Metrics of running jobs."""

    def _source_metrics(self, path: str, sources: Sequence[str]) -> SourceMetrics:
        """Two calls for each source vertex, whatever its parallelism.

        Not the watermarks that vertices received: a window's first half holds them back until a
        window ends, which may be minutes.
        """
        watermarks: list[int] = []
        pending: list[int] = []
        for source in sources:
            metrics = self._aggregated(f"{path}/vertices/{source}/subtasks/metrics")
            watermarks += [
                given
                for name, metric in metrics.items()
                if _WATERMARK.fullmatch(name) and (given := _watermark(metric)) is not None
            ]
            pending += [
                int(float(metric["sum"]))
                for name, metric in metrics.items()
                if _PENDING.fullmatch(name)
            ]
        return SourceMetrics(
            watermark=read_time(min(watermarks)) if watermarks else None,
            pending_records=sum(pending) if pending else None,
        )

    def _aggregated(self, path: str) -> Mapping[str, Mapping[str, Any]]:
        names = [metric["id"] for metric in self._read(path)]
        wanted = [name for name in names if _WATERMARK.fullmatch(name) or _PENDING.fullmatch(name)]
        if not wanted:
            return {}
        answer = self._read(f"{path}?get={quote(','.join(wanted))}&agg=min,max,sum")
        return {metric["id"]: metric for metric in answer}

    def _restarts(self, path: str) -> int | None:
        for metric in self._read(f"{path}/metrics?get=numRestarts"):
            return int(float(metric["value"]))
        return None


def _watermark(metric: Mapping[str, Any]) -> int | None:
    """The least watermark of the subtasks.

    One without partitions, or whose partitions have always been idle, never gives one out and
    holds nobody back; then it is the greatest, because Flink does not tell the others apart.
    """
    least, greatest = int(float(metric["min"])), int(float(metric["max"]))
    given = greatest if least == _NO_WATERMARK else least
    return given if _NO_WATERMARK < given < _YEAR_10000 else None
