"""Clean-up and all other configurations."""

from harness.topic_rows.row import (
    A_DAY,
    DAY,
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

CLEAN_UP = (
    TopicRow(
        "clean-up from delete to compact",
        {"cleanup": "compact"},
        Seen(records=OLD_AND_NEW),
        (
            configs(
                "needs_approval",
                {"cleanup.policy": "delete"},
                {"cleanup.policy": "compact"},
                "from delete to compact",
                "of each key only the last record stays (the topic has 6 records)",
                "no record is deleted by age or size any more",
            ),
        ),
        expiring=counted(6, 0),
    ),
    TopicRow(
        "clean-up from delete to compact, with a replay window",
        {"cleanup": "compact"},
        Seen(),
        (
            configs(
                "needs_approval",
                {"cleanup.policy": "delete"},
                {"cleanup.policy": "compact"},
                "job minutes declares a replay window of 3d, of which compaction leaves only",
            ),
        ),
        uses=(use("minutes", window=3 * A_DAY),),
        expiring=counted(0, 0),
    ),
    TopicRow(
        "clean-up from delete to both",
        {"cleanup": "compact,delete"},
        Seen(),
        (
            configs(
                "needs_approval",
                {"cleanup.policy": "delete"},
                {"cleanup.policy": "compact,delete"},
                "from delete to compact,delete",
                "of each key only the last record stays",
            ),
        ),
        expiring=counted(0, 0),
    ),
    TopicRow(
        "clean-up from compact to delete",
        {},
        Seen(having(cleanup_policy="compact"), records=(30 * A_DAY, A_DAY)),
        (
            configs(
                "needs_approval",
                {"cleanup.policy": "compact"},
                {"cleanup.policy": "delete"},
                "compaction ends",
                "records beyond the retention are deleted, also the last one of a key",
                "from no limit to 7d: 1 of 2 records are older than 7d",
            ),
        ),
        expiring=counted(2, 1),
    ),
    TopicRow(
        "clean-up from compact to both",
        {"cleanup": "compact,delete"},
        Seen(having(cleanup_policy="compact")),
        (
            configs(
                "needs_approval",
                {"cleanup.policy": "compact"},
                {"cleanup.policy": "compact,delete"},
                "from compact to compact,delete",
                "from no limit to 7d",
            ),
        ),
        expiring=counted(0, 0),
    ),
    TopicRow(
        "clean-up from both to delete deletes nothing sooner, and is asked about all the same",
        {},
        Seen(having(cleanup_policy="compact,delete"), records=OLD_AND_NEW),
        (
            configs(
                "needs_approval",
                {"cleanup.policy": "compact,delete"},
                {"cleanup.policy": "delete"},
                "compaction ends: older records of a key stay as long as all others",
            ),
        ),
    ),
    TopicRow(
        "a clean-up of its own goes, and the brokers' is another",
        {"cleanup": "inherited"},
        Seen(having(cleanup_policy="compact")),
        (
            configs(
                "needs_approval",
                {"cleanup.policy": "compact"},
                {"cleanup.policy": None},
                "clean-up changes from compact to delete",
            ),
        ),
        expiring=counted(0, 0),
    ),
    TopicRow(
        "a clean-up of its own goes, and the brokers' is the same",
        {"cleanup": "inherited"},
        Seen(),
        (configs("safe", {"cleanup.policy": "delete"}, {"cleanup.policy": None}),),
    ),
    TopicRow(
        "a clean-up that was inherited as the same is set",
        {},
        Seen(having(cleanup_policy=None)),
        (configs("safe", {"cleanup.policy": None}, {"cleanup.policy": "delete"}),),
    ),
)

OTHER_CONFIGS = (
    TopicRow(
        "a configuration added",
        {"configs": {"compression.type": "lz4"}},
        Seen(),
        (configs("safe", {"compression.type": None}, {"compression.type": "lz4"}),),
    ),
    TopicRow(
        "a configuration changed",
        {"configs": {"compression.type": "lz4"}},
        Seen(having(compression_type="zstd")),
        (configs("safe", {"compression.type": "zstd"}, {"compression.type": "lz4"}),),
    ),
    TopicRow(
        "an equal configuration is not sent with a changed one",
        {"configs": {"min.insync.replicas": "1", "compression.type": "lz4"}},
        Seen(having(min_insync_replicas="1")),
        (configs("safe", {"compression.type": None}, {"compression.type": "lz4"}),),
    ),
    TopicRow(
        "a configuration that nobody declared",
        {},
        Seen(having(segment_ms="60000")),
        (
            configs(
                "needs_approval",
                {"segment.ms": "60000"},
                {"segment.ms": None},
                "segment.ms is set on the topic but not declared",
            ),
        ),
    ),
    TopicRow(
        "one dangerous configuration among safe ones needs the approval",
        {"configs": {"compression.type": "lz4"}, **retention("1d")},
        Seen(),
        (
            configs(
                "needs_approval",
                {"compression.type": None, "retention.ms": WEEK},
                {"compression.type": "lz4", "retention.ms": DAY},
                "from 7d to 1d",
            ),
        ),
        expiring=counted(0, 0),
    ),
)
