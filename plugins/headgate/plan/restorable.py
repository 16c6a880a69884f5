"""Whether a snapshot can be restored by what is about to start: asked before every restore."""

from collections.abc import Sequence
from dataclasses import dataclass

from headgate.errors import Rejected
from headgate.ids import Digest, JobName
from headgate.plan.state_difference import (
    SnapshotFormat,
    StateDifference,
    differences,
    fit,
)
from headgate.plan.state_manifest import StateManifest


@dataclass(frozen=True)
class KeptState:
    """What decides about the state of one deployment.

    `plan_digest` is None for a Python job, `manifest` where the ledger did not keep it yet.
    """

    plan_digest: Digest | None
    manifest: StateManifest | None


def refuse_unfit(
    job: JobName,
    made: KeptState,
    wanted: KeptState,
    *,
    snapshot: SnapshotFormat = "canonical",
    still_true: str = "Nothing was changed.",
) -> tuple[StateDifference, ...]:
    """The differences between state that was kept and state that is wanted, if it may be restored.

    `made` is the deployment that made the snapshot, `wanted` the one that would restore it.

    Raises:
        Rejected: the state does not fit, with every state and operator that does not.

    """
    found = (
        differences(made.manifest, wanted.manifest, snapshot=snapshot)
        if made.manifest is not None and wanted.manifest is not None
        else ()
    )
    is_other_sql = made.plan_digest != wanted.plan_digest
    if fit(found) != "incompatible" and not is_other_sql:
        return found
    raise Rejected(
        "\n".join([_headline(job, is_other_sql=is_other_sql), *_lines(found)]),
        still_true=still_true,
        next_step="take the change back; or begin anew and read the input again from `start` of "
        f"its sources: headgate deploy {job} --start-empty (the old state is kept as a savepoint)",
    )


def unknown_state(made: KeptState) -> str:
    """What to say where a deployment has no manifest; empty where it has one."""
    if made.manifest is not None:
        return ""
    return "the state of the deployment before was not recorded: " + (
        "compared by the digest of its plan"
        if made.plan_digest is not None
        else "nothing of it could be compared"
    )


def _headline(job: JobName, *, is_other_sql: bool) -> str:
    if is_other_sql:
        return f"{job}: its SQL has changed, and the state of the SQL before does not fit it"
    return f"{job}: the state that it keeps does not fit what is declared"


def _lines(found: Sequence[StateDifference]) -> list[str]:
    return [f"  {one.in_words()}" for one in found]
