"""The schedules that headgate.toml gives to the DAGs that look after things."""

import tomllib

from headgate.airflow.surroundings import project
from headgate.errors import HeadgateError
from headgate.spec.drift import MANUAL
from headgate.spec.project import CONFIG_FILE


def written_schedule(section: str, default: str) -> str | None:
    """`schedule` of a section of headgate.toml; None for `manual`.

    This runs at every parse of a DAG file, so the file is read and not checked. A file that
    cannot be read does not take the DAG away: its runs tell what is wrong with it.
    """
    try:
        written = tomllib.loads((project() / CONFIG_FILE).read_text(encoding="utf-8"))
        schedule = str(written.get(section, {}).get("schedule", default))
    except (OSError, ValueError, AttributeError, HeadgateError):
        return default
    return None if schedule == MANUAL else schedule
