"""A new version is watched: what ends the watch, and how."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from headgate.clients.flink import CheckpointCounts, JobPicture, Vertex
from headgate.ids import FlinkJobId
from headgate.plan.soak import Began, SoakRule, watch

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
RULE = SoakRule(timedelta(seconds=60), timedelta(seconds=40))
PICTURE = JobPicture(
    id=FlinkJobId("a"),
    name="a",
    state="RUNNING",
    started_at=NOON,
    vertices=(Vertex("v", "v", "RUNNING", 1, 100, 100, is_source=True),),
    checkpoints=CheckpointCounts(completed=9, latest_completed_at=NOON),
    restarts=1,
    pending_records=5,
)


def seen(elapsed: float, picture: JobPicture = PICTURE, age: float = 1) -> Any:
    return watch(
        picture,
        RULE,
        Began(restarts=1, completed=3),
        elapsed=timedelta(seconds=elapsed),
        now=NOON + timedelta(seconds=age),
    )


def counts(**changes: Any) -> JobPicture:
    return replace(PICTURE, checkpoints=replace(PICTURE.checkpoints, **changes))


STARTING = replace(PICTURE, vertices=(replace(PICTURE.vertices[0], state="INITIALIZING"),))


@pytest.mark.parametrize(
    ("watched", "state", "words"),
    [
        (seen(10), "watching", "10 of 60 s, 1/1 vertices, 9 checkpoints, 100 records, 1 restart"),
        (seen(60), "stable", "60 of 60 s"),
        (seen(61, counts(completed=3)), "watching", ""),
        (seen(10, replace(PICTURE, restarts=2)), "failed", "restarted 1 time while"),
        (seen(61, replace(PICTURE, restarts=None)), "stable", ""),
        (seen(10, replace(PICTURE, state="FAILED", exceptions=("x",))), "failed", "FAILED: x"),
        (seen(41, age=41), "failed", "no checkpoint completes any more"),
        (seen(41, counts(latest_completed_at=None)), "failed", "no checkpoint completes"),
        (seen(39, age=41), "watching", ""),
        (seen(61, STARTING), "failed", "0 of 1 vertices run"),
    ],
)
def test_watch(watched: Any, state: str, words: str) -> None:
    assert watched.state == state
    assert words in watched.note
