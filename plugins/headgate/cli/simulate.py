"""`headgate simulate`: a fleet of devices that sends readings until it is stopped."""

import signal
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import FrameType
from typing import Annotated, Any, Self

import typer
from rich.status import Status

from headgate.cli.console import err, out
from headgate.cli.options import EnvironmentOption, environment
from headgate.cli.records.times import parse_length
from headgate.clients.records.offsets import TopicOffsets
from headgate.clients.records.opening import encoder_of, value_schema
from headgate.clients.records.producer import RecordProducer
from headgate.clients.registry import Registry
from headgate.clock import SYSTEM_CLOCK
from headgate.demo.fleet.fleet import FleetSpec
from headgate.demo.fleet.pace import SILENCE, Pace, continuing
from headgate.demo.fleet.simulation import SimulationState
from headgate.demo.fleet.simulation import simulate as run_simulation
from headgate.ids import TopicName

_OUTAGE = timedelta(minutes=10)
"""How long readings wait for a broker that is away before the simulation gives up."""
_LAST_FLUSH = timedelta(seconds=10)
_LINE_EVERY = 10.0  # seconds between two lines where there is no terminal


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel="Records")(simulate)


def simulate(
    *,
    devices: Annotated[int, typer.Option(min=1, max=100_000, help="Number of devices.")] = 200,
    rate: Annotated[
        float, typer.Option(min=0.1, help="Readings per second, all devices together.")
    ] = 200,
    duration: Annotated[
        str | None, typer.Option(metavar="5m", help="How long; else until Ctrl-C.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Same seed and start, same readings.")] = 1,
    speed: Annotated[
        float, typer.Option(min=1, help="Seconds of event time a second, until it is now.")
    ] = 1,
    since: Annotated[
        str, typer.Option(metavar="2h", help="How far in the past event time begins.")
    ] = "0s",
    late: Annotated[
        float, typer.Option(min=0, max=0.5, help="Share of readings sent minutes late.")
    ] = 0.0005,
    topic: Annotated[str, typer.Option(help="Topic to write to.")] = "sensor-readings",
    env: EnvironmentOption = None,
) -> None:
    """Send the readings of a simulated fleet: boilers, pumps and meters with all their troubles.

    Event time never passes the wall clock: once it has caught up it goes at speed 1, and the rate
    falls accordingly. Where the topic already holds readings, the fleet begins after the newest.
    """
    settings = environment(env).settings
    name = TopicName(topic)
    encode = encoder_of(value_schema(Registry(settings.registry), name))
    newest = TopicOffsets(settings.kafka).greatest_record_time(name)
    asked = Pace(SYSTEM_CLOCK.now(), parse_length(since, "--since"), speed)
    pace = continuing(asked, max((one for one in newest.values() if one), default=None))
    wait = pace.start - pace.began
    if wait > timedelta():
        out.print(
            f"{topic} already holds readings up to {_short(pace.start - SILENCE)}; "
            f"the fleet begins in {wait.total_seconds():.0f} s, after a silence.",
            soft_wrap=True,
        )
    spec = FleetSpec(devices, pace.start, rate / speed, late, seed)
    watch = _Watch(parse_length(duration, "--duration") if duration else None)
    with RecordProducer(settings.kafka, name, delivery_timeout=_OUTAGE) as producer, watch:
        state = run_simulation(spec, pace, encode, producer, stop=watch)
        producer.flush(_LAST_FLUSH)
    out.print(
        f"{state.produced:,} readings of {devices} devices produced to {topic} in "
        f"{state.elapsed.total_seconds():.1f} s, event time from {_short(pace.start)} "
        f"to {_short(max(state.event_time, pace.start))}",
        soft_wrap=True,
    )


@dataclass
class _Watch:
    """Shows how far it is, and says when to stop: after the duration, on Ctrl-C or SIGTERM."""

    duration: timedelta | None
    _stopped: bool = False
    _last: float = 0.0
    _last_produced: int = 0
    _status: Status | None = None
    _before: dict[int, Any] = field(default_factory=dict)

    def __enter__(self) -> Self:
        for number in (signal.SIGTERM, signal.SIGINT):
            self._before[number] = signal.signal(number, self._stop)
        self._last = time.monotonic()
        if err.is_terminal:
            self._status = err.status("starting")
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status:
            self._status.stop()
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def __call__(self, state: SimulationState) -> bool:
        now = time.monotonic()
        if now - self._last >= (1.0 if self._status else _LINE_EVERY):
            rate = (state.produced - self._last_produced) / (now - self._last)
            self._last, self._last_produced = now, state.produced
            self._show(
                f"{state.produced:,} readings, {rate:,.0f}/s, event time {_short(state.event_time)}"
                + (f", {state.behind.total_seconds():.0f} s late" if _is_late(state) else "")
            )
        return self._stopped or (self.duration is not None and state.elapsed >= self.duration)

    def _show(self, text: str) -> None:
        if self._status:
            self._status.update(text)
        else:
            out.print(text, soft_wrap=True)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopped = True


def _is_late(state: SimulationState) -> bool:
    return state.behind > timedelta(seconds=1)


def _short(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}Z"
