"""The declared jobs, each read alone, so that a wrong one is in nobody's way but its own."""

from collections.abc import Mapping
from dataclasses import dataclass

from headgate.errors import SpecError
from headgate.ids import JobName
from headgate.operations.services import Services
from headgate.spec.declared import DeclaredJob
from headgate.spec.load import declared_job_names, load_job_alone
from headgate.spec.unknown_jobs import refuse_unknown_jobs


@dataclass(frozen=True)
class OneByOne:
    """By name, in order. `wrong` says of each job that cannot be read what is the matter."""

    jobs: Mapping[JobName, DeclaredJob]
    wrong: Mapping[JobName, str]


def declared_one_by_one(services: Services) -> OneByOne:
    """Every job that has a folder, unchecked against the topics."""
    jobs: dict[JobName, DeclaredJob] = {}
    wrong: dict[JobName, str] = {}
    for name in sorted(declared_job_names(services.project)):
        try:
            loaded = load_job_alone(services.project, name)
        except SpecError as error:
            wrong[name] = f"its files are wrong: {error.what}"
            continue
        if loaded is not None and loaded.job is not None:
            jobs[name] = loaded.job
    return OneByOne(jobs, wrong)


def declared_by_itself(services: Services, name: JobName) -> DeclaredJob:
    """One job, whatever the files of the others say.

    Raises:
        Rejected: there is no such job.
        SpecError: its own files are wrong.

    """
    loaded = load_job_alone(services.project, name)
    if loaded is None or loaded.job is None:
        known = set(declared_job_names(services.project)) - {name}
        refuse_unknown_jobs([name], known)
        raise AssertionError(name)
    return loaded.job
