"""What a cluster says of itself beyond its version and slots."""

from collections.abc import Mapping, Sequence

from headgate.clients.flink.rest import FlinkRest
from headgate.clients.flink.understood import understood


class ClusterCalls(FlinkRest):
    """Configuration and class path of the JobManager. Its own log paths are among the values."""

    @understood
    def configuration(self) -> Mapping[str, str]:
        """Flink's options as the JobManager has them."""
        return self._configured()

    @understood
    def class_path(self) -> Sequence[str]:
        """File names of the jars on the JobManager's class path."""
        paths = self._read("/jobmanager/environment")["classpath"]
        return [str(path).rsplit("/", 1)[-1] for path in paths]

    def _configured(self) -> Mapping[str, str]:
        return {entry["key"]: entry["value"] for entry in self._read("/jobmanager/config")}
