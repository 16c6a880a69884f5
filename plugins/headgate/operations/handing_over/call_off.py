"""Call a hand-over off: the first job publishes as before, of the second one nothing stays."""

from datetime import timedelta
from typing import ClassVar

from headgate.clients.storage import delete_folder, is_there
from headgate.errors import HeadgateError, Indeterminate, Unavailable
from headgate.ledger.records import Json
from headgate.operations.deployment.whole_file import writing_artefacts
from headgate.operations.ending.cancel_turn import cancel_and_wait
from headgate.operations.engine.step import Absent, Done, Intention, Look, Pending, Run
from headgate.operations.handing_over.side import Side, as_intent, is_alive
from headgate.operations.restoring.known_snapshots import checkpoint_folder
from headgate.operations.upgrading.plan_upgrade import live_deployment
from headgate.plan.handover import CLOSED, Bounds, has_bounds

_POLL = timedelta(milliseconds=500)
_SEEN_WITHIN = timedelta(seconds=40)
"""Gates read their file within a second; only what they say of it may come late."""
_ENDS_WITHIN = timedelta(seconds=20)
_SILENT_FOR = timedelta(seconds=60)


class OpenFirst:
    """The first job publishes again without an end. Before the second one is closed for good."""

    name: ClassVar[str] = "open_first"
    title: ClassVar[str] = "Call the hand-over off"
    patience: ClassVar[timedelta] = timedelta(minutes=10)

    def intend(self, run: Run) -> Json:
        """The first job, and from where it publishes."""
        live = live_deployment(run)
        old = as_intent(live.flink_job_id, live.line, run.evidence["state"]["old_gates"])
        return {"old": old, "after": Side.of_intent(run, old).given.after}

    def look(self, run: Run, intention: Intention) -> Look:
        """What its gates were told, then what they say."""
        side, wanted = _first(run, intention)
        if side.given != wanted:
            return Absent()
        if intention.elapsed < _SEEN_WITHIN and _is_unseen(side, wanted):
            return Pending("waiting until the first job's gates are open", _POLL)
        return Done({})

    def act(self, run: Run, intention: Intention) -> None:
        """Tell them."""
        side, wanted = _first(run, intention)
        with writing_artefacts(run, still_true="Both jobs run on."):
            side.give(wanted)


class RemoveSecond:
    """Evidence: `left` says what could not be removed because its cluster does not answer.

    Its gates are closed, so that it publishes nothing whatever becomes of it.
    """

    name: ClassVar[str] = "remove_second"
    title: ClassVar[str] = "Remove the second job"
    patience: ClassVar[timedelta] = timedelta(minutes=10)

    def intend(self, run: Run) -> Json:
        """The second job and its checkpoints."""
        job_id = run.evidence["submit"]["flink_job_id"]
        gates = run.evidence["state"]["new_gates"]
        return {
            "new": as_intent(job_id, run.evidence["plan"]["line"], gates),
            "checkpoints": f"{checkpoint_folder(run.services, run.job)}/{job_id}",
        }

    def look(self, run: Run, intention: Intention) -> Look:
        """Its gates, the job, and what it has left."""
        intent = intention.intent
        side = Side.of_intent(run, intent["new"])
        if side.given != CLOSED:
            return Absent()
        try:
            is_left = is_alive(side.picture())
        except (Unavailable, Indeterminate) as error:
            if intention.elapsed < _SILENT_FOR:
                return Pending(error.what, _POLL)
            left = f"Flink {side.client.line} does not answer; if {side.id} is there, it is closed"
            return Done({"left": left, "note": left})
        return Absent() if is_left or is_there(intent["checkpoints"]) else Done({"left": None})

    def act(self, run: Run, intention: Intention) -> None:
        """Close it, cancel it, and delete its checkpoints when it has ended."""
        intent = intention.intent
        side = Side.of_intent(run, intent["new"])
        with writing_artefacts(run, still_true="Both jobs run on."):
            side.give(CLOSED)
        if is_alive(side.picture()):
            cancel_and_wait(run, side.client, side.id, _ENDS_WITHIN)
        if not is_alive(side.picture()):
            delete_folder(intent["checkpoints"])


def _first(run: Run, intention: Intention) -> tuple[Side, Bounds]:
    return Side.of_intent(run, intention.intent["old"]), Bounds(after=intention.intent["after"])


def _is_unseen(side: Side, wanted: Bounds) -> bool:
    """Whether a gate of a running job is not yet seen to judge by these bounds."""
    try:
        if not is_alive(side.picture()):
            return False
        gates = side.client.gates(side.id)
    except HeadgateError:
        return True
    return len(gates) < side.gates or not all(has_bounds(gate, wanted) for gate in gates)
