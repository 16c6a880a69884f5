"""What is asked for when a job is to be brought back: the same for every way to ask."""

from collections.abc import Mapping
from typing import Any

from headgate.errors import Rejected
from headgate.ids import JobName
from headgate.ledger.records import Json
from headgate.operations.options import flag, refuse_unknown_options, text
from headgate.operations.restoring.chosen_snapshot import concerns
from headgate.operations.services import Services
from headgate.operations.stopping.find_running import refuse_never_deployed


def restart_request(
    services: Services, kind: str, job: JobName, options: Mapping[str, Any]
) -> Json:
    """The named snapshot, if one is named, and what a person has agreed to.

    `options`: `from` is a location; `accept_age` takes a snapshot in spite of its age;
    `confirmed` takes the named one whatever speaks against it; `runs_nowhere` says that the job
    has ended, also where headgate cannot look.

    Raises:
        Rejected: an option is none, the named snapshot is broken, or something speaks against it
            that nobody has agreed to.

    """
    refuse_unknown_options(options, "from", "accept_age", "confirmed", "runs_nowhere")
    named, accept_age = text(options, "from"), flag(options, "accept_age")
    is_confirmed = flag(options, "confirmed")
    refuse_never_deployed(services, job)
    if named is not None and not is_confirmed:
        found = concerns(services, job, named)
        if accept_age:
            found = {one: said for one, said in found.items() if one not in ("age", "older")}
        if found:
            raise Rejected(
                "\n".join(found.values()),
                still_true="Nothing was changed.",
                next_step=f"headgate {kind} {job} --from {named} --yes if that is wanted",
            )
    nowhere = {"runs_nowhere": True} if flag(options, "runs_nowhere") else {}
    return {"from": named, "accept_age": accept_age, **nowhere}
