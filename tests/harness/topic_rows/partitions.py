"""More and fewer partitions and replicas."""

from datetime import date

from harness.topic_rows.row import (
    DAY,
    WEEK,
    Seen,
    TopicRow,
    configs,
    grows,
    having,
    replicated,
    use,
)

LEAVE = {"reason": "readers only count", "until": date(2026, 3, 10)}
EXPIRED = {"reason": "readers only count", "until": date(2026, 3, 9)}
KEYED_8 = {"partitions": 8, "partitioning": "keyed"}
FREE = {"partitioning": "none"}

PARTITIONS = (
    TopicRow(
        "partitions up without order",
        {**FREE, "partitions": 6},
        Seen(),
        (grows("safe", 4, 6),),
        uses=(use("minutes", deployed=True),),
    ),
    TopicRow(
        "partitions doubled with order",
        KEYED_8,
        Seen(),
        (grows("refused", 4, 8, "50% of all keys", "allow_repartition", "partitioning: none"),),
    ),
    TopicRow(
        "partitions 4 to 6 with order",
        {"partitions": 6},
        Seen(),
        (grows("refused", 4, 6, "67% of all keys", "fill it by a replay"),),
    ),
    TopicRow(
        "partitions up with order, and a leave that ends today",
        {**KEYED_8, "allow_repartition": LEAVE},
        Seen(),
        (
            grows(
                "needs_approval",
                4,
                8,
                "50% of all keys",
                "Allowed until 2026-03-10, because: readers only count",
                "Without this risk: Declare 4 again, and a new topic",
            ),
        ),
    ),
    TopicRow(
        "partitions up with order, and a leave that expired yesterday",
        {**KEYED_8, "allow_repartition": EXPIRED},
        Seen(),
        (grows("refused", 4, 8, "expired on 2026-03-09", "fill it by a replay"),),
    ),
    TopicRow(
        "partitions up on a compacted topic, with a leave",
        {**KEYED_8, "cleanup": "compact", "allow_repartition": LEAVE},
        Seen(having(cleanup_policy="compact")),
        (grows("needs_approval", 4, 8, "the last old value of a moved key for ever"),),
    ),
    TopicRow(
        "a leave is not needed without order",
        {**FREE, "partitions": 8, "allow_repartition": EXPIRED},
        Seen(),
        (grows("safe", 4, 8),),
    ),
    TopicRow(
        "partitions down",
        {"partitions": 2},
        Seen(),
        (grows("refused", 4, 2, "cannot take partitions away", "declare 4, or declare a new"),),
    ),
    TopicRow(
        "partitions down without order",
        {**FREE, "partitions": 2},
        Seen(),
        (grows("refused", 4, 2, "cannot take partitions away"),),
    ),
    TopicRow(
        "partitions down, and a leave to add some",
        {"partitions": 2, "allow_repartition": LEAVE},
        Seen(),
        (grows("refused", 4, 2, "cannot take partitions away"),),
    ),
)

REPLICATION = (
    TopicRow("replication up", {"replication": 3}, Seen(), (replicated(1, 3),)),
    TopicRow(
        "replication down",
        {"replication": 1},
        Seen(replication=3),
        (replicated(3, 1),),
        only_pure="one broker holds one replica of a partition",
    ),
    TopicRow(
        "several differences, one change for each call",
        {**FREE, "partitions": 8, "replication": 2},
        Seen(having(retention_ms=DAY)),
        (
            configs("safe", {"retention.ms": DAY}, {"retention.ms": WEEK}),
            grows("safe", 4, 8),
            replicated(1, 2),
        ),
    ),
)
