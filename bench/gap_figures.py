"""What was measured, as a table and as JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from gap_ways import ORDINARY, WAYS, Switched
from harness.faults.judge import Verdict


@dataclass
class Figures:
    """Of one run; times in seconds."""

    kind: str
    rounds: int
    state_mb: int
    is_rehearsed: bool
    checkpoint_bytes: list[int] = field(default_factory=list)
    """Whole state of the newest checkpoint, as Flink tells it, at the beginning of each round."""
    calm: list[float] = field(default_factory=list)
    """The longest pause between results while nothing was done."""
    switches: dict[str, list[Switched]] = field(default_factory=lambda: {way: [] for way in WAYS})
    wrong: dict[str, list[str]] = field(default_factory=lambda: {way: [] for way in WAYS})
    """What the oracle had to say against a switch or its way back."""
    windows: int = 0
    """Results that the oracle has judged."""

    @property
    def is_exactly_once(self) -> bool:
        return not any(self.wrong.values())

    def gaps(self, way: str) -> list[float]:
        return [one.gap for one in self.switches[way]]

    def ratio(self, way: str) -> float | None:
        """The median gap to that of the ordinary way."""
        ordinary = self.gaps(ORDINARY)
        return median(self.gaps(way)) / median(ordinary) if ordinary and self.gaps(way) else None

    def to_json(self) -> dict[str, Any]:
        return {
            **{name: value for name, value in asdict(self).items() if name != "switches"},
            "ways": {way: self._of_way(way) for way in WAYS if self.switches[way]},
            "exactly_once": self.is_exactly_once,
        }

    def _of_way(self, way: str) -> dict[str, Any]:
        gaps, ratio = self.gaps(way), self.ratio(way)
        return {
            "gap_seconds": _spread(gaps),
            "ratio_to_ordinary": None if ratio is None else round(ratio, 3),
            "switches": [asdict(one) for one in self.switches[way]],
        }


def show(figures: Figures) -> None:
    size = median(figures.checkpoint_bytes) / 1e6 if figures.checkpoint_bytes else 0
    rehearsed = "with" if figures.is_rehearsed else "without"
    print(
        f"{figures.kind} job, {size:,.0f} MB of state by Flink's count, {rehearsed} rehearsal, "
        f"rounds: {figures.rounds}"
    )
    if figures.calm:
        calm = f"{median(figures.calm):.2f} (at most {max(figures.calm):.2f})"
        print(f"longest pause between results while nothing is done: {calm} s")
    print(
        f"\n{'gap, s':20}{'median':>8}{'min':>8}{'max':>8}{'ratio':>8}{'longest pause':>15}"
        f"{'load':>8}"
    )
    for way, switches in figures.switches.items():
        if switches:
            gaps, ratio = figures.gaps(way), figures.ratio(way)
            told = f"{median(gaps):>8.2f}{min(gaps):>8.2f}{max(gaps):>8.2f}"
            told += f"{ratio:>8.3f}" if ratio is not None else f"{'':>8}"
            told += f"{max(one.pause for one in switches):>15.2f}"
            print(f"{way:20}{told}{median(one.load for one in switches):>8.1f}")
    print()
    for way, switches in figures.switches.items():
        for phase, taken in _phases(switches).items():
            print(f"{way}: {phase} {median(taken):.2f} s")
    if figures.is_exactly_once:
        print(f"\nexactly once by every way: {figures.windows} windows, none lost, repeated, wrong")
    for way, complaints in figures.wrong.items():
        for line in complaints:
            print(f"NOT exactly once, {way}: {line}")


def against(before: Verdict | None, now: Verdict) -> str:
    """What is amiss now and was not before; empty where nothing is."""
    found = []
    for what in ("lost", "repeated", "wrong", "early"):
        known = set(getattr(before, what)) if before is not None else set()
        new = sorted(set(getattr(now, what)) - known)
        if new:
            found.append(f"{len(new)} windows {what}, the first {new[0]}")
    return "; ".join(found)


def _phases(switches: list[Switched]) -> Mapping[str, list[float]]:
    found: dict[str, list[float]] = {}
    for one in switches:
        for phase, took in one.phases.items():
            found.setdefault(phase, []).append(took)
    return found


def _spread(values: list[float]) -> dict[str, float]:
    kinds = {"median": median(values), "min": min(values), "max": max(values)}
    return {name: round(value, 3) for name, value in kinds.items()}
