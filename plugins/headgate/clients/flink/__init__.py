"""Flink's REST API of one session cluster."""

from headgate.clients.flink.client import RUN_TIMEOUT, FlinkClient
from headgate.clients.flink.gate_calls import GatePicture
from headgate.clients.flink.pictures import (
    CheckpointCounts,
    ClusterOverview,
    CompletedSavepoint,
    DisposalStatus,
    JobPicture,
    RestoredFrom,
    SavepointStatus,
    Vertex,
)
from headgate.clients.flink.savepoint_calls import SavepointFormat

__all__ = [
    "RUN_TIMEOUT",
    "CheckpointCounts",
    "ClusterOverview",
    "CompletedSavepoint",
    "DisposalStatus",
    "FlinkClient",
    "GatePicture",
    "JobPicture",
    "RestoredFrom",
    "SavepointFormat",
    "SavepointStatus",
    "Vertex",
]
