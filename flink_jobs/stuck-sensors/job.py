"""Stretches of time in which a sensor's value did not move although the device kept reporting.

A window opens at a reading and stays while the value keeps within a tolerance of that first one.
It closes when the value moves or when the device falls silent.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from headgate_runtime.custom_window import Cause, CustomWindow

if TYPE_CHECKING:
    from headgate_runtime.python_job import PythonJob

TOLERANCE = 0.05
FEWEST_READINGS = 10


@dataclass(frozen=True)
class Reading:
    """What the window needs of a row of sensor_readings."""

    device_id: str
    quantity: str
    value: float
    reading_time: datetime
    sequence: int


@dataclass(frozen=True)
class Stretch:
    """An open window: the state that is kept."""

    device_id: str
    quantity: str
    anchor_value: float
    start: datetime
    end: datetime
    readings: int


@dataclass(frozen=True)
class StuckSensor:
    """A row of stuck_sensors."""

    device_id: str
    quantity: str
    window_start: datetime
    window_end: datetime
    anchor_value: float
    readings: int
    closed_by: str


class StuckSensors(CustomWindow[Reading, Stretch, StuckSensor]):
    """Windows over the readings of one quantity of one device."""

    name = "stuck-sensors"
    key = ("device_id", "quantity")
    order = ("sequence",)
    timeout = timedelta(seconds=30)
    # A stretch lasts for minutes: handing readings over by fives of seconds costs it nothing.
    resolution = timedelta(seconds=5)

    def open(self, reading: Reading) -> Stretch:
        """Every reading that does not extend a window opens one."""
        time = reading.reading_time
        return Stretch(reading.device_id, reading.quantity, reading.value, time, time, readings=1)

    def extend(self, window: Stretch, reading: Reading) -> Stretch | None:
        """A reading belongs to the window while its value has not moved."""
        if abs(reading.value - window.anchor_value) > TOLERANCE:
            return None
        return replace(window, end=reading.reading_time, readings=window.readings + 1)

    def close(self, window: Stretch, cause: Cause) -> StuckSensor | None:
        """A few equal readings are nothing unusual and are not published."""
        if window.readings < FEWEST_READINGS:
            return None
        return StuckSensor(
            window.device_id,
            window.quantity,
            window.start,
            window.end,
            window.anchor_value,
            window.readings,
            "movement" if cause is Cause.READING else "timeout",
        )


def build(job: "PythonJob") -> None:
    """From sensor_readings to stuck_sensors."""
    job.write("stuck_sensors", job.window("sensor_readings", StuckSensors()))
