"""Clusters that are asked within the process, for tests that look thousands of times."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from headgate.clients.flink import FlinkClient, GatePicture, JobPicture
from headgate.ids import FlinkJobId, FlinkLineName
from headgate.operations.services import Services

from harness.fake_gate import FakeGate


class ClusterInMemory(FlinkClient):
    """One job with one gate, whose watermark is what the gate has judged."""

    def __init__(self, line: FlinkLineName, gate: FakeGate) -> None:
        super().__init__(line, "http://127.0.0.1:1")
        self.gate = gate

    def job(self, job_id: FlinkJobId) -> JobPicture | None:
        at = datetime.fromtimestamp(self.gate.judged / 1000, UTC)
        return JobPicture(job_id, "job", "RUNNING", at, (), watermark=at, restarts=0)

    def gates(self, job_id: FlinkJobId) -> Sequence[GatePicture]:
        del job_id
        return [self.gate.picture]


@dataclass(frozen=True)
class ServicesInMemory(Services):
    """With these clusters, by their lines."""

    clusters: Mapping[FlinkLineName, FlinkClient] = field(default_factory=dict)

    def flink(self, line: FlinkLineName) -> FlinkClient:
        return self.clusters[line]
