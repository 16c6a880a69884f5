"""When the first window was published that was not there before."""

from datetime import timedelta

from headgate.clients.records.offsets import TopicOffsets
from headgate.ids import TopicName
from headgate.operations.services import Services
from headgate.spec.declared import Declared


class FirstWindow:
    """Looks at the ends of all result topics; `after` is the time from `began` to the first."""

    def __init__(self, services: Services, declared: Declared, began: float) -> None:
        self._clock = services.clock
        self._began = began
        self._topics = TopicOffsets(services.environment.settings.kafka)
        self._sinks = sorted(
            {TopicName(sink) for job in declared.jobs.values() for sink in job.spec.sinks}
        )
        self._before = self._published()
        self._after: timedelta | None = None

    def look(self) -> bool:
        """Whether there is one by now."""
        if self._after is None and self._published() > self._before:
            self._after = timedelta(seconds=self._clock.monotonic() - self._began)
        return self._after is not None

    @property
    def after(self) -> timedelta:
        """Time from the beginning to the first look that saw it. Raises ValueError before."""
        if self._after is None:
            raise ValueError("no window has been seen yet")
        return self._after

    def _published(self) -> int:
        return sum(sum(self._topics.end(sink).values()) for sink in self._sinks)
