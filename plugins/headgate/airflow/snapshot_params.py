"""Fields of a form about the snapshot that a job is restored from."""

from airflow.sdk import Param


def snapshot_param() -> Param:
    """The location of a snapshot; left empty, the newest usable one is restored."""
    return Param(
        "",
        type="string",
        maxLength=2000,
        title="Snapshot",
        description="LOCATION as `headgate savepoints JOB` shows it, with exactly one job chosen; "
        "empty for the newest usable one.",
    )


def agreed_param() -> Param:
    """Whether the named snapshot is restored in spite of what speaks against it."""
    return Param(
        default=False,
        type="boolean",
        title="Restore the named snapshot whatever speaks against it",
        description="One that is older than the newest publishes results again; one made by a "
        "drain publishes its windows a second time; one of another job may not fit.",
    )
