"""`headgate status` fits the terminal: nothing is cut off at 80 characters, all is shown at 140."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from headgate.cli.status import shown
from headgate.ids import FlinkJobId, FlinkLineName, JobName
from headgate.operations.job_status import JobStatus
from headgate.operations.status_text import COLUMNS, NARROW_COLUMNS
from headgate.plan.health_figures import Load
from rich.console import Console

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BUSY = JobStatus(
    job=JobName("device-sessions-per-region"),
    line=FlinkLineName("2.3"),
    state="degraded",
    reason="1,234,567 records are still to be read",
    generation=12,
    flink_job_id=FlinkJobId("f" * 32),
    since=NOON - timedelta(minutes=125),
    vertices=3,
    vertices_running=3,
    restored_from="file:/state/savepoints/device-sessions-per-region/g11/abc/savepoint-1",
    checkpoints=98_765,
    checkpoint_age=timedelta(seconds=119),
    checkpoint_duration=timedelta(seconds=12.5),
    checkpoint_bytes=3_210_000_000,
    checkpoints_failed=3,
    watermark_lag=timedelta(minutes=55),
    input_lag=1_234_567,
    records_in=9_876_543_210,
    restarts=123,
    back_pressured=Load("Source: sensor_readings", 930),
    busiest=Load("GlobalWindowAggregate[5]", 998),
)
MISSING = JobStatus(JobName("device-minutes"), FlinkLineName("2.2"), "missing", "it is gone")
FINE = JobStatus(
    JobName("class-trends"), FlinkLineName("2.3"), "healthy", "", operation="savepoint"
)


NEW = JobStatus(JobName("new"), FlinkLineName("2.3"), "not deployed", "never deployed")


def lines(width: int, *statuses: JobStatus) -> list[str]:
    console = Console(file=StringIO(), width=width)
    console.print(shown(statuses, NOON, width))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize(("width", "columns"), [(80, NARROW_COLUMNS), (140, COLUMNS)])
def test_table_fits(width: int, columns: tuple[str, ...]) -> None:
    header, *rows = lines(width, BUSY, MISSING, FINE, NEW)

    assert header.split() == " ".join(columns).split()
    assert all(len(line) <= width for line in (header, *rows))
    assert not any("…" in line for line in rows)
    assert "device-sessions-per-region" in rows[0]
    assert "1,234,567" in rows[0]
    assert rows[4:] == [
        "device-sessions-per-region: 1,234,567 records are still to be read",
        "device-minutes: it is gone",
        "class-trends: savepoint under way",
        "new: never deployed",
    ]


def test_one_job_alone_is_shown_in_detail() -> None:
    text = "\n".join(lines(140, BUSY))

    for words in (
        "generation 12, Flink job ffff",
        "restored from file:/state/savepoints",
        "98,765 checkpoints completed, 3 failed",
        "9,876,543,210 records read since the start",
        "busy 998 ms/s: GlobalWindowAggregate[5]",
        "back pressured 930 ms/s: Source: sensor_readings",
    ):
        assert words in text


def test_programs_get_seconds_and_iso_times() -> None:
    written = BUSY.as_json()

    assert written["since"] == "2026-03-01T09:55:00+00:00"
    assert written["watermark_lag"] == 3300.0
    assert written["checkpoint_duration"] == 12.5
    assert written["back_pressured"] == {"vertex": "Source: sensor_readings", "ms_per_second": 930}
    kept = {"job", "line", "state", "reason", "generation", "flink_job_id", "page", "changed"}
    kept |= {"running_since", "checkpoints", "checkpoint_age", "watermark_lag", "records_in"}
    assert kept | {"restarts", "operation", "declared_parallelism"} <= set(written)
