"""Topics that are created, that stay, or that nobody declared."""

from datetime import date

from harness.topic_rows.row import (
    A_DAY,
    DAY,
    MONTH,
    NOTHING,
    OLD_AND_NEW,
    Seen,
    TopicRow,
    created,
    having,
    retention,
    use,
)

LEAVE = {"reason": "readers only count", "until": date(2026, 3, 10)}
EXPIRED = {"reason": "readers only count", "until": date(2026, 3, 9)}
KEYED_8 = {"partitions": 8, "partitioning": "keyed"}

CREATION = (
    TopicRow("a missing topic is created", {}, None, created("safe")),
    TopicRow(
        "a missing topic is created with its own configurations",
        {"cleanup": "compact", "configs": {"compression.type": "lz4"}, **retention(None)},
        None,
        created(
            "safe",
            configs={
                "cleanup.policy": "compact",
                "compression.type": "lz4",
                "retention.ms": "-1",
                "retention.bytes": "-1",
            },
        ),
    ),
    TopicRow(
        "a missing topic that inherits sets nothing of its own",
        {"cleanup": "inherited", **retention("inherited", "inherited")},
        None,
        created("safe", configs={}),
    ),
    TopicRow(
        "a missing topic that inherits only its time",
        retention("inherited", "1GiB"),
        None,
        created("safe", configs={"cleanup.policy": "delete", "retention.bytes": "1073741824"}),
    ),
    TopicRow(
        "a missing topic that keeps long enough for a replay window",
        {},
        None,
        created("safe"),
        uses=(use("minutes", window=7 * A_DAY),),
    ),
    TopicRow(
        "a missing topic that keeps too little for a replay window",
        retention("1d"),
        None,
        created(
            "needs_approval",
            "job minutes declares a replay window of 3d, but the topic would keep only 1d",
            configs=having(retention_ms=DAY),
        ),
        uses=(use("minutes", window=3 * A_DAY), use("writer", "writes")),
    ),
    TopicRow(
        "a missing topic that inherits, with a replay window",
        retention("inherited"),
        None,
        created(
            "needs_approval",
            "replay window of 3d, and what the brokers keep by default is not known",
            configs=having(retention_ms=None),
        ),
        uses=(use("minutes", window=3 * A_DAY),),
    ),
    TopicRow(
        "a missing compacted topic with a replay window",
        {"cleanup": "compact", **retention(None)},
        None,
        created(
            "needs_approval",
            "replay window of 3d, of which compaction leaves only the last record of each key",
            configs={**having(cleanup_policy="compact"), "retention.ms": "-1"},
        ),
        uses=(use("minutes", window=3 * A_DAY),),
    ),
)

UNCHANGED = (
    TopicRow("an equal topic stays", {}, Seen(), NOTHING),
    TopicRow(
        "an equal topic with records and readers stays",
        {},
        Seen(records=OLD_AND_NEW, read={"minutes": 2}),
        NOTHING,
        uses=(use("minutes", deployed=True),),
    ),
    TopicRow(
        "a replay window that an unchanged topic does not keep stops no plan",
        retention("1d"),
        Seen(having(retention_ms=DAY)),
        NOTHING,
        uses=(use("minutes", window=3 * A_DAY),),
    ),
    TopicRow(
        "the order of clean-up policies does not matter",
        {"cleanup": "compact,delete"},
        Seen(having(cleanup_policy="delete,compact")),
        NOTHING,
    ),
    TopicRow(
        "everything inherited and nothing set",
        {"cleanup": "inherited", **retention("inherited", "inherited")},
        Seen({}),
        NOTHING,
    ),
    TopicRow(
        "an inherited default of the brokers that differs from Kafka's is no drift",
        retention("inherited"),
        Seen(having(retention_ms=None)),
        NOTHING,
        brokers={"retention.ms": MONTH},
    ),
    TopicRow(
        "a leave to add partitions that was used has no effect",
        {**KEYED_8, "allow_repartition": LEAVE},
        Seen(partitions=8),
        NOTHING,
    ),
    TopicRow(
        "a leave to add partitions that expired has no effect on an equal topic",
        {"allow_repartition": EXPIRED},
        Seen(),
        NOTHING,
    ),
)

UNDECLARED = (
    TopicRow(
        "a topic of ours that nobody declared is reported and left alone",
        None,
        Seen(),
        (),
        is_unknown=True,
    ),
    TopicRow(
        "a topic of ours that nobody declared and a deployed job reads is left alone too",
        None,
        Seen(),
        (),
        uses=(use("minutes", declared=False, deployed=True),),
        is_unknown=True,
    ),
    TopicRow("a topic of others is nobody's business", None, Seen(), (), is_owned=False),
    TopicRow("a declared topic needs no prefix of ours", {}, Seen(), NOTHING, is_owned=False),
)
