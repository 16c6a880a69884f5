"""Topics that are marked for deletion."""

from harness.topic_rows.row import (
    NOTHING,
    OLD_AND_NEW,
    Seen,
    TopicRow,
    counted,
    deleted,
    retention,
    use,
)

MARK = {"deletion": {"reason": "replaced by pumps-v2"}}

DELETION = (
    TopicRow(
        "a marked topic is deleted",
        MARK,
        Seen(records=OLD_AND_NEW),
        deleted(
            "needs_approval",
            "its 6 records are deleted for ever",
            "its subjects and their versions stay in the registry",
            "Marked because: replaced by pumps-v2",
        ),
        expiring=counted(6, 6),
    ),
    TopicRow(
        "a marked topic without records is deleted",
        MARK,
        Seen(partitions=2),
        deleted("needs_approval", "its 0 records", partitions=2),
        expiring=counted(0, 0),
    ),
    TopicRow("a marked topic that is not there is not created", MARK, None, NOTHING),
    TopicRow(
        "a marked topic that is not there, and that a job declares",
        MARK,
        None,
        NOTHING,
        uses=(use("minutes"),),
    ),
    TopicRow(
        "a marked topic that a job declares",
        MARK,
        Seen(),
        deleted("refused", "job minutes reads it (declared)", "flink_jobs/minutes/job.yaml"),
        uses=(use("minutes"),),
        expiring=counted(0, 0),
    ),
    TopicRow(
        "a marked topic that a deployed job reads",
        MARK,
        Seen(records=OLD_AND_NEW, read={"minutes": 5}),
        deleted("refused", "job minutes reads it (deployed)", "stop minutes"),
        uses=(use("minutes", declared=False, deployed=True),),
        expiring=counted(6, 6, minutes=1),
    ),
    TopicRow(
        "a marked topic that a job writes and another reads",
        MARK,
        Seen(),
        deleted(
            "refused",
            "job minutes writes it (declared and deployed); job trends reads it (declared)",
        ),
        uses=(use("minutes", "writes", deployed=True), use("trends")),
        expiring=counted(0, 0),
    ),
    TopicRow(
        "a marked topic gets no other change",
        {**MARK, **retention("1d"), "partitions": 8, "replication": 3},
        Seen(),
        deleted("needs_approval", "its 0 records"),
        expiring=counted(0, 0),
    ),
)
