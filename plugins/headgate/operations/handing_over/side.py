"""One of the two jobs of a hand-over: looked at, and told what its gates let pass."""

from dataclasses import dataclass
from pathlib import Path

from headgate.clients.flink import FlinkClient, JobPicture
from headgate.ids import FlinkJobId, FlinkLineName
from headgate.ledger.records import Json
from headgate.operations.engine.step import Run
from headgate.operations.handover_bounds import bounds_file, bounds_given, write_bounds
from headgate.plan.handover import Bounds, SideView


@dataclass(frozen=True)
class Side:
    """A Flink job, its cluster, the file that its gates read, and how many gates there are."""

    client: FlinkClient
    id: FlinkJobId
    file: Path
    gates: int
    """One for each sink and instance of it."""

    @classmethod
    def of_intent(cls, run: Run, intent: Json) -> "Side":
        """Of what `as_intent` wrote."""
        job_id = FlinkJobId(intent["flink_job_id"])
        client = run.services.flink(FlinkLineName(intent["line"]))
        return cls(client, job_id, bounds_file(run.services, run.job, job_id), intent["gates"])

    def picture(self) -> JobPicture | None:
        """One look; None if Flink does not know the job."""
        return self.client.job(self.id)

    def view(self, picture: JobPicture) -> SideView:
        """What it says of itself, `picture` before its gates: these are then at least as new."""
        mark = picture.watermark
        return SideView(
            is_running=picture.state == "RUNNING",
            watermark=None if mark is None else round(mark.timestamp() * 1000),
            restarts=picture.restarts,
            gates=self.client.gates(self.id),
            gates_expected=self.gates,
        )

    @property
    def given(self) -> Bounds:
        """What its gates were told to let pass."""
        return bounds_given(self.file)

    def give(self, bounds: Bounds) -> None:
        """Tell its gates what to let pass."""
        write_bounds(self.file, bounds)


def as_intent(job_id: str, line: str, gates: int) -> dict[str, str | int]:
    """A side in the intent of a step."""
    return {"flink_job_id": job_id, "line": line, "gates": gates}


def is_alive(picture: JobPicture | None) -> bool:
    """Whether a job is there and has not ended, whatever it does."""
    return picture is not None and not picture.is_terminal
