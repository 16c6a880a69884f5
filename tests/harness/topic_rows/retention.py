"""What a topic keeps becomes more or less."""

from harness.topic_rows.row import (
    A_DAY,
    DAY,
    HOUR,
    OLD_AND_NEW,
    TO_DAY,
    TO_MIB,
    WEEK,
    Seen,
    TopicRow,
    configs,
    counted,
    having,
    retention,
    use,
)

RETENTION = (
    TopicRow(
        "retention longer",
        {},
        Seen(having(retention_ms=DAY)),
        (configs("safe", {"retention.ms": DAY}, {"retention.ms": WEEK}),),
    ),
    TopicRow(
        "retention longer, and still shorter than a replay window",
        {},
        Seen(having(retention_ms=DAY)),
        (
            configs(
                "safe",
                {"retention.ms": DAY},
                {"retention.ms": WEEK},
                "job minutes declares a replay window of 30d, but the topic would keep only 7d",
            ),
        ),
        uses=(use("minutes", window=30 * A_DAY),),
    ),
    TopicRow(
        "retention to no limit",
        retention(None),
        Seen(),
        (configs("safe", {"retention.ms": WEEK}, {"retention.ms": "-1"}),),
    ),
    TopicRow(
        "retention shorter, of a topic without records",
        retention("1d"),
        Seen(),
        (configs("needs_approval", *TO_DAY, "from 7d to 1d", "0 of 0 records are older than 1d"),),
        expiring=counted(0, 0),
    ),
    TopicRow(
        "retention shorter, with records and no reader",
        retention("1d"),
        Seen(records=OLD_AND_NEW),
        (configs("needs_approval", *TO_DAY, "4 of 6 records are older than 1d and would be"),),
        expiring=counted(6, 4),
    ),
    TopicRow(
        "retention shorter, and a deployed job has not read all that would go",
        retention("1d"),
        Seen(records=OLD_AND_NEW, read={"minutes": 1}),
        (
            configs(
                "needs_approval",
                *TO_DAY,
                "4 of 6 records are older than 1d",
                "3 of them job minutes has not read yet",
            ),
        ),
        uses=(use("minutes", deployed=True),),
        expiring=counted(6, 4, minutes=3),
    ),
    TopicRow(
        "retention shorter, and a deployed job has read all that would go",
        retention("1d"),
        Seen(records=OLD_AND_NEW, read={"minutes": 5}),
        (configs("needs_approval", *TO_DAY, "4 of 6 records are older than 1d and would be"),),
        uses=(use("minutes", deployed=True),),
        expiring=counted(6, 4, minutes=0),
    ),
    TopicRow(
        "retention shorter, and two deployed jobs read at their own pace",
        retention("1d"),
        Seen(records=OLD_AND_NEW, read={"minutes": 2, "sessions": 3}),
        (
            configs(
                "needs_approval",
                *TO_DAY,
                "2 of them job minutes has not read yet, 1 of them job sessions has not read yet",
            ),
        ),
        uses=(use("minutes", deployed=True), use("sessions", declared=False, deployed=True)),
        expiring=counted(6, 4, minutes=2, sessions=1),
    ),
    TopicRow(
        "retention shorter, and a deployed job has committed nothing",
        retention("1d"),
        Seen(records=OLD_AND_NEW),
        (configs("needs_approval", *TO_DAY, "4 of them job never-read has not read yet"),),
        uses=(use("never-read", deployed=True),),
        expiring=counted(6, 4, never_read=4),
    ),
    TopicRow(
        "retention shorter, and a job is only declared",
        retention("1d"),
        Seen(records=OLD_AND_NEW),
        (configs("needs_approval", *TO_DAY, "4 of 6 records"),),
        uses=(use("planned"),),
        expiring=counted(6, 4),
    ),
    TopicRow(
        "retention shorter than a replay window",
        retention("1d"),
        Seen(records=(HOUR,)),
        (
            configs(
                "needs_approval",
                *TO_DAY,
                "0 of 1 records are older than 1d",
                "job minutes declares a replay window of 3d, but the topic would keep only 1d",
            ),
        ),
        uses=(use("minutes", window=3 * A_DAY), use("short", window=6 * HOUR)),
        expiring=counted(1, 0),
    ),
    TopicRow(
        "retention shorter than two replay windows",
        retention("1d"),
        Seen(),
        (
            configs(
                "needs_approval",
                *TO_DAY,
                "job minutes declares a replay window of 3d",
                "job sessions declares a replay window of 2d",
            ),
        ),
        uses=(use("minutes", window=3 * A_DAY), use("sessions", window=2 * A_DAY)),
        expiring=counted(0, 0),
    ),
    TopicRow(
        "retention from no limit to a limit",
        {},
        Seen(having(retention_ms="-1"), records=(40 * A_DAY, 20 * A_DAY, A_DAY)),
        (
            configs(
                "needs_approval",
                {"retention.ms": "-1"},
                {"retention.ms": WEEK},
                "from no limit to 7d: 2 of 3 records are older than 7d",
            ),
        ),
        expiring=counted(3, 2),
    ),
    TopicRow(
        "retention from the longest that Kafka takes",
        {},
        Seen(having(retention_ms=str(2**63 - 1))),
        (
            configs(
                "needs_approval",
                {"retention.ms": str(2**63 - 1)},
                {"retention.ms": WEEK},
                "from no limit to 7d",
            ),
        ),
        expiring=counted(0, 0),
    ),
    TopicRow(
        "retention time of a topic that only compacts deletes nothing",
        {"cleanup": "compact", **retention("1d")},
        Seen(having(cleanup_policy="compact"), records=OLD_AND_NEW),
        (configs("safe", *TO_DAY),),
    ),
    TopicRow(
        "retention of bytes smaller",
        retention("7d", "1MiB"),
        Seen(records=OLD_AND_NEW),
        (
            configs(
                "needs_approval",
                *TO_MIB,
                "from no limit to 1,048,576 bytes",
                "(the topic has 6 records)",
                "cannot read sizes on disk",
            ),
        ),
        expiring=counted(6, 0),
    ),
    TopicRow(
        "retention of bytes larger",
        retention("7d", "2MiB"),
        Seen(having(retention_bytes="1048576")),
        (configs("safe", {"retention.bytes": "1048576"}, {"retention.bytes": "2097152"}),),
    ),
    TopicRow(
        "retention of bytes to no limit",
        {},
        Seen(having(retention_bytes="1048576")),
        (configs("safe", {"retention.bytes": "1048576"}, {"retention.bytes": "-1"}),),
    ),
    TopicRow(
        "retention of time and of bytes smaller at once",
        retention("1d", "1MiB"),
        Seen(records=OLD_AND_NEW),
        (
            configs(
                "needs_approval",
                {"retention.bytes": "-1", "retention.ms": WEEK},
                {"retention.bytes": "1048576", "retention.ms": DAY},
                "from 7d to 1d: 4 of 6 records",
                "to 1,048,576 bytes",
            ),
        ),
        expiring=counted(6, 4),
    ),
)
