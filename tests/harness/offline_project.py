"""A project with recorded deployments and no servers but a fake JobManager."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from headgate.clock import Clock
from headgate.ids import (
    Digest,
    EnvironmentName,
    FlinkJobId,
    FlinkLineName,
    JobName,
    OperationId,
    flink_job_id,
    sql_identifier,
)
from headgate.ledger.records import DeploymentRecord, LeaseRecord, SnapshotRecord
from headgate.local.offer import toml_text
from headgate.operations.services import Services
from headgate.spec.declared import NamedEnvironment
from headgate.spec.environment import Environment

from harness.fake_flink import MAGIC, FakeFlink, FakeJob

LINE = FlinkLineName("2.3")
ENVIRONMENT = EnvironmentName("tests")
START = datetime(2026, 3, 1, tzinfo=UTC)
FIELDS = [{"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}}]


class SetClock:
    """Time as the test says; waiting moves it on at once."""

    def __init__(self, now: datetime = START) -> None:
        self.at = now
        self.slept = timedelta(0)

    @property
    def clock(self) -> Clock:
        return Clock(self._now, self._seconds, self._sleep)

    def _now(self) -> datetime:
        return self.at

    def _seconds(self) -> float:
        return self.at.timestamp()

    def _sleep(self, duration: timedelta) -> None:
        self.at += duration
        self.slept += duration


class OfflineProject:
    """Jobs are declared and recorded as healthy deployments that run on the fake."""

    def __init__(self, root: Path, flink: FakeFlink, time: SetClock) -> None:
        self.root = root
        self.flink = flink
        self.time = time
        self._topic("beats")
        python = root / "python"
        cluster = {"rest": flink.address, "python": python, "connectors": root}
        self.environment = Environment.model_validate(
            {
                "kafka": {"bootstrap.servers": "127.0.0.1:1"},
                "registry": {"url": "http://127.0.0.1:1"},
                "flink": {"2.3": cluster},
                "state": str(root / "state"),
                "artefacts": root / "artefacts",
                "ledger": f"sqlite:///{root}/ledger.sqlite",
            }
        )

        content = {"default": ENVIRONMENT, "environments": {ENVIRONMENT: self._written()}}
        (root / "headgate.toml").write_text(toml_text(content))

    def _written(self) -> dict[str, Any]:
        return self.environment.model_dump(mode="json", exclude_none=True)

    def _topic(self, name: str) -> None:
        folder = self.root / "schemas" / name
        folder.mkdir(parents=True, exist_ok=True)
        schema = {"type": "record", "name": "Beat", "namespace": "t", "fields": FIELDS}
        (folder / "value.avsc").write_text(json.dumps(schema))
        content = {"description": "A topic.", "owner": "tests", "partitioning": "none"}
        (folder / "topic.yaml").write_text(json.dumps({**content, "partitions": 1}))

    @property
    def services(self) -> Services:
        named = NamedEnvironment(ENVIRONMENT, self.environment, None)
        return Services(self.root, named, self.time.clock)

    def job(self, name: str, **savepoint: Any) -> FakeJob:
        """Declare a job, record its deployment, and let it run."""
        self.declare(name, **savepoint)
        job_id = flink_job_id(ENVIRONMENT, JobName(name), 1, 1)
        lease = self.lease(name, "deploy")
        self.services.ledger.add_deployment(lease, self._deployment(name, job_id))
        self.release(lease)
        self.flink.jobs[job_id] = FakeJob(job_id, name)
        return self.flink.jobs[job_id]

    def declare(self, name: str, **savepoint: Any) -> None:
        folder = self.root / "flink_jobs" / name
        folder.mkdir(parents=True, exist_ok=True)
        sink = f"{name}-sums"
        self._topic(sink)
        sql = f"INSERT INTO {sql_identifier(sink)} SELECT at FROM beats\n"
        (folder / "job.sql").write_text(sql)
        content = {"description": "A job.", "owner": "tests", "flink": "2.3", "sinks": [sink]}
        content |= {"sources": {"beats": {"event_time": "at"}}, "savepoint": savepoint}
        (folder / "job.yaml").write_text(json.dumps(content))

    def savepoint(self, name: str, taken_at: datetime, **changes: Any) -> SnapshotRecord:
        """A savepoint with files, recorded."""
        job_id = flink_job_id(ENVIRONMENT, JobName(name), 1, 1)
        stamp = f"{taken_at:%Y%m%d%H%M%S%f}"
        place = self.root / "state" / "savepoints" / name / "g1" / stamp / "savepoint-1"
        place.mkdir(parents=True)
        (place / "_metadata").write_bytes(MAGIC + b"rest")
        record = SnapshotRecord(
            **{
                "location": f"file:{place}",
                "job": JobName(name),
                "generation": 1,
                "flink_job_id": job_id,
                "kind": "savepoint",
                "format": "canonical",
                "line": LINE,
                "plan_digest": None,
                "spec_digest": Digest("s"),
                "metadata_bytes": 8,
                "pinned": False,
                "operation_id": OperationId(stamp),
                "taken_at": taken_at,
                **changes,
            }
        )
        lease = self.lease(name, f"savepoint-{stamp}")
        self.services.ledger.add_snapshot(lease, record)
        self.release(lease)
        return record

    def lease(self, name: str, operation: str, kind: str = "test") -> LeaseRecord:
        return self.services.ledger.open_operation(
            OperationId(f"{operation} {name}"),
            kind,
            JobName(name),
            {},
            surface="a test",
            holder="a test",
        )

    def release(self, lease: LeaseRecord) -> None:
        self.services.ledger.end_operation(lease, "succeeded")

    def _deployment(self, name: str, job_id: FlinkJobId) -> DeploymentRecord:
        return DeploymentRecord(
            job=JobName(name),
            generation=1,
            attempt=1,
            flink_job_id=job_id,
            line=LINE,
            state="healthy",
            spec_digest=Digest("s"),
            plan_digest=None,
            artefact_digest=Digest("a"),
            artefacts=None,
            restored_from=None,
            operation_id=OperationId(f"deploy {name}"),
            created_at=self.time.at,
            updated_at=self.time.at,
        )
