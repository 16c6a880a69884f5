"""The copy of a submission beside its artefacts is the ledger's row, byte for byte."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from harness.offline_services import offline_services
from headgate.errors import NeedsOperator
from headgate.ids import (
    Digest,
    FlinkJobId,
    FlinkLineName,
    JobName,
    OperationId,
    TopicName,
)
from headgate.ledger.records import DeploymentRecord
from headgate.operations.deployment.kept_submission import (
    deployment_as_json,
    folder_of_submissions,
    keep_submission,
    kept_submissions,
)
from headgate.operations.services import Services

NOON = datetime(2026, 1, 1, 12, 30, 1, 234567, tzinfo=UTC)
DEPLOYMENT = DeploymentRecord(
    job=JobName("device-minutes"),
    generation=2,
    attempt=1,
    flink_job_id=FlinkJobId("f" * 32),
    line=FlinkLineName("2.3"),
    state="intended",
    spec_digest=Digest("spec"),
    plan_digest=Digest("plan"),
    artefact_digest=Digest("artefact"),
    artefacts="/artefacts/device-minutes/artefact",
    restored_from="file:/state/1",
    operation_id=OperationId("operation-1"),
    created_at=NOON,
    updated_at=NOON,
    reads=[TopicName("readings")],
    writes=[TopicName("device-minutes")],
    state_manifest={"uid": {"state": "LONG"}},
    flink_version="2.3.0",
)


@pytest.fixture
def services(tmp_path: Path) -> Services:
    return offline_services(tmp_path)


def test_copy_is_read_back_whole(services: Services) -> None:
    keep_submission(services, DEPLOYMENT)

    assert kept_submissions(services, DEPLOYMENT.job) == [DEPLOYMENT]


def test_later_copy_takes_the_place_of_the_earlier_one(services: Services) -> None:
    keep_submission(services, DEPLOYMENT)
    keep_submission(services, replace(DEPLOYMENT, state="healthy"))

    assert [one.state for one in kept_submissions(services, DEPLOYMENT.job)] == ["healthy"]


def test_latest_submission_comes_first(services: Services) -> None:
    for generation, attempt in ((1, 2), (10, 1), (2, 1)):
        job_id = FlinkJobId(f"{generation}-{attempt}")
        keep_submission(
            services,
            replace(DEPLOYMENT, generation=generation, attempt=attempt, flink_job_id=job_id),
        )

    kept = kept_submissions(services, DEPLOYMENT.job)
    assert [(one.generation, one.attempt) for one in kept] == [(10, 1), (2, 1), (1, 2)]


def test_job_without_copies_has_none(services: Services) -> None:
    assert kept_submissions(services, DEPLOYMENT.job) == []


def test_file_that_is_no_submission_needs_a_person(services: Services) -> None:
    keep_submission(services, DEPLOYMENT)
    file = folder_of_submissions(services, DEPLOYMENT.job) / "broken.json"
    file.write_text('{"job": "device-minutes"')

    with pytest.raises(NeedsOperator, match=r"broken\.json"):
        kept_submissions(services, DEPLOYMENT.job)


def test_column_of_a_newer_headgate_is_left_out(services: Services) -> None:
    import json

    keep_submission(services, DEPLOYMENT)
    (file,) = folder_of_submissions(services, DEPLOYMENT.job).glob("*.json")
    file.write_text(json.dumps({**deployment_as_json(DEPLOYMENT), "of_the_future": 1}))

    assert kept_submissions(services, DEPLOYMENT.job) == [DEPLOYMENT]
