"""The names of the declared jobs, without reading their files: cheap enough for every parse."""

from collections.abc import Sequence
from pathlib import Path

from headgate.ids import JobName


def declared_job_names(project: Path) -> Sequence[JobName]:
    """Folders of `flink_jobs/` with a `job.yaml`, sorted. Whether they load is not asked."""
    return [
        JobName(file.parent.name) for file in sorted((project / "flink_jobs").glob("*/job.yaml"))
    ]
