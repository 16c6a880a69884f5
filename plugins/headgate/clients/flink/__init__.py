"""Flink's REST API of one session cluster."""

from headgate.clients.flink.client import RUN_TIMEOUT, FlinkClient
from headgate.clients.flink.pictures import (
    CheckpointCounts,
    ClusterOverview,
    JobPicture,
    RestoredFrom,
    SavepointStatus,
    Vertex,
)

__all__ = [
    "RUN_TIMEOUT",
    "CheckpointCounts",
    "ClusterOverview",
    "FlinkClient",
    "JobPicture",
    "RestoredFrom",
    "SavepointStatus",
    "Vertex",
]
