"""Both sides of an upgrade as they can be compared: what runs, and what is declared."""

from headgate.ids import digest_of
from headgate.ledger.records import DeploymentRecord
from headgate.operations.deployment.bound_job import BoundJob
from headgate.operations.restoring.kept_artefacts import KeptArtefacts
from headgate.plan.binding import MODULE_FILE
from headgate.plan.sql_text import normalised
from headgate.plan.upgrade_changes import Version


def running_version(deployment: DeploymentRecord, kept: KeptArtefacts) -> Version:
    """What was deployed, from its staged folder; its parallelism may have been changed since."""
    binding = kept.binding
    code = (
        normalised(binding["sql"])
        if kept.kind == "sql"
        else (kept.staged.folder / MODULE_FILE).read_text(encoding="utf-8")
    )
    return Version(
        line=deployment.line,
        plan_digest=deployment.plan_digest,
        code=digest_of(code),
        parallelism=deployment.parallelism or kept.parallelism,
        configuration={**binding["configuration"], **binding["submission"]},
        tables={table["name"]: table["ddl"] for table in binding["tables"]},
    )


def declared_version(bound: BoundJob) -> Version:
    """What the files declare, for the Flink line for which they were bound."""
    job, binding = bound.job, bound.binding
    return Version(
        line=job.spec.flink,
        plan_digest=bound.plan_digest,
        code=digest_of(normalised(job.code) if job.kind == "sql" else job.code),
        parallelism=job.spec.parallelism,
        configuration={**binding.configuration, **binding.submission},
        tables={table.name: table.ddl() for table in binding.tables},
    )
