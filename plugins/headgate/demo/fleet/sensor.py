"""One sensor: daily cycle, noise and drift, and now and then a stuck value or an excursion."""

from math import sin, tau
from random import Random

from headgate.demo.fleet.catalogue import Quantity

DAY = 86_400_000
STUCK_CHANCE = 1 / 300
"""Chance per reading that the sensor gets stuck."""
EXCURSION_CHANCE = 1 / 200
"""Chance per reading that the value rises above the limit for a while."""
_STUCK_NOISE = 0.02  # less than the tolerance by which the jobs see a stuck sensor


class Sensor:
    """Makes one value after the other."""

    def __init__(self, quantity: Quantity, start: int, chance: Random) -> None:
        self.quantity = quantity
        self._chance = chance
        self._start = start
        self._level = chance.gauss(quantity.level, quantity.spread)
        self._phase = chance.random()
        self._drift = chance.uniform(-quantity.drift, quantity.drift) / DAY
        self._stuck_at: float | None = None
        self._left = 0

    def value_at(self, time: int) -> float:
        """The next value, taken at `time`."""
        chance, quantity = self._chance, self.quantity
        if self._left:
            self._left -= 1
            if self._stuck_at is not None:
                return round(self._stuck_at + chance.uniform(-_STUCK_NOISE, _STUCK_NOISE), 3)
            return self._excess()
        self._stuck_at = None
        value = (
            self._level
            + quantity.swing * sin(tau * (time / DAY + self._phase))
            + self._drift * (time - self._start)
            + chance.gauss(0.0, quantity.noise)
        )
        draw = chance.random()
        if draw < STUCK_CHANCE:
            self._stuck_at = value
            self._left = chance.randint(12, 40)
        elif draw < STUCK_CHANCE + EXCURSION_CHANCE and quantity.limit is not None:
            self._left = chance.randint(2, 8)
        return round(value, 3)

    def _excess(self) -> float:
        return round((self.quantity.limit or 0.0) * self._chance.uniform(1.02, 1.25), 3)
