"""`flink_jobs/<job>/job.yaml`: one continuously running job."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import AwareDatetime, BeforeValidator, Field

from headgate.spec.names import Line, Name
from headgate.spec.quantities import Duration
from headgate.spec.strict import Strict


def parse_start(value: object) -> object:
    """Read `earliest`, `latest` or a time with its zone."""
    if value in ("earliest", "latest") or isinstance(value, datetime):
        return value
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise ValueError(
            f"{value!r} is not a start; write earliest, latest or a time with its zone: "
            "2026-01-31T08:00:00Z"
        )
    return time


StartPosition = Annotated[
    Literal["earliest", "latest"] | AwareDatetime, BeforeValidator(parse_start)
]


class SourceSpec(Strict):
    """One topic that the job reads, and how its event time is understood."""

    event_time: str
    """Field of the topic's value that carries the event time; a `timestamp-millis`."""
    watermark_delay: Duration = timedelta(seconds=5)
    """How long the job waits for records that are out of order."""
    idle_after: Duration = timedelta(seconds=10)
    """A partition without records for so long no longer holds back the watermark. Too short, and
    the records of a partition that is read a little later than the others come too late."""
    start: StartPosition = "earliest"
    """Where a job without state begins to read."""
    replay_window: Duration | None = None
    """How far back this job must be able to be replayed: the topic keeps its records that long."""


class SavepointPolicy(Strict):
    """When savepoints are taken and how many are kept."""

    every: Duration | None = None
    """Time between two savepoints; 6 hours where neither this nor `cron` is given."""
    cron: str | None = None
    """Times of savepoints as a cron expression in UTC, instead of `every`."""
    format: Literal["canonical", "native"] = "canonical"
    """`canonical` outlives a change of the state backend; `native` is faster."""
    keep: int = Field(default=10, ge=1)
    """Savepoints that are kept, apart from rollback points."""
    max_age: Duration | None = None
    """Older savepoints are disposed of even if fewer than `keep` are left; the newest stays."""
    prove: bool = False
    """Whether scheduled checks restore the newest savepoint in a job that publishes nothing."""


class UpgradePolicy(Strict):
    """How a change of the Flink line is carried out."""

    approval: bool = True
    """A person approves the plan first."""
    rehearse: bool = True
    """The new version first restores a copy of the state without publishing anything."""
    soak: Duration = timedelta(minutes=1)
    """How long the new version is watched before the old one is released."""


class HealthPolicy(Strict):
    """When a deployment counts as healthy."""

    checkpoints: int = Field(default=2, ge=1)
    """Checkpoints that must complete after the start or restore."""
    deadline: Duration = timedelta(minutes=3)
    """How long a deployment may take to become healthy."""
    checkpoint_age: Duration | None = None
    """Without a completed checkpoint for so long the job is failing; five checkpoint intervals
    and 30 s where it is not given."""
    watermark_lag: Duration = timedelta(minutes=5)
    """With its watermark so far behind the clock, while records come in, the job is degraded."""
    input_lag: int = Field(default=100_000, ge=1)
    """With so many records still to be read the job is degraded."""


class HandoverSpec(Strict):
    """How results are split between two versions of the job that run side by side."""

    bound: dict[Name, str] = {}
    """Topic written → field of its results that the watermark has always just reached when a
    result comes out. Only where it is not the end of a window, which is found without this: of
    MATCH_RECOGNIZE the time of the last row of the match."""


class RecoveryPolicy(Strict):
    """What may be done without a person when the job is missing or failing."""

    automatic: bool = False
    """Whether the health check recovers the job from its newest usable snapshot."""
    max_age: Duration = timedelta(hours=1)
    """A snapshot older than this is restored only when a person says so: results since would be
    published again."""


class JobSpec(Strict):
    """What `job.yaml` says. The job's name is the name of its folder."""

    description: str = Field(min_length=1)
    """What the results mean, for people."""
    owner: str = Field(min_length=1)
    """Team or person to ask."""
    flink: Line
    """Flink line, as named in `headgate.toml`: "2.2"."""
    sources: dict[Name, SourceSpec] = Field(min_length=1)
    """Topics that are read."""
    sinks: tuple[Name, ...] = Field(min_length=1)
    """Topics that are written."""
    delivery: Literal["exactly-once", "at-least-once"] = "exactly-once"
    """Delivery guarantee of the sinks."""
    checkpoint_interval: Duration = timedelta(seconds=2)
    """Results become visible with each checkpoint, so this bounds their delay."""
    transaction_timeout: Duration = timedelta(minutes=10)
    """Kafka's `transaction.timeout.ms`: longer than the longest outage that must lose nothing."""
    parallelism: int = Field(default=1, ge=1)
    """Parallel instances of every operator."""
    max_parallelism: int = Field(default=128, ge=1, le=32_768)
    """Fixed for the life of the state: it cannot change once a savepoint exists."""
    savepoint: SavepointPolicy = SavepointPolicy()
    """Scheduled savepoints."""
    upgrade: UpgradePolicy = UpgradePolicy()
    """How a change of the Flink line is carried out."""
    handover: HandoverSpec = HandoverSpec()
    """How results are split while an upgrade hands the job over."""
    health: HealthPolicy = HealthPolicy()
    """When a deployment counts as healthy."""
    recovery: RecoveryPolicy = RecoveryPolicy()
    """What may be done without a person when the job is missing or failing."""
    flink_configuration: dict[str, str] = {}
    """Further Flink options of this job by Flink's names."""


def start_as_millis(start: StartPosition) -> int | None:
    """Epoch milliseconds of a start by time; None for `earliest` and `latest`."""
    return int(start.timestamp() * 1000) if isinstance(start, datetime) else None
