"""A declared job bound to what the registry holds: the common ground of a deployment's steps."""

from dataclasses import dataclass

from headgate.clients.registry import RegisteredSchema
from headgate.errors import Rejected
from headgate.ids import Digest, FlinkLineName, JobName, TopicName
from headgate.operations.deployment.side_of_running import side_of_running
from headgate.operations.services import Services
from headgate.plan.beside import beside_binding
from headgate.plan.binding import Binding, live_binding, plan_digest
from headgate.plan.declared_subject import DeclaredSubject, subjects_of
from headgate.plan.difference import schema_difference
from headgate.spec.at_line import at_line
from headgate.spec.declared import Declared, DeclaredJob, DeclaredTopic
from headgate.spec.load import load_declared, load_job_with_topics
from headgate.spec.schema_form import same_schema
from headgate.spec.unknown_jobs import refuse_unknown_jobs

_MOST_LINES = 12


@dataclass(frozen=True)
class BoundJob:
    """The job, its binding, and the digest of its compiled plan (none for a Python job)."""

    job: DeclaredJob
    binding: Binding
    plan_digest: Digest | None


def declared_job(services: Services, name: JobName) -> DeclaredJob:
    """The job as the files declare it now. Raises Rejected if there is none."""
    return _declared_job(load_declared(services.project), name)


def bind(
    services: Services, name: JobName, spec_digest: Digest, line: str | None = None
) -> BoundJob:
    """Bind the job that was asked for, for the declared Flink line or another.

    Raises:
        Rejected: the files changed since then, or a schema is not registered as declared.

    """
    bound = bind_now(services, name, line)
    _refuse_other_files(bound, spec_digest)
    return bound


def bind_now(services: Services, name: JobName, line: str | None = None) -> BoundJob:
    """Bind the job as its files are now. Raises Rejected as `bind` does."""
    return _bound(services, load_declared(services.project), name, line)


def bind_by_itself(
    services: Services, name: JobName, spec_digest: Digest, line: str | None = None
) -> BoundJob:
    """As `bind`, whatever the files of other jobs say: for what changes nothing of what runs."""
    bound = _bound(services, load_job_with_topics(services.project, name), name, line)
    _refuse_other_files(bound, spec_digest)
    return bound


def _refuse_other_files(bound: BoundJob, spec_digest: Digest) -> None:
    if bound.job.digest != spec_digest:
        raise Rejected(
            f"{bound.job.name}: its files changed while this was under way",
            still_true="Nothing was submitted.",
            next_step="run the same command again",
        )


def _bound(services: Services, declared: Declared, name: JobName, line: str | None) -> BoundJob:
    job = _declared_job(declared, name)
    if line is not None:
        job = at_line(job, FlinkLineName(line))
    topics = [declared.topics[TopicName(topic)] for topic in (*job.spec.sources, *job.spec.sinks)]
    values, keys = _registered(services, name, topics)
    binding = live_binding(job, declared.topics, services.environment, values, registered_keys=keys)
    side = side_of_running(services, name)
    if side is not None:
        binding = beside_binding(binding, services.environment.name, side)
    return BoundJob(job, binding, plan_digest(binding) if job.kind == "sql" else None)


def _declared_job(declared: Declared, name: JobName) -> DeclaredJob:
    refuse_unknown_jobs([name], declared.jobs)
    return declared.jobs[name]


def _registered(
    services: Services, job: JobName, topics: list[DeclaredTopic]
) -> tuple[dict[TopicName, str], dict[TopicName, str]]:
    """Whole value and key schemas as the registry holds them, or one error about all others."""
    values: dict[TopicName, str] = {}
    keys: dict[TopicName, str] = {}
    problems = []
    for topic in topics:
        for subject in subjects_of(topic):
            latest = services.registry.latest(subject.name)
            if latest is None:
                problems.append(f"schema {subject.name} is not registered")
            elif not same_schema(latest.whole_text, subject.whole):
                problems.append(_differs(latest, subject))
            else:
                held = keys if subject.name.endswith("-key") else values
                held[topic.name] = latest.whole_text
    if problems:
        raise Rejected(
            "\n".join(f"{job}: {problem}" for problem in problems),
            still_true="Nothing was changed.",
            next_step="headgate plan, then headgate apply",
        )
    return values, keys


def _differs(latest: RegisteredSchema, subject: DeclaredSubject) -> str:
    """In the lines of a diff: `-` what is registered, `+` what is declared."""
    lines = schema_difference(latest.whole_text, subject.whole)
    shown = [f"  {line.sign} {line.text}" for line in lines[:_MOST_LINES]]
    what = (
        f"schema {subject.name} is registered otherwise than it is declared; version "
        f"{latest.version}, the latest (-), and declared (+):"
    )
    return "\n".join([what, *shown])
