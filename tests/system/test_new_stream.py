"""A new stream as a user adds it: one topic folder, one job folder with one SELECT, one CSV."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pandas as pd
import pytest
from harness.sample_project import TIMESTAMP, SampleProject
from harness.stack import RunningStack
from harness.waiting import until
from headgate.ids import sql_identifier

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
READINGS = f"bed-readings-{uuid4().hex[:8]}"
AVERAGES = f"bed-averages-{uuid4().hex[:8]}"
SQL = f"""
INSERT INTO {sql_identifier(AVERAGES)}
SELECT bed, window_start, window_end, COUNT(*) AS readings, AVG(moisture) AS mean_moisture
FROM TABLE(TUMBLE(TABLE {sql_identifier(READINGS)}, DESCRIPTOR(measured_at), INTERVAL '1' MINUTE))
GROUP BY bed, window_start, window_end
"""


@pytest.fixture
def project(stack: RunningStack, tmp_path: Path) -> Iterator[SampleProject]:
    project = SampleProject(tmp_path / "project", stack, "new-stream")
    project.topic(
        READINGS,
        [("bed", "string"), ("measured_at", TIMESTAMP), ("moisture", "double")],
        partitions=2,
        key="bed",
    )
    project.topic(
        AVERAGES,
        [
            ("bed", "string"),
            ("window_start", TIMESTAMP),
            ("window_end", TIMESTAMP),
            ("readings", "long"),
            ("mean_moisture", "double"),
        ],
        key="bed",
    )
    project.job(
        AVERAGES,
        SQL,
        flink="2.3",
        sources={READINGS: {"event_time": "measured_at"}},
        sinks=[AVERAGES],
        checkpoint_interval="500ms",
    )
    yield project
    project.end_all_jobs()


def readings() -> pd.DataFrame:
    """Out of order by up to two seconds, over ten minutes, in five beds."""
    chance = random.Random(7)
    rows = []
    for second in range(600):
        for bed in range(5):
            at = START + timedelta(seconds=second - chance.uniform(0, 2))
            rows.append((f"bed-{bed}", at, round(chance.gauss(40, 5), 2)))
    return pd.DataFrame(rows, columns=["bed", "measured_at", "moisture"])


def by_pandas(frame: pd.DataFrame, closed_before: datetime) -> pd.DataFrame:
    minutes = frame.assign(window_start=frame.measured_at.dt.floor("1min"))
    grouped = minutes.groupby(["bed", "window_start"]).moisture.agg(["count", "mean"])
    rows = grouped.reset_index().rename(columns={"count": "readings", "mean": "mean_moisture"})
    ended = rows.window_start + timedelta(minutes=1) <= closed_before
    return rows[ended].sort_values(["bed", "window_start"], ignore_index=True)


def test_windows_of_a_new_stream_equal_a_computation_in_pandas(
    project: SampleProject, tmp_path: Path
) -> None:
    frame = readings()
    file = tmp_path / "readings.csv"
    frame.assign(measured_at=frame.measured_at.map(datetime.isoformat)).to_csv(file, index=False)

    applied = project.run("apply", "--yes")
    assert applied.code == 0, applied.err
    produced = project.run("produce", READINGS, str(file))
    assert produced.code == 0, produced.err
    deployed = project.run("deploy", AVERAGES)
    assert deployed.code == 0, deployed.err

    last = frame.measured_at.max().to_pydatetime() - timedelta(seconds=5)
    expected = by_pandas(frame, last)

    def published() -> pd.DataFrame | None:
        ran = project.run("tail", AVERAGES, "--json", "--from", "earliest", "--until", "now")
        assert ran.code == 0, ran.err
        rows = [line["value"] for line in ran.json_lines()]
        return pd.DataFrame(rows) if len(rows) >= len(expected) else None

    windows = until(
        lambda: (found := published()) is not None and [found],
        seconds=60,
        what="all closed windows are published",
        every=1,
    )[0]
    windows["window_start"] = pd.to_datetime(windows.window_start, utc=True, format="ISO8601")
    windows = windows.sort_values(["bed", "window_start"], ignore_index=True)

    assert len(expected) >= 40
    pd.testing.assert_frame_equal(
        windows[list(expected.columns)], expected, check_dtype=False, rtol=1e-9
    )
    assert project.run("plan").code == 0
    again = project.run("deploy", AVERAGES)
    assert again.code == 0
    assert len(project.live(AVERAGES, "2.3")) == 1
