"""The trigger form over declared jobs, and the check of what was really sent."""

from typing import Any

from airflow.sdk import Param, get_current_context, task

from headgate.airflow.run_conf import refuse_unknown_keys
from headgate.airflow.surroundings import errors_for_airflow, project
from headgate.spec.load import declared_job_names, load_declared
from headgate.spec.unknown_jobs import refuse_unknown_jobs


def jobs_param(description: str, *, at_least_one: bool = False) -> Param:
    """A list of jobs to choose from.

    Only folder names are read here, because this runs at every parse of the DAG file. The form
    offers them as `examples`; `chosen_jobs` refuses others.
    """
    names = list(declared_job_names(project()))
    return Param(
        [] if not at_least_one else names[:1],
        type="array",
        items={"type": "string", "maxLength": 80},
        examples=names,
        minItems=1 if at_least_one else 0,
        maxItems=1000,
        title="Jobs",
        description=description,
    )


def job_param(description: str) -> Param:
    """One job; the form offers the declared ones."""
    names = list(declared_job_names(project()))
    return Param(
        names[0] if names else "",
        type="string",
        maxLength=80,
        examples=names,
        title="Job",
        description=description,
    )


@task(retries=0)
def chosen_jobs() -> list[str]:
    """The jobs of the form; with none chosen, every declared job.

    What the form could not check is refused here, before anything is done.
    """
    refuse_unknown_keys()
    context: Any = get_current_context()
    with errors_for_airflow():
        known = load_declared(project()).jobs
        chosen = list(dict.fromkeys(context["params"]["jobs"])) or sorted(known)
        refuse_unknown_jobs(chosen, known)
    return chosen
