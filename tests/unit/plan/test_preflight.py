"""All that speaks against an upgrade is told at once."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from headgate.ids import JobName
from headgate.plan.preflight import PreflightFacts, TargetFacts, judge_preflight

TARGET = TargetFacts(
    version="2.3.0",
    slots_available=2,
    class_path=(
        "flink-sql-connector-kafka-5.0.0-2.2.jar",
        "flink-sql-avro-confluent-registry-2.3.0.jar",
    ),
    client_python="/python",
    worker_python="/python",
    pyflink="2.3.0",
    state_problem=None,
)
GOOD = PreflightFacts(
    job=JobName("device-minutes"),
    line="2.3",
    target=TARGET,
    slots_needed=2,
    slots_freed=0,
    is_rehearsed=True,
    missing_artefacts=(),
    unlike_declared=(),
    transaction_timeout=timedelta(minutes=10),
    deadline=timedelta(minutes=3),
    live_state="healthy",
    live_reason="",
    savepoint_bytes=2_000,
    state_bytes=None,
)


def test_nothing_speaks_against_it() -> None:
    judged = judge_preflight(GOOD)
    assert judged.problems == ()
    assert judged.notes == ("its last savepoint has 2.0 kB",)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ({"version": "2.2.1", "pyflink": "2.2.1"}, "the cluster of Flink 2.3 runs Flink 2.2.1"),
        ({"slots_available": 1}, "2 task slots are needed, Flink 2.3 has 1 free"),
        ({"class_path": ("flink-dist.jar", TARGET.class_path[1])}, "the Kafka connector"),  # type: ignore[index]
        ({"worker_python": "/other"}, "workers with /other"),
        ({"pyflink": "2.2.1"}, "has PyFlink 2.2.1, not 2.3.0"),
        ({"pyflink": None}, "cannot be run here"),
        ({"state_problem": "no such folder"}, "does not see the state of the job: no such folder"),
    ],
)
def test_target(target: dict[str, Any], words: str) -> None:
    (problem,) = judge_preflight(replace(GOOD, target=replace(TARGET, **target))).problems
    assert words in problem


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"target": "Flink 2.3 does not answer"}, "does not answer"),
        ({"missing_artefacts": ("plan.json is gone",)}, "plan.json is gone"),
        ({"unlike_declared": ("topic a does not exist",)}, "topic a does not exist"),
        ({"transaction_timeout": timedelta(minutes=3)}, "shorter than the longest possible gap"),
        ({"live_state": "failing", "live_reason": "it restarts"}, "is failing: it restarts"),
        ({"live_state": "unknown"}, "the live job is unknown"),
    ],
)
def test_everything_else(facts: dict[str, Any], words: str) -> None:
    (problem,) = judge_preflight(replace(GOOD, **facts)).problems
    assert words in problem


def test_all_at_once() -> None:
    judged = judge_preflight(
        replace(
            GOOD,
            target=replace(TARGET, slots_available=0, class_path=(), worker_python=None),
            missing_artefacts=("a", "b"),
            live_state="missing",
        )
    )
    assert len(judged.problems) == 7


def test_slots_of_the_job_before_are_free_only_after_its_stop() -> None:
    crowded = replace(GOOD, target=replace(TARGET, slots_available=0), slots_freed=2)
    assert len(judge_preflight(crowded).problems) == 1
    assert judge_preflight(replace(crowded, is_rehearsed=False)).problems == ()


def test_what_cannot_be_seen_is_a_note() -> None:
    judged = judge_preflight(
        replace(GOOD, target=replace(TARGET, class_path=None), live_state="degraded")
    )
    assert judged.problems == ()
    assert len(judged.notes) == 3
