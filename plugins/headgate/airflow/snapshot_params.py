"""Fields of a form about the snapshot that a job is restored from."""

from airflow.sdk import Param

RESTORE_OPTIONS = {
    "from": "{{ params['from'] }}",
    "accept_age": "{{ params.accept_age }}",
    "confirmed": "{{ params.confirmed }}",
    "runs_nowhere": "{{ params.runs_nowhere }}",
}
"""Options of an operation that restores a snapshot, from the fields of `restore_params`."""


def restore_params() -> dict[str, Param]:
    """The fields of a form for an operation that restores a snapshot."""
    return {
        "accept_age": accept_age_param(),
        "from": snapshot_param(),
        "confirmed": agreed_param(),
        "runs_nowhere": runs_nowhere_param(),
    }


def snapshot_param() -> Param:
    """The location of a snapshot; left empty, the newest usable one is restored."""
    return Param(
        "",
        type="string",
        maxLength=2000,
        # So spelled, nothing is left of a template or a Python literal that could be rendered.
        pattern=r"^((/|[a-z0-9]+:)[^\s{}]*)?$",
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


def accept_age_param() -> Param:
    """Whether a snapshot is restored in spite of its age."""
    return Param(default=False, type="boolean", title="Also from a snapshot older than max_age")


def runs_nowhere_param() -> Param:
    """Whether a job counts as ended that a cluster cannot be asked about any more."""
    return Param(
        default=False,
        type="boolean",
        title="The job has ended, also where nobody can look",
        description="Only where its former cluster is gone for good: two jobs of one name end each "
        "other's transactions.",
    )
