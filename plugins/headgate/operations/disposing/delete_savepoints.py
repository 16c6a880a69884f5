"""Dispose of savepoints: by a JobManager that can read them, else by deleting the folder."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

from headgate.clients.flink import FlinkClient
from headgate.clients.locations import is_below, plain_location
from headgate.clients.storage import delete_folder, delete_if_empty, is_there
from headgate.errors import HeadgateError, Rejected, Unavailable
from headgate.ids import FlinkLineName
from headgate.ledger.records import Json
from headgate.operations.disposing.choose_savepoints import ChooseSavepoints
from headgate.operations.disposing.in_use import locations_in_use
from headgate.operations.engine.step import Absent, Done, Intention, Look, Run
from headgate.operations.savepointing.found_savepoint import savepoint_root

_DISPOSAL_TAKES = timedelta(seconds=20)
_AT_ONCE = timedelta(minutes=1)
_BETWEEN_LOOKS = timedelta(milliseconds=250)


class DeleteSavepoints:
    """Done when nothing is left of any of them in the storage, however it went.

    What is disposed of by a JobManager may have files outside its own folder; what no JobManager
    disposes of is deleted only within the job's own folder of savepoints.
    """

    name: ClassVar[str] = "delete"
    title: ClassVar[str] = "Dispose of them"
    patience: ClassVar[timedelta] = timedelta(minutes=15)

    def intend(self, run: Run) -> Json:
        """The savepoints, and the line that made each."""
        lines = {s.location: s.line for s in run.services.ledger.snapshots(run.job)}
        chosen = run.evidence[ChooseSavepoints.name]["dispose"]
        return {"lines": {location: lines[location] for location in chosen}}

    def look(self, run: Run, intention: Intention) -> Look:
        """Whether anything is left."""
        del run
        left = [location for location in intention.intent["lines"] if is_there(location)]
        return Absent() if left else Done({"note": f"{len(intention.intent['lines'])} are gone"})

    def act(self, run: Run, intention: Intention) -> None:
        """Dispose of each that is still there; all are tried before an error is told.

        One that another operation names since they were marked is left to it. What cannot be begun
        within `_AT_ONCE` is left to the next time, so that a worker is not held for long.
        """
        once = replace(run, services=run.services.for_one_pass())
        clock = run.services.clock
        end = clock.monotonic() + _AT_ONCE.total_seconds()
        failures: list[HeadgateError] = []
        used = {plain_location(at) for at in locations_in_use(run.services, run.job, run.id)}
        for location, line in intention.intent["lines"].items():
            try:
                if not is_there(location):
                    continue
                if clock.monotonic() > end:
                    raise _takes_longer(run, location)
                if plain_location(location) in used:
                    raise _is_needed(run, location)
                _dispose(once, location, line)
            except HeadgateError as failure:
                failures.append(failure)
        if failures:
            raise failures[0]


def _takes_longer(run: Run, location: str) -> Unavailable:
    return Unavailable(
        f"{run.job}: disposing takes longer; {location} and perhaps others are still there",
        still_true="They are marked as being disposed of; nothing is restored from them.",
        next_step=f"headgate dispose-savepoints {run.job}",
    )


def _is_needed(run: Run, location: str) -> Rejected:
    return Rejected(
        f"{run.job}: {location} is used by another operation or deployment since it was chosen",
        still_true="It was not disposed of; it is marked, so that nothing else begins with it.",
        next_step=f"headgate dispose-savepoints {run.job} when that has its own checkpoint",
    )


def _dispose(run: Run, location: str, line: str) -> None:
    reasons = []
    for client in _live_clients(run, line):
        reason = _ask(run, client, location)
        if not is_there(location):
            break
        reasons.append(f"Flink {client.line}: {reason}")
    root = savepoint_root(run.services, run.job)
    if is_there(location):
        if not is_below(location, root):
            raise Unavailable(
                f"{run.job}: {location} was not disposed of ({'; '.join(reasons) or 'no Flink'}), "
                f"and it is not below {root}, so its folder is not deleted either",
                still_true="It is marked as being disposed of; nothing is restored from it.",
                next_step=f"start a Flink of line {line}, then headgate dispose-savepoints "
                f"{run.job}",
            )
        delete_folder(location)
    own_folder = location.rstrip("/").rsplit("/", 1)[0]
    if is_below(own_folder, root):
        delete_if_empty(own_folder)


def _live_clients(run: Run, line: str) -> Iterator[FlinkClient]:
    """JobManagers that answer and can read the savepoint: those of its own line, then newer ones.

    A newer Flink reads what an older has written; the other way round is not promised.
    """
    lines = sorted(run.services.environment.settings.flink, key=_version)
    for name in lines:
        if _version(name) < _version(line):
            continue
        client = run.services.flink(FlinkLineName(name))
        try:
            client.overview()
        except HeadgateError:
            continue
        yield client


def _version(line: str) -> tuple[int, ...]:
    return tuple(int(part) for part in line.split(".") if part.isdigit())


def _ask(run: Run, client: FlinkClient, location: str) -> str:
    """Why it did not dispose of the savepoint; whether it did is the storage's to say."""
    clock = run.services.clock
    try:
        request = client.dispose(location)
        end = clock.monotonic() + _DISPOSAL_TAKES.total_seconds()
        while clock.monotonic() < end:
            status = client.disposal_status(request)
            if status is None or not status.in_progress:
                return "forgotten" if status is None else status.failure or "disposed of"
            clock.sleep(_BETWEEN_LOOKS)
    except HeadgateError as error:
        return error.what
    return f"not within {_DISPOSAL_TAKES.total_seconds():.0f} s"
