"""Changing the parallelism of a running job, which the adaptive scheduler does in place."""

from collections.abc import Mapping

from headgate.clients.flink.cluster_calls import ClusterCalls
from headgate.clients.flink.understood import understood
from headgate.clients.http import segment
from headgate.ids import FlinkJobId


class RescaleCalls(ClusterCalls):
    """Resource requirements of running jobs."""

    @understood
    def is_adaptive(self) -> bool:
        """Whether the cluster gives its streaming jobs the adaptive scheduler."""
        configured = self._configured()
        return (
            str(configured.get("jobmanager.scheduler", "")).lower() == "adaptive"
            or str(configured.get("scheduler-mode", "")).lower() == "reactive"
        )

    @understood
    def resource_requirements(self, job_id: FlinkJobId) -> Mapping[str, int]:
        """The highest parallelism that each vertex may have. Adaptive scheduler only."""
        answer = self._read(f"/jobs/{segment(job_id)}/resource-requirements")
        return {
            vertex: requirement["parallelism"]["upperBound"]
            for vertex, requirement in answer.items()
        }

    def require_parallelism(self, job_id: FlinkJobId, vertices: Mapping[str, int]) -> None:
        """Ask for another parallelism of every vertex; the same again is no change.

        Flink refuses a request that leaves out a vertex of the job ("incomplete", 2.3).
        """
        self._effect(
            "PUT",
            f"/jobs/{segment(job_id)}/resource-requirements",
            json={
                vertex: {"parallelism": {"lowerBound": 1, "upperBound": parallelism}}
                for vertex, parallelism in vertices.items()
            },
        )
