"""What the hand-over gates of a running job say of themselves, instance by instance."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from headgate.clients.flink.rest import FlinkRest
from headgate.clients.flink.understood import understood
from headgate.clients.http import segment
from headgate.ids import FlinkJobId

_GAUGES = {
    "handoverAfter": "after",
    "handoverUntil": "until",
    "handoverJudged": "judged",
    "handoverJudgedBefore": "judged_before",
}
_NAME = re.compile(rf"(?P<instance>\d+\..+)\.(?P<gauge>{'|'.join(_GAUGES)})")
_AT_ONCE = 100
"""Metrics asked for in one call: their names are in its address."""


@dataclass(frozen=True)
class GatePicture:
    """One instance of a gate, in epoch milliseconds.

    It passes results with `after < bound <= until`; the least and the greatest number of 64 bits
    stand for open ends. `judged` is the greatest bound that it has judged, the least number before
    any; `judged_before` the greatest that it had judged when its bounds last changed.
    """

    after: int
    until: int
    judged: int
    judged_before: int


class GateCalls(FlinkRest):
    """Hand-over gates of running jobs."""

    @understood
    def gates(self, job_id: FlinkJobId) -> Sequence[GatePicture]:
        """All instances of all gates that the JobManager knows figures of.

        They are as old as `metrics.fetcher.update-interval`, and while a task is not running those
        of its last run may still be there. Of each instance Flink tells all figures or none.
        """
        path = f"/jobs/{segment(job_id)}"
        vertices = [vertex["id"] for vertex in self._read(path)["vertices"]]
        return [gate for vertex in vertices for gate in self._gates(f"{path}/vertices/{vertex}")]

    def _gates(self, vertex: str) -> Iterator[GatePicture]:
        path = f"{vertex}/metrics"
        names = [metric["id"] for metric in self._read(path) if _NAME.fullmatch(metric["id"])]
        figures: dict[str, dict[str, int]] = {}
        for start in range(0, len(names), _AT_ONCE):
            wanted = quote(",".join(names[start : start + _AT_ONCE]))
            for metric in self._read(f"{path}?get={wanted}"):
                match = _NAME.fullmatch(metric["id"])
                if match is not None:
                    instance = figures.setdefault(match["instance"], {})
                    instance[_GAUGES[match["gauge"]]] = int(metric["value"])
        for instance in figures.values():
            if len(instance) == len(_GAUGES):
                yield GatePicture(**instance)
