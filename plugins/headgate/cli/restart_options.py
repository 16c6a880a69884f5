"""Options of every command that starts a job from a snapshot: what a person agrees to."""

from typing import Annotated

import typer

AcceptAgeOption = Annotated[
    bool,
    typer.Option(
        "--accept-age",
        help="Restore also a snapshot older than recovery.max_age of job.yaml: results since are "
        "published again.",
    ),
]
RunsNowhereOption = Annotated[
    bool,
    typer.Option(
        "--runs-nowhere",
        help="Take it that the job has ended, also on a cluster that cannot be asked any more.",
    ),
]
