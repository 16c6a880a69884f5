"""A line through the input: what lies before it must have had its effect."""

from collections.abc import Mapping
from dataclasses import dataclass

from headgate.clients.records.offsets import TopicOffsets
from headgate.demo.oracle.arrival import WATERMARK_DELAY
from headgate.ids import TopicName
from headgate.spec.declared import NamedEnvironment

INPUT = TopicName("sensor-readings")


@dataclass(frozen=True)
class Cut:
    """The end of the input at one instant."""

    offsets: Mapping[int, int]
    """Of each partition, the offset of the next record."""
    readings: int
    """Readings before the cut that are still in the topic."""
    watermark: int | None
    """Epoch ms: a job whose watermark is there has read enough to have closed all that the cut
    asks for. It becomes visible with the checkpoint after that. None for an empty topic."""


def take_cut(environment: NamedEnvironment) -> Cut:
    """Note where the input ends now. Raises `Unavailable` or `Rejected`.

    The watermark comes from the record times, which the fleet sets to the event times. They are
    asked for after the offsets, so that the watermark is never less than what the offsets imply.
    """
    offsets = TopicOffsets(environment.settings.kafka)
    first, end = offsets.first(INPUT), offsets.end(INPUT)
    newest = [time for time in offsets.greatest_record_time(INPUT).values() if time is not None]
    return Cut(
        offsets=end,
        readings=sum(end[part] - first[part] for part in end),
        watermark=min(newest) - WATERMARK_DELAY if newest else None,
    )
