"""Flink's REST API of one session cluster."""

from headgate.clients.flink.client import FlinkClient
from headgate.clients.flink.pictures import (
    CheckpointCounts,
    ClusterOverview,
    JobPicture,
    RestoredFrom,
    SavepointStatus,
    Vertex,
)

__all__ = [
    "CheckpointCounts",
    "ClusterOverview",
    "FlinkClient",
    "JobPicture",
    "RestoredFrom",
    "SavepointStatus",
    "Vertex",
]
