"""Which folders of checkpoints are deleted: only those that nothing goes back to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from headgate.ids import FlinkJobId
from headgate.plan.checkpoint_retention import CheckpointFacts, Submitted, checkpoint_retention

NOON = datetime(2026, 1, 9, 12, tzinfo=UTC)


def submitted(name: str, days_ago: float, **changes: object) -> Submitted:
    one = Submitted(FlinkJobId(name), True, NOON - timedelta(days=days_ago))
    return replace(one, **changes)  # type: ignore[arg-type]


FOUR = [submitted("d", 2), submitted("c", 3), submitted("b", 4), submitted("a", 5)]
FOLDERS = {FlinkJobId(name): f"file:/state/{name}" for name in "abcd"}
FACTS = CheckpointFacts(FOUR, FOLDERS, frozenset(), None, NOON)


def disposed(facts: CheckpointFacts) -> str:
    return "".join(sorted(at.rsplit("/", 1)[-1] for at in checkpoint_retention(facts).dispose))


def test_latest_and_the_one_before_it_stay() -> None:
    decided = checkpoint_retention(FACTS)

    assert disposed(FACTS) == "ab"
    assert decided.kept == {
        "file:/state/d": "of the latest deployment",
        "file:/state/c": "of the last deployment with state before it",
    }


CASES: dict[str, tuple[CheckpointFacts, str]] = {
    "the one before it has no state": (
        replace(FACTS, submissions=[FOUR[0], replace(FOUR[1], had_state=False), *FOUR[2:]]),
        "ac",
    ),
    "it is not certain that the latest works": (
        replace(FACTS, in_doubt="the latest deployment is not healthy"),
        "",
    ),
    "a checkpoint of it is in use": (replace(FACTS, in_use=frozenset({"/state/a/chk-9"})), "b"),
    "the folder itself is named": (replace(FACTS, in_use=frozenset({"file:/state/a/"})), "b"),
    "of another that begins alike": (replace(FACTS, in_use=frozenset({"/state/a2/chk-9"})), "ab"),
    "what follows was submitted less than a day ago": (
        replace(FACTS, submissions=[FOUR[0], FOUR[1], replace(FOUR[2], created_at=NOON), FOUR[3]]),
        "b",
    ),
    "something was written into it less than a day ago": (
        replace(
            FACTS,
            submissions=[*FOUR[:2], replace(FOUR[2], last_checkpoint_at=NOON), FOUR[3]],
        ),
        "a",
    ),
    "nothing was ever submitted": (replace(FACTS, submissions=[]), ""),
}


@pytest.mark.parametrize("case", CASES)
def test_deleted_when(case: str) -> None:
    facts, wanted = CASES[case]
    assert disposed(facts) == wanted


def test_folder_of_a_job_that_nobody_knows_is_told_and_stays() -> None:
    folders = {**FOLDERS, FlinkJobId("x"): "file:/state/x"}

    decided = checkpoint_retention(replace(FACTS, folders=folders))

    assert decided.unknown == ("file:/state/x",)
    assert "file:/state/x" not in decided.dispose
