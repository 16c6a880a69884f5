"""Flink options that a job may not set, and who sets them."""

import re

_BY_HEADGATE = {
    "execution.checkpointing.interval": "set `checkpoint_interval`",
    "execution.checkpointing.mode": "set `delivery`",
    "execution.checkpointing.dir": "checkpoints are kept in the environment's `state` folder",
    "execution.checkpointing.savepoint-dir": "savepoints are kept in the `state` folder",
    "execution.checkpointing.externalized-checkpoint-retention": (
        "checkpoints are always retained, because a recovery may need them"
    ),
    "state.checkpoints.dir": "checkpoints are kept in the environment's `state` folder",
    "state.savepoints.dir": "savepoints are kept in the environment's `state` folder",
    "parallelism.default": "set `parallelism`",
    "pipeline.max-parallelism": "set `max_parallelism`",
    "pipeline.name": "the job's name is the name of its folder",
    "pipeline.jars": "jars belong to the cluster",
    "pipeline.classpaths": "jars belong to the cluster",
    "pipeline.global-job-parameters": "headgate passes its own",
    "pipeline.fixed-job-id": "headgate chooses the job id",
    "table.local-time-zone": "every job runs in UTC",
    "table.exec.source.idle-timeout": "set `idle_after` of the source",
    "table.plan.force-recompile": "a job runs from its stored plan",
    "table.plan.restore.catalog-objects": "a job runs from its stored plan",
    "table.plan.compile.catalog-objects": "a job runs from its stored plan",
}
_CLUSTER_OPTIONS = (
    r"(jobmanager|taskmanager|cluster|rest|web|high-availability|security|metrics|blob"
    r"|resourcemanager|env|io|process|fs|historyserver|jobstore)[.-].*"
)
_PATTERNS = (
    (
        r"python\..*executable|python\.(files|archives|requirements|pythonpath)",
        "the interpreter and its packages belong to the Flink line",
    ),
    (r"execution\.(savepoint|state-recovery)\..*", "headgate decides what a job restores"),
    (r"execution\.(target|attached|runtime-mode|shutdown-on-.*)", "headgate submits the job"),
    (r"\$internal\..*", "headgate chooses the ids"),
    (_CLUSTER_OPTIONS, "it belongs to the cluster and has no effect on one job"),
)
BUNDLE_SIZE = "python.fn-execution.bundle.size"


def option_problem(option: str) -> str | None:
    """Why a job may not set this option, or None if it may."""
    if option != option.strip() or not option or re.search(r"\s", option):
        return f"{option!r} is not an option of Flink"
    reason = _BY_HEADGATE.get(option) or next(
        (text for pattern, text in _PATTERNS if re.fullmatch(pattern, option)), None
    )
    return f"{option} may not be set here: {reason}" if reason else None
