"""Let a fleet send its readings to Kafka at its pace until told to stop."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.demo.fleet.device import Reading
from headgate.demo.fleet.fleet import FleetSpec, sendings
from headgate.demo.fleet.pace import Pace

_STEP = timedelta(milliseconds=25)
_READINGS_PER_LOOK = 2_000  # how many are sent before the clock and the stop sign are looked at


class Sink(Protocol):
    """Where readings go: a `RecordProducer`."""

    def send(self, value: bytes, key: bytes | None = None, timestamp: int = 0) -> None:
        """Queue one record."""
        ...

    def poll(self) -> None:
        """Raise if earlier records failed."""
        ...


@dataclass(frozen=True)
class SimulationState:
    """How far a simulation is."""

    produced: int
    elapsed: timedelta
    event_time: datetime
    behind: timedelta
    """Event time by which sending is later than the pace asks for."""


Encode = Callable[[dict[str, object]], bytes]


def simulate(
    spec: FleetSpec,
    pace: Pace,
    encode: Encode,
    sink: Sink,
    *,
    stop: Callable[[SimulationState], bool],
    clock: Clock = SYSTEM_CLOCK,
) -> SimulationState:
    """Send until `stop`, which is asked some forty times a second; returns the last state.

    Raises what the sink raises. The caller flushes.
    """
    began = clock.monotonic()
    produced = 0
    upcoming = sendings(spec)
    following = next(upcoming)
    sent_at = round(spec.start.timestamp() * 1000)
    while True:
        event_time = pace.event_time(clock.now())
        horizon = int(event_time.timestamp() * 1000)
        batch_end = produced + _READINGS_PER_LOOK
        while following.at <= horizon and produced < batch_end:
            for reading in following.readings:
                value = encode(_as_record(reading))
                sink.send(value, reading.device_id.encode(), reading.reading_time)
            produced += len(following.readings)
            sent_at = following.at
            following = next(upcoming)
        sink.poll()
        is_behind = following.at <= horizon
        state = SimulationState(
            produced,
            timedelta(seconds=clock.monotonic() - began),
            datetime.fromtimestamp((sent_at if is_behind else horizon) / 1000, UTC),
            timedelta(milliseconds=horizon - sent_at if is_behind else 0),
        )
        if stop(state):
            return state
        if not is_behind:
            clock.sleep(_STEP)


def _as_record(reading: Reading) -> dict[str, object]:
    device_id, device_class, quantity, value, unit, time, sequence = reading
    return {
        "device_id": device_id,
        "device_class": device_class,
        "quantity": quantity,
        "value": value,
        "unit": unit,
        "reading_time": time,
        "sequence": sequence,
    }
