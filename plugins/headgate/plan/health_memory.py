"""What a look at a running job leaves behind for the looks after it; bounded in size."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any, Self

from headgate.clients.flink.pictures import JobPicture, TaskTime

MOST_SAMPLES = 48
"""With a look every five minutes the last four hours."""
_MOST_VERTICES = 64


@dataclass(frozen=True)
class Sample:
    """Figures of one look, of which the trend is made. None where there was none to see."""

    at: datetime
    restarts: int | None
    duration: timedelta | None
    """Median of the checkpoints that Flink still remembered."""
    state_bytes: int | None


@dataclass(frozen=True)
class LookMemory:
    """The samples so far, oldest first, and what the last look saw. Of one Flink job."""

    samples: tuple[Sample, ...]
    records: int
    watermark: datetime | None
    pending: int | None
    times: Mapping[str, TaskTime]
    """By the vertex's id."""

    @property
    def at(self) -> datetime:
        """When the last look was."""
        return self.samples[-1].at

    def as_json(self) -> dict[str, Any]:
        """For the ledger: times as ISO 8601, durations in milliseconds."""
        return {
            "samples": [
                [
                    sample.at.isoformat(),
                    sample.restarts,
                    _millis(sample.duration) if sample.duration is not None else None,
                    sample.state_bytes,
                ]
                for sample in self.samples
            ],
            "records": self.records,
            "watermark": self.watermark.isoformat() if self.watermark else None,
            "pending": self.pending,
            "times": {
                vertex: [_millis(time.busy), _millis(time.idle), _millis(time.back_pressured)]
                for vertex, time in self.times.items()
            },
        }

    @classmethod
    def of(cls, written: Mapping[str, Any]) -> Self | None:
        """Read back what `as_json` wrote; None where nothing was remembered."""
        if not written.get("samples"):
            return None
        watermark = written["watermark"]
        return cls(
            samples=tuple(_sample(entry) for entry in written["samples"]),
            records=written["records"],
            watermark=datetime.fromisoformat(watermark) if watermark else None,
            pending=written["pending"],
            times={
                vertex: TaskTime(*(timedelta(milliseconds=one) for one in kinds))
                for vertex, kinds in written["times"].items()
            },
        )


def remember(picture: JobPicture, before: LookMemory | None, now: datetime) -> LookMemory:
    """The memory after one more look."""
    whole = [one for one in picture.history if one.state == "completed" and not one.is_savepoint]
    sample = Sample(
        at=now,
        restarts=picture.restarts,
        duration=timedelta(seconds=median(one.duration.total_seconds() for one in whole))
        if whole
        else None,
        state_bytes=whole[0].state_bytes if whole else None,
    )
    earlier = before.samples if before is not None else ()
    return LookMemory(
        samples=(*earlier, sample)[-MOST_SAMPLES:],
        records=sum(vertex.records_read for vertex in picture.vertices if vertex.is_source),
        watermark=picture.watermark,
        pending=picture.pending_records,
        times={
            vertex.id: vertex.time for vertex in picture.vertices[:_MOST_VERTICES] if vertex.time
        },
    )


def _sample(entry: Sequence[Any]) -> Sample:
    at, restarts, duration, state_bytes = entry
    return Sample(
        at=datetime.fromisoformat(at),
        restarts=restarts,
        duration=timedelta(milliseconds=duration) if duration is not None else None,
        state_bytes=state_bytes,
    )


def _millis(duration: timedelta) -> int:
    return duration // timedelta(milliseconds=1)
