"""Beats whose windows of one second are made by a Python job, with the same results."""

import json
from typing import Any

from harness.beats import WATERMARK_DELAY_MS, Beats
from harness.sample_project import SampleProject

JOB = '''
"""Seconds with a beat, counted and summed in Python."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from headgate_runtime.custom_window import Cause, CustomWindow

if TYPE_CHECKING:
    from headgate_runtime.python_job import PythonJob


@dataclass(frozen=True)
class Beat:
    """A row of the source."""

    heart: str
    beat_time: datetime
    number: int


@dataclass(frozen=True)
class Second:
    """An open second."""

    start: datetime
    beats: int
    numbers: int


@dataclass(frozen=True)
class Total:
    """A row of the sink."""

    window_start: datetime
    window_end: datetime
    beats: int
    numbers: int


class Seconds(CustomWindow[Beat, Second, Total]):
    """A second closes with the first beat that is not in it."""

    name = "seconds"
    key = ("heart",)
    order = ("number",)
    timeout = timedelta(seconds=30)
    resolution = timedelta(seconds=1)

    def open(self, reading: Beat) -> Second:
        """Every beat that is in no open second."""
        return Second(reading.beat_time.replace(microsecond=0), 1, reading.number)

    def extend(self, window: Second, reading: Beat) -> Second | None:
        """A beat of the same second."""
        if reading.beat_time.replace(microsecond=0) != window.start:
            return None
        return replace(window, beats=window.beats + 1, numbers=window.numbers + reading.number)

    def close(self, window: Second, cause: Cause) -> Total:
        """Whole seconds only."""
        return Total(
            window.start, window.start + timedelta(seconds=1), window.beats, window.numbers
        )


def build(job: "PythonJob") -> None:
    """From beats to seconds."""
    job.write("SINK", job.window("SOURCE", Seconds()))
'''


class PythonBeats(Beats):
    """As Beats; all beats are of one heart, which is the key."""

    def __init__(self, project: SampleProject, name: str, **job: Any) -> None:
        super().__init__(project, name, **job)
        file = project.root / "schemas" / self.source / "value.avsc"
        schema = json.loads(file.read_text())
        schema["fields"].append({"name": "heart", "type": "string", "default": "mine"})
        file.write_text(json.dumps(schema))

    def declare(self, **job: Any) -> None:
        folder = self.project.root / "flink_jobs" / self.job
        folder.mkdir(exist_ok=True)
        sink, source = (name.replace("-", "_") for name in (self.job, self.source))
        (folder / "job.py").write_text(JOB.replace("SINK", sink).replace("SOURCE", source))
        content = {
            "description": "A job.",
            "owner": "tests",
            "sources": {
                self.source: {
                    "event_time": "beat_time",
                    "watermark_delay": f"{WATERMARK_DELAY_MS}ms",
                }
            },
            "sinks": [self.job],
            "checkpoint_interval": "1s",
            "health": {"checkpoints": 1, "deadline": "10m"},
            **job,
        }
        (folder / "job.yaml").write_text(json.dumps(content))
