"""The kinds of devices, and what their sensors measure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Quantity:
    """One thing that a sensor measures, and how it behaves on an ordinary day."""

    name: str
    unit: str
    level: float
    """Mean over days and devices."""
    spread: float
    """Standard deviation of the level between devices."""
    swing: float
    """Amplitude of the daily cycle."""
    noise: float
    """Standard deviation between readings."""
    drift: float
    """Greatest change of the level per day."""
    limit: float | None = None
    """What an excursion exceeds; without one there are no excursions."""


@dataclass(frozen=True)
class DeviceClass:
    """A kind of device."""

    name: str
    quantities: tuple[Quantity, ...]


BOILER = DeviceClass(
    "boiler",
    (
        Quantity("temperature", "degC", 62, 2, 5, 0.8, 1.0, limit=80),
        Quantity("pressure", "bar", 5.5, 0.3, 0.5, 0.25, 0.2, limit=9),
    ),
)
PUMP = DeviceClass(
    "pump",
    (
        Quantity("vibration", "mm/s", 4.5, 0.5, 0.8, 0.5, 0.5, limit=12),
        Quantity("temperature", "degC", 46, 2, 6, 0.9, 1.0, limit=80),
    ),
)
METER = DeviceClass("meter", (Quantity("flow", "l/min", 30, 5, 12, 1.5, 2.0),))

MIXTURE = (BOILER, PUMP, BOILER, PUMP, METER)
"""Classes of consecutive devices, over and over."""


def class_of(index: int) -> DeviceClass:
    """The class of the n-th device of a fleet."""
    return MIXTURE[index % len(MIXTURE)]


def sensors_in(devices: int) -> int:
    """Number of readings that a fleet of so many devices makes when each reports once."""
    return sum(len(class_of(index).quantities) for index in range(devices))
