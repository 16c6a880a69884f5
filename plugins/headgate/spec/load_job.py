"""Load one folder of `flink_jobs/`: job.yaml with either job.sql or job.py."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from headgate.errors import Finding
from headgate.ids import JobName, digest_of
from headgate.spec.check_job import check_job
from headgate.spec.collecting import Collector
from headgate.spec.declared import DeclaredJob
from headgate.spec.document import Document
from headgate.spec.flink_options import BUNDLE_SIZE
from headgate.spec.job import JobSpec
from headgate.spec.names import name_problem
from headgate.spec.python_lint.lint import lint_python
from headgate.spec.read_text import read_text
from headgate.spec.read_yaml import read_yaml
from headgate.spec.sql_lint import lint_sql
from headgate.spec.suggestion import did_you_mean
from headgate.spec.validate import validate

JOB_FILE, SQL_FILE, PYTHON_FILE = "job.yaml", "job.sql", "job.py"
_FILES = (JOB_FILE, SQL_FILE, PYTHON_FILE)


@dataclass(frozen=True)
class LoadedJob:
    """What `job.yaml` says, with its places, and the whole job where all of it could be read."""

    name: JobName
    spec: JobSpec
    document: Document
    job: DeclaredJob | None


def load_job(folder: Path, collector: Collector) -> LoadedJob | None:
    """What can be read of a job's folder; the collector takes all that is wrong with it.

    None if `job.yaml` cannot be understood.
    """
    problem = name_problem(folder.name)
    if problem:
        collector.extend([Finding(folder, 1, problem)])
    collector.extend(_unknown_files(folder))
    document = collector.attempt(read_yaml, folder / JOB_FILE)
    spec = collector.attempt(validate, JobSpec, document) if document else None
    if document and spec:
        collector.extend(check_job(document, spec))
    kind = _kind(folder, collector)
    code = _load_code(folder, kind, spec, collector) if kind else None
    if document is None or spec is None:
        return None
    name = JobName(folder.name)
    if kind is None or code is None:
        return LoadedJob(name, spec, document, None)
    of_code = (part for name_and_text in code.items() for part in name_and_text)
    parts = (read_text(document.file), *of_code)
    text = code[SQL_FILE if kind == "sql" else PYTHON_FILE]
    job = DeclaredJob(name, folder, spec, kind, text, digest_of(*parts), parts)
    return LoadedJob(name, spec, document, job)


def _unknown_files(folder: Path) -> list[Finding]:
    return [
        Finding(file, 1, f"no file of a job has this name{did_you_mean(file.name, _FILES)}")
        for file in sorted(folder.glob("job.*"))
        if file.name not in _FILES
    ]


def _kind(folder: Path, collector: Collector) -> Literal["sql", "python"] | None:
    sql, python = (folder / SQL_FILE).exists(), (folder / PYTHON_FILE).exists()
    if sql and python:
        collector.extend([Finding(folder / SQL_FILE, 1, "job.py is here too; keep one of them")])
    if not sql and not python:
        collector.extend([Finding(folder / JOB_FILE, 1, "beside it job.sql or job.py is missing")])
    if sql == python:
        return None
    return "sql" if sql else "python"


def _load_code(
    folder: Path, kind: Literal["sql", "python"], spec: JobSpec | None, collector: Collector
) -> dict[str, str] | None:
    """The code files by name, linted. None if one of them cannot be read."""
    files = [folder / SQL_FILE] if kind == "sql" else sorted(folder.glob("*.py"))
    texts = {file: collector.attempt(read_text, file) for file in files}
    # Without a readable job.yaml the bundle size is not known: give it the benefit of the doubt.
    are_timers_safe = spec is None or spec.flink_configuration.get(BUNDLE_SIZE) == "1"
    code: dict[str, str] = {}
    for file, text in texts.items():
        if text is None:
            continue
        code[file.name] = text
        if kind == "sql":
            collector.extend(lint_sql(file, text, spec.sinks if spec else None))
        else:
            collector.extend(lint_python(file, text, are_timers_safe=are_timers_safe))
    return code if len(code) == len(files) else None
