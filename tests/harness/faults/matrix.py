"""The faults that operations are held against, and which tests belong to each, by their names.

A fault test is called `test_<operation>__<fault>` and says `Step:` and `Expected:` in its
docstring.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

OPERATIONS: Mapping[str, Sequence[str]] = {
    "apply": ("apply",),
    "deploy": ("deploy", "deploy_job"),
    "savepoint": ("savepoint", "savepoint_job", "savepoint_jobs"),
    "stop": ("stop", "stop_job"),
    "recover": ("recover", "recover_job"),
    "upgrade": ("upgrade", "upgrade_job"),
    "rollback": ("rollback", "rollback_job"),
}
"""Operations of the matrix, and what their tests are called after."""
ALL = tuple(OPERATIONS)
RUNNING = ("deploy", "savepoint", "stop", "recover")
"""Those that act on a Flink job."""


@dataclass(frozen=True)
class Fault:
    """One row. `operations` are those that it can strike; for others there is nothing to test.

    `tests` are patterns of what stands behind the operation in a test's name; `others` are whole
    names of tests that are called otherwise.
    """

    number: int
    text: str
    operations: Sequence[str]
    tests: Sequence[str]
    others: Mapping[str, Sequence[str]] = field(default_factory=dict)


FAULTS = (
    Fault(
        1,
        "Flink is down before the first call",
        RUNNING,
        ["flink_unreachable*"],
        {
            operation: ["test_operation_with_flink_unreachable_*"]
            for operation in ("deploy", "savepoint", "stop")
        },
    ),
    Fault(
        2,
        "JobManager killed after it accepted, before the answer was heard",
        RUNNING,
        ["jobmanager_killed_when_*"],
    ),
    Fault(
        4,
        "JobManager killed while the operation is under way; it starts empty",
        (*RUNNING, "upgrade"),
        [
            *("server_killed[[]JobManager]", "jobmanager_lost*"),
            *("target_jobmanager_killed_*", "old_jobmanager_killed_*"),
        ],
    ),
    Fault(
        5,
        "TaskManager killed",
        (*RUNNING, "upgrade"),
        ["server_killed[[]TaskManager]", "target_taskmanager_killed_*", "old_job_fails_over_*"],
    ),
    Fault(
        6,
        "A call times out or its answer is lost, and the server has accepted it",
        ALL,
        ["*answer_lost*", "killed_while_a_call_*", "registry_lost*"],
    ),
    Fault(7, "Answers are slow, cut off, or 502", ALL, ["answers_slow*", "bad_gateway*"]),
    Fault(8, "The savepoint fails", ("deploy", "savepoint", "stop"), ["storage_refuses*"]),
    Fault(
        9,
        "Flink has forgotten the trigger",
        ("savepoint", "stop"),
        ["trigger_forgotten*"],
        {"savepoint": ["test_forgotten_trigger_is_found_*"]},
    ),
    Fault(
        10,
        "A snapshot without `_metadata`, or with one that is cut off",
        ("deploy", "savepoint", "recover", "upgrade"),
        ["*_is_cut_off", "no_usable_checkpoint*", "metadata_*"],
        {"savepoint": ["test_savepoint_with_a_bad_metadata_file_*", "test_prove__metadata_*"]},
    ),
    Fault(
        11,
        "A state file is broken, `_metadata` is whole",
        ("deploy", "savepoint", "recover"),
        ["state_file_*", "job_fails_again_and_again*"],
        {"savepoint": ["test_prove__state_file_*"]},
    ),
    Fault(
        12,
        "State that the new code no longer has",
        ("deploy", "recover"),
        ["state_gone*"],
        {"deploy": ["test_python__changes_that_flink_would_take_*", "test_sql__changed_*"]},
    ),
    Fault(
        13,
        "State of another type, which Flink would take in silence",
        ("deploy", "recover"),
        ["state_type_changed*"],
        {"deploy": ["test_python__changes_that_flink_would_take_*"]},
    ),
    Fault(
        14,
        "The new version does not become healthy",
        ("deploy", "upgrade"),
        ["unhealthy*", "target_never_*"],
    ),
    Fault(
        16,
        "The operation's process killed at any step, and run again",
        ALL,
        ["killed_*", "task_process_killed*"],
        {
            "deploy": ["test_resume__killed_*", "test_abandon__killed_*"],
        },
    ),
    Fault(17, "A frozen attempt wakes up after its successor", ALL, ["frozen_attempt_*"]),
    Fault(18, "Two runs at once on one job", ALL, ["two_at_once*"]),
    Fault(
        19,
        "Broker down or killed",
        ALL,
        ["broker_down*", "server_killed[[]broker]"],
    ),
    Fault(
        20,
        "An outage longer than the time-out of transactions",
        ("deploy", "recover"),
        ["outage_longer_*"],
    ),
    Fault(
        21,
        "Registry down or killed",
        ALL,
        ["registry_*", "server_killed[[]registry]"],
    ),
    Fault(
        22,
        "A schema is registered and is not the latest",
        ("apply", "deploy"),
        ["schema_not_latest*"],
        {"apply": ["test_older_version_declared_again_*"]},
    ),
    Fault(23, "Disk full", RUNNING, ["disk_full*"]),
    Fault(
        24,
        "Declarations that are wrong",
        ("apply", "deploy"),
        ["declared_wrongly*"],
        {
            "apply": [
                "test_incompatible_schema_is_refused_*",
                "test_what_the_broker_would_refuse_*",
                "test_partitions_are_added_only_*",
            ]
        },
    ),
    Fault(
        25,
        "Hostile parameters",
        ALL,
        ["hostile_*"],
        {"deploy": ["test_hostile_*"]},
    ),
    Fault(28, "200, and yet not as asked for", RUNNING, ["answer_says_otherwise*"]),
    Fault(
        30,
        "Files or artefacts changed between plan and effect",
        ("apply", "deploy", "recover"),
        ["artefact_*"],
        {
            "apply": [
                "test_apply_something_changed_since_the_plan_*",
                "test_saved_plan_after_a_change_*",
            ]
        },
    ),
    Fault(
        31,
        "The ledger is lost, or an older copy",
        RUNNING,
        ["ledger_lost*"],
        {
            "deploy": ["test_lost_ledger__*", "test_older_ledger__*"],
            "savepoint": ["test_lost_ledger__running_*", "test_older_ledger__is_*"],
            "stop": ["test_lost_ledger__running_*", "test_older_ledger__*"],
            "recover": [],
        },
    ),
    Fault(
        32,
        "The job has ended before, by a stop or past headgate",
        ("deploy", "recover"),
        ["stopped_and_deployed_again_*", "cancelled_by_hand_*"],
        {"recover": ["test_recover__killed_at_a_*"]},
    ),
)
