"""Metrics in the form in which Flink's REST API tells them."""

from collections.abc import Mapping
from typing import Any


def figures(by_name: Mapping[str, int]) -> list[dict[str, Any]]:
    """Single figures: they are told as text."""
    return [{"id": name, "value": str(value)} for name, value in by_name.items()]


def watermark_of(source: str, watermark: int) -> dict[str, Any]:
    """What the subtasks of a source have given out, in epoch milliseconds."""
    ends = dict.fromkeys(("min", "max", "sum"), watermark)
    return {"id": f"{source}.currentOutputWatermark", **ends}
