"""Ledgers of earlier revisions: each with a row of every table, as that revision wrote them."""

from datetime import UTC, datetime
from typing import Any

from headgate.ledger.migrating import migrate
from sqlalchemy import Engine, MetaData, Table, insert

REVISIONS = ("0001", "0002", "0003", "0004", "0005")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
JOB, OPERATION, FLINK_JOB = "device-minutes", "operation-1", "f" * 32
Rows = dict[str, dict[str, Any]]

_FIRST: Rows = {
    "operations": {
        "id": OPERATION,
        "kind": "deploy",
        "job": JOB,
        "state": "running",
        "request": {"spec_digest": "spec"},
        "surface": "command line",
        "reason": "",
        "next_step": "",
        "started_at": NOON,
    },
    "steps": {
        "operation_id": OPERATION,
        "name": "plan",
        "position": 0,
        "state": "done",
        "intent": {"spec_digest": "spec"},
        "progress": {},
        "evidence": {"action": "start"},
        "fence": 1,
        "intended_at": NOON,
        "done_at": NOON,
    },
    "leases": {
        "job": JOB,
        "operation_id": OPERATION,
        "fence": 1,
        "holder": "host:1",
        "taken_at": NOON,
    },
    "turns": {"resource": "drivers", "operation_id": OPERATION, "taken_at": NOON},
    "deployments": {
        "job": JOB,
        "generation": 1,
        "attempt": 2,
        "flink_job_id": FLINK_JOB,
        "line": "2.2",
        "state": "healthy",
        "spec_digest": "spec",
        "plan_digest": "plan",
        "artefact_digest": "artefact",
        "artefacts": "/artefacts",
        "restored_from": "file:/state/1",
        "operation_id": OPERATION,
        "created_at": NOON,
        "updated_at": NOON,
    },
    "snapshots": {
        "location": "file:/state/1",
        "job": JOB,
        "generation": 1,
        "flink_job_id": FLINK_JOB,
        "kind": "savepoint",
        "format": "canonical",
        "line": "2.2",
        "plan_digest": "plan",
        "spec_digest": "spec",
        "metadata_bytes": 4096,
        "pinned": True,
        "operation_id": OPERATION,
        "taken_at": NOON,
    },
}

_SECOND: Rows = {
    **_FIRST,
    "deployments": {**_FIRST["deployments"], "reads": ["readings"], "writes": [JOB]},
    "contract_runs": {
        "id": "run-1",
        "surface": "command line",
        "approved_by": "somebody",
        "cluster_id": "cluster",
        "state": "complete",
        "changes": [{"name": JOB}],
        "items": [{"outcome": "ok"}],
        "started_at": NOON,
        "ended_at": NOON,
    },
}

_THIRD: Rows = {
    **_SECOND,
    "deployments": {
        **_SECOND["deployments"],
        "state_manifest": {"uid": {"state": "LONG"}},
        "flink_version": "2.2.1",
    },
    "snapshots": {
        **_SECOND["snapshots"],
        "state": "quarantined",
        "origin": "scheduled",
        "size_bytes": 5_000_000_000,
        "duration_ms": 1200,
        "flink_version": "2.2.1",
        "artefact_digest": "artefact",
        "proven_at": NOON,
    },
    "health_looks": {
        "job": JOB,
        "flink_job_id": FLINK_JOB,
        "state": "healthy",
        "reason": "",
        "since": NOON,
        "looked_at": NOON,
        "memory": {"restarts": 0},
    },
}

_FOURTH: Rows = {
    **_THIRD,
    "turns": {**_THIRD["turns"], "resource": f"drivers of http://{'long-name.' * 20}svc:8081"},
    "deployments": {
        **_THIRD["deployments"],
        "flink_version": "2.2.1-a-vendor-1.27.0.0-b123",
        "cluster": f"http://{'long-name.' * 20}svc:8081",
    },
}

_FIFTH: Rows = {
    **_FOURTH,
    "decisions": {
        "operation_id": OPERATION,
        "is_approved": True,
        "decided_by": "somebody",
        "reason": "",
        "decided_at": NOON,
    },
}

ROWS = dict(zip(REVISIONS, (_FIRST, _SECOND, _THIRD, _FOURTH, _FIFTH), strict=True))


def write_ledger_of(engine: Engine, revision: str) -> None:
    """Make the tables of that revision and write its rows, with no code of the newest one."""
    with engine.begin() as connection:
        migrate(connection, revision)
        for name, row in ROWS[revision].items():
            table = Table(name, MetaData(), autoload_with=connection)
            connection.execute(insert(table).values(row))
