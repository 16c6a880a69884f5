"""The way back of an upgrade that was handed over: from where the old version publishes again."""

from pathlib import Path
from typing import Any

import pytest
from harness.fake_flink import MAGIC
from harness.two_jobs import JOB, Taken, TwoJobs, recorded
from headgate.errors import NeedsOperator
from headgate.operations.engine.phases import FAILED
from headgate.operations.stage import Artefacts, stage
from headgate.operations.upgrading.choose_restore import ChooseRestore
from headgate.operations.upgrading.hand_back import PlanHandBack, RecordHandBack
from headgate.operations.upgrading.plan_back import PlanBack

INSTANT = 1_772_323_220_000
BINDING = (
    b'{"kind": "sql", "submission": {"parallelism.default": "1", "pipeline.max-parallelism": "9"}}'
)
Evidence = dict[str, dict[str, Any]]


@pytest.fixture
def upgrade(jobs: TwoJobs) -> Evidence:
    """It was handed over, and both jobs are in the ledger."""
    root = jobs.services.environment.settings.artefacts
    staged = stage(root, Artefacts(JOB, (("binding.json", BINDING),)))
    ledger = jobs.services.ledger
    base = ledger.deployments(JOB)[0]
    ledger.update_deployment(
        jobs.lease,
        base.flink_job_id,
        "stopped",
        artefacts=str(staged.folder),
        artefact_digest=staged.digest,
    )
    recorded(jobs, jobs.new, generation=2, line="2.2")
    plan = {"stop": jobs.old.id, "generation": 2, "is_only_line": True}
    return {
        "plan": {**plan, "spec_digest_of_way_back": "s"},
        "cut_over.agree": {"instant": INSTANT},
        "cut_over.savepoint": {"location": "file:/beside"},
        "cut_over.record_second": {"ends": {"sums": {"0": 5}}},
        "cut_over.stop": {"location": "file:/stopped", "duration_ms": 20_000},
    }


def planned_back(jobs: TwoJobs, upgrade: Evidence) -> dict[str, Any]:
    return dict(Taken(jobs, PlanBack(lambda _: upgrade), jobs.run()).done())


def test_old_version_goes_on_after_the_instant_from_where_the_new_one_began(
    jobs: TwoJobs, upgrade: Evidence
) -> None:
    plan = planned_back(jobs, upgrade)
    assert (plan["pinned"], plan["after"], plan["goes_on"]) == ("file:/beside", INSTANT, False)
    assert plan["is_handed_over"] is True
    assert plan["ends_before"] == {"sums": {"0": 5}}
    assert (plan["base"], plan["new"]) == (jobs.old.id, jobs.new.id)
    assert plan["stop_within_seconds"] == 60


def test_old_version_that_was_lost_too_early_goes_on_from_its_own_checkpoint(
    jobs: TwoJobs, upgrade: Evidence
) -> None:
    plan = planned_back(jobs, {**upgrade, "cut_over.pass": {FAILED: "it was lost"}})
    assert (plan["after"], plan["goes_on"], plan["exact_way"]) == (None, True, False)
    assert plan["why_not"] == "it was lost"


def test_results_that_were_not_split_well_close_the_exact_way(
    jobs: TwoJobs, upgrade: Evidence
) -> None:
    agreed = {"instant": INSTANT, FAILED: "the new job was beyond the instant"}
    plan = planned_back(jobs, {**upgrade, "cut_over.agree": agreed})
    assert (plan["exact_way"], plan["after"]) == (False, INSTANT)
    assert plan["why_not"] == agreed[FAILED]


def chosen(jobs: TwoJobs, **plan: Any) -> dict[str, Any]:
    """What the old version goes on from when the new job has ended without a savepoint."""
    ledger = jobs.services.ledger
    latest = ledger.deployments(JOB)[0]
    ledger.update_deployment(jobs.lease, latest.flink_job_id, "cancelled")
    whole = {
        "base": jobs.old.id,
        "new": jobs.new.id,
        "new_line": "2.2",
        "is_last": False,
        "exact_way": False,
        "why_not": "it restarts",
        "ends_before": {},
        **plan,
    }
    return dict(Taken(jobs, ChooseRestore(), jobs.run(plan=whole)).done())


@pytest.fixture
def beside(tmp_path: Path) -> str:
    """The savepoint with which the second job began."""
    folder = tmp_path / "savepoint-beside"
    folder.mkdir()
    (folder / "_metadata").write_bytes(MAGIC + b"\0\0\0\4" + (1).to_bytes(8, "big") + b"rest")
    return f"file:{folder}"


@pytest.mark.usefixtures("upgrade")
def test_savepoint_of_the_beginning_is_restored_with_the_instant(
    jobs: TwoJobs, beside: str
) -> None:
    plan = {"pinned": beside, "is_handed_over": True, "after": INSTANT, "goes_on": False}
    found = chosen(jobs, **plan)
    assert (found["location"], found["after"]) == (beside, INSTANT)
    assert (found["state_of"], found["exact"]) == (jobs.old.id, False)


@pytest.mark.usefixtures("upgrade")
def test_without_a_hand_over_the_beginning_stays_that_of_the_old_job(
    jobs: TwoJobs, beside: str
) -> None:
    found = chosen(jobs, pinned=beside, is_handed_over=False)
    assert "after" not in found
    assert found["state_of"] == jobs.old.id


@pytest.mark.usefixtures("upgrade")
def test_broken_savepoint_of_the_beginning_needs_a_person(jobs: TwoJobs) -> None:
    plan = {"pinned": "file:/gone", "is_handed_over": True, "after": 1, "goes_on": False}
    with pytest.raises(NeedsOperator, match="cannot be restored"):
        chosen(jobs, **plan)


@pytest.mark.usefixtures("upgrade")
@pytest.mark.parametrize("own", ["file:savepoint", None])
def test_own_savepoint_of_the_new_job_brings_its_beginning(
    jobs: TwoJobs, beside: str, own: str | None
) -> None:
    ledger = jobs.services.ledger
    ledger.update_deployment(jobs.lease, ledger.deployments(JOB)[0].flink_job_id, "stopped")
    plan = {"base": jobs.old.id, "new": jobs.new.id, "new_line": "2.2", "is_last": False}
    plan |= {"exact_way": own is not None, "why_not": "", "ends_before": {}, "goes_on": False}
    plan |= {"is_handed_over": True, "after": INSTANT, "pinned": beside}
    run = jobs.run(plan=plan, stop={"location": beside})
    found = Taken(jobs, ChooseRestore(), run).done()
    assert found["is_own_savepoint"] is (own is not None)
    assert found["state_of"] == (jobs.old.id if own is None else jobs.new.id)
    assert ("after" in found) is (own is None), "else it is what the new job's file says"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"cut_over.agree": None}, "the upgrade was none"),
        ({"plan": {"is_only_line": False}}, "more than the Flink line has changed"),
        ({"plan": {"spec_digest_of_way_back": "x"}}, "more than the Flink line has changed"),
        ({}, "the files of the job have changed since"),
    ],
)
def test_hand_over_is_no_way_back_where(
    jobs: TwoJobs, upgrade: Evidence, changes: dict[str, Any], why: str
) -> None:
    whole = {
        name: {**found, **(changes.get(name) or {})}
        for name, found in upgrade.items()
        if changes.get(name, {}) is not None
    }
    found = Taken(jobs, PlanHandBack(lambda _: whole), jobs.run()).done()
    assert found == {"action": "none", "note": f"not by a hand-over: {why}"}


def test_hand_over_back_that_is_whole_is_exact(jobs: TwoJobs) -> None:
    run = jobs.run(**{"back.agree": {"instant": INSTANT}, "back.pass": {}})
    assert Taken(jobs, RecordHandBack("back"), run).done()["exact"] is True


@pytest.mark.parametrize("step", ["agree", "pass"])
def test_hand_over_back_that_is_not_whole_needs_a_person(jobs: TwoJobs, step: str) -> None:
    run = jobs.run(**{f"back.{step}": {FAILED: "it was lost", "instant": INSTANT}})
    with pytest.raises(NeedsOperator, match="it was lost") as told:
        Taken(jobs, RecordHandBack("back"), run).look()
    assert "headgate start" in told.value.next_step
