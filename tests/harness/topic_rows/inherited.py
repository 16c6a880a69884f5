"""What a topic leaves to the defaults of the brokers."""

from harness.topic_rows.row import (
    A_DAY,
    DAY,
    HOUR,
    MONTH,
    OLD_AND_NEW,
    WEEK,
    Seen,
    TopicRow,
    configs,
    counted,
    having,
    retention,
    use,
)

INHERITED = (
    TopicRow(
        "a retention of its own goes, and the brokers' is longer",
        retention("inherited"),
        Seen(having(retention_ms=DAY)),
        (configs("safe", {"retention.ms": DAY}, {"retention.ms": None}),),
    ),
    TopicRow(
        "a retention of its own goes, and the brokers' is equal",
        retention("inherited"),
        Seen(),
        (configs("safe", {"retention.ms": WEEK}, {"retention.ms": None}),),
    ),
    TopicRow(
        "a retention of its own goes, and the brokers' is shorter",
        retention("inherited"),
        Seen(
            having(retention_ms=MONTH), records=(20 * A_DAY, 10 * A_DAY, A_DAY), read={"minutes": 1}
        ),
        (
            configs(
                "needs_approval",
                {"retention.ms": MONTH},
                {"retention.ms": None},
                "from 30d to 7d: 2 of 3 records are older than 7d",
                "1 of them job minutes has not read yet",
            ),
        ),
        uses=(use("minutes", deployed=True),),
        expiring=counted(3, 2, minutes=1),
    ),
    TopicRow(
        "a retention of its own goes, and the brokers' of their own is longer",
        retention("inherited"),
        Seen(having(retention_ms=WEEK)),
        (configs("safe", {"retention.ms": WEEK}, {"retention.ms": None}),),
        brokers={"retention.ms": MONTH},
    ),
    TopicRow(
        "a retention of its own goes, and the brokers' of their own is shorter",
        retention("inherited"),
        Seen(having(retention_ms="-1")),
        (
            configs(
                "needs_approval",
                {"retention.ms": "-1"},
                {"retention.ms": None},
                "from no limit to 30d",
            ),
        ),
        brokers={"retention.ms": MONTH},
        expiring=counted(0, 0),
    ),
    TopicRow(
        "a retention of bytes of its own goes, and the brokers' of their own is smaller",
        retention("7d", "inherited"),
        Seen(records=(HOUR,)),
        (
            configs(
                "needs_approval",
                {"retention.bytes": "-1"},
                {"retention.bytes": None},
                "from no limit to 1,073,741,824 bytes",
                "(the topic has 1 records)",
            ),
        ),
        brokers={"retention.bytes": "1073741824"},
        expiring=counted(1, 0),
    ),
    TopicRow(
        "the first retention of its own equals the inherited one",
        {},
        Seen(having(retention_ms=None)),
        (configs("safe", {"retention.ms": None}, {"retention.ms": WEEK}),),
    ),
    TopicRow(
        "the first retention of its own is shorter than the inherited one",
        {},
        Seen(having(retention_ms=None), records=(8 * A_DAY, HOUR)),
        (
            configs(
                "needs_approval",
                {"retention.ms": None},
                {"retention.ms": WEEK},
                "from 30d to 7d: 1 of 2 records",
            ),
        ),
        brokers={"retention.ms": MONTH},
        expiring=counted(2, 1),
    ),
    TopicRow(
        "the first retention of its own is shorter than Kafka's default",
        retention("1d"),
        Seen({}, records=OLD_AND_NEW),
        (
            configs(
                "needs_approval",
                {"cleanup.policy": None, "retention.bytes": None, "retention.ms": None},
                having(retention_ms=DAY),
                "from 7d to 1d: 4 of 6 records",
            ),
        ),
        expiring=counted(6, 4),
    ),
    TopicRow(
        "a default of the brokers that they do not tell",
        retention("inherited"),
        Seen(),
        (
            configs(
                "needs_approval",
                {"retention.ms": WEEK},
                {"retention.ms": None},
                "retention.ms is left to the brokers, and their default is not known",
            ),
        ),
        brokers={"retention.ms": ""},
        only_pure="the broker of the stack has no ACLs, so it tells its defaults to everybody",
    ),
)
