"""Which Flink jobs of a name run, on whatever line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from headgate.errors import Unavailable
from headgate.ids import FlinkJobId, FlinkLineName, JobName
from headgate.operations.services import Services


@dataclass(frozen=True)
class LiveJobs:
    """`unreachable` names the lines whose cluster did not answer: what it runs is not seen."""

    lines: Mapping[FlinkJobId, FlinkLineName]
    unreachable: Sequence[FlinkLineName]


def live_jobs(services: Services, job: JobName, needed: FlinkLineName | None) -> LiveJobs:
    """Ask every cluster of the environment.

    Raises:
        Unavailable: the cluster of the line that is needed does not answer.

    """
    found: dict[FlinkJobId, FlinkLineName] = {}
    unreachable = []
    for name in sorted(services.environment.settings.flink):
        line = FlinkLineName(name)
        try:
            found |= dict.fromkeys(services.flink(line).live_jobs_named(job), line)
        except Unavailable:
            if line == needed:
                raise
            unreachable.append(line)
    return LiveJobs(found, unreachable)
