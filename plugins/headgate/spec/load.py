"""Load and check everything that a project declares."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from headgate.ids import JobName, TopicName
from headgate.spec.check_ends import check_job_topics, check_writers
from headgate.spec.collecting import Collector
from headgate.spec.declared import Declared, DeclaredTopic
from headgate.spec.load_job import LoadedJob, load_job
from headgate.spec.load_topic import LoadedTopic, load_topic
from headgate.spec.load_types import TYPES, load_types, unused_types
from headgate.spec.names import name_problem

SCHEMAS, JOBS = "schemas", "flink_jobs"


def load_declared(project: Path) -> Declared:
    """All topics and jobs of a project. Raises `SpecError` with every finding of every file."""
    collector = Collector()
    topics = _load_topics(project, collector)
    jobs = _load_jobs(project, collector)
    for job in jobs:
        collector.extend(check_job_topics(job, topics))
    collector.extend(check_writers(jobs))
    collector.raise_if_any()
    return Declared(topics=_complete(topics), jobs={one.name: one.job for one in jobs if one.job})


def load_topics(project: Path) -> Mapping[TopicName, DeclaredTopic]:
    """All topics of a project. Raises `SpecError` with every finding of `schemas/`."""
    collector = Collector()
    topics = _load_topics(project, collector)
    collector.raise_if_any()
    return _complete(topics)


def load_job_alone(project: Path, name: JobName) -> LoadedJob | None:
    """One job, unchecked against the topics; None if no folder of that name is a job.

    What takes a thing out of the policy of one job need not read all of them. Raises `SpecError`
    with every finding of its folder.
    """
    folder = project / JOBS / name
    if name_problem(name) is not None or not folder.is_dir() or not _is_job(folder):
        return None
    collector = Collector()
    loaded = load_job(folder, collector)
    collector.raise_if_any()
    return loaded


def load_job_with_topics(project: Path, name: JobName) -> Declared:
    """All topics and this one job, whatever the files of the other jobs say.

    Without the job if no folder of that name is one. Raises `SpecError` with every finding of
    `schemas/` and of its folder.
    """
    collector = Collector()
    topics = _load_topics(project, collector)
    folder = project / JOBS / name
    loaded = None
    if name_problem(name) is None and folder.is_dir() and _is_job(folder):
        loaded = load_job(folder, collector)
    if loaded is not None:
        collector.extend(check_job_topics(loaded, topics))
    collector.raise_if_any()
    jobs = {loaded.name: loaded.job} if loaded is not None and loaded.job is not None else {}
    return Declared(topics=_complete(topics), jobs=jobs)


def declared_job_names(project: Path) -> tuple[JobName, ...]:
    """The jobs by their folders, in order and unchecked: quick enough for every parse of a DAG."""
    folders = (folder for folder in _folders(project / JOBS) if _is_job(folder))
    return tuple(JobName(folder.name) for folder in folders if name_problem(folder.name) is None)


def _complete(topics: Mapping[str, LoadedTopic]) -> dict[TopicName, DeclaredTopic]:
    return {loaded.name: loaded.topic for loaded in topics.values() if loaded.topic}


def _load_topics(project: Path, collector: Collector) -> dict[str, LoadedTopic]:
    types = load_types(project / SCHEMAS, collector)
    folders = (folder for folder in _folders(project / SCHEMAS) if folder.name != TYPES)
    topics = {folder.name: load_topic(folder, collector, types) for folder in folders}
    uses = [topic.uses for topic in topics.values()]
    if None not in uses:
        collector.extend(unused_types(types, {name for one in uses if one for name in one}))
    return topics


def _load_jobs(project: Path, collector: Collector) -> list[LoadedJob]:
    attempts = [
        load_job(folder, collector) for folder in _folders(project / JOBS) if _is_job(folder)
    ]
    return [loaded for loaded in attempts if loaded]


def _is_job(folder: Path) -> bool:
    """A folder is a job if it holds a file `job.*`; `headgate_runtime` holds none."""
    return any(folder.glob("job.*"))


def _folders(parent: Path) -> Iterator[Path]:
    if not parent.is_dir():
        return
    for folder in sorted(parent.iterdir()):
        if folder.is_dir() and not folder.name.startswith((".", "__")):
            yield folder
