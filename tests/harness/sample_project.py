"""A project folder of a test's own on the shared stack: its topics, jobs, ledger and artefacts."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headgate.clients.flink import FlinkClient
from headgate.ids import EnvironmentName, FlinkJobId, FlinkLineName, JobName
from headgate.local.offer import toml_text
from headgate.operations.services import Services
from headgate.spec.declared import NamedEnvironment
from headgate.spec.environment import Environment

from harness.stack import PROJECT

HEADGATE = (sys.executable, "-m", "headgate.cli.main")
TIMESTAMP = {"type": "long", "logicalType": "timestamp-millis"}


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)

    def json_lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


class SampleProject:
    """Uses the servers of the stack under an environment name of its own."""

    def __init__(
        self, root: Path, environment: NamedEnvironment, name: str, configuration: str = ""
    ) -> None:
        """`configuration` is what headgate.toml has besides its environment."""
        self.root = root
        self.name = name
        self._settings = environment.settings
        self._configuration = configuration
        (root / "schemas").mkdir(parents=True)
        (root / "flink_jobs").mkdir()
        shutil.copytree(
            PROJECT / "flink_jobs" / "headgate_runtime", root / "flink_jobs" / "headgate_runtime"
        )
        self.use()

    def move_to(self, environment: NamedEnvironment) -> None:
        """Use the servers of another stack from now on."""
        self._settings = environment.settings
        self.use()

    def use(self, **changes: Any) -> None:
        """Write headgate.toml: the stack's servers, with some settings put in their place."""
        own = {
            "artefacts": self.root / "artefacts",
            "ledger": f"sqlite:///{self.root}/ledger.sqlite",
            **changes,
        }
        settings = self._settings.model_copy(update=own).model_dump(mode="json", exclude_none=True)
        content = {"default": self.name, "environments": {self.name: settings}}
        (self.root / "headgate.toml").write_text(toml_text(content) + self._configuration)

    def flink_at(self, line: str, rest: str) -> dict[str, Any]:
        """The Flink clusters with another address for one line, for `use(flink=...)`."""
        cluster = self._settings.flink[line].model_copy(update={"rest": rest})
        return {**self._settings.flink, line: cluster}

    @property
    def services(self) -> Services:
        settings = Environment.model_validate(
            {
                **self._settings.model_dump(),
                "artefacts": self.root / "artefacts",
                "ledger": f"sqlite:///{self.root}/ledger.sqlite",
            }
        )
        return Services(self.root, NamedEnvironment(EnvironmentName(self.name), settings, None))

    def topic(self, name: str, fields: list[tuple[str, Any]], **yaml: Any) -> None:
        folder = self.root / "schemas" / name
        folder.mkdir(exist_ok=True)
        record = {
            "type": "record",
            "name": "".join(part.title() for part in name.split("-")),
            "namespace": "io.headgate.tests",
            "fields": [{"name": field, "type": kind} for field, kind in fields],
        }
        (folder / "value.avsc").write_text(json.dumps(record, indent=2))
        content = {"description": "A topic.", "owner": "tests", "partitions": 1, **yaml}
        (folder / "topic.yaml").write_text(json.dumps(content))

    def job(self, name: str, sql: str, **yaml: Any) -> None:
        folder = self.root / "flink_jobs" / name
        folder.mkdir(exist_ok=True)
        (folder / "job.sql").write_text(sql)
        content = {"description": "A job.", "owner": "tests", **yaml}
        (folder / "job.yaml").write_text(json.dumps(content))

    def run(self, *arguments: str, timeout: float = 180, command: Any = HEADGATE) -> Ran:
        ended = subprocess.run(
            [*command, *arguments],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return Ran(ended.returncode, ended.stdout, ended.stderr)

    def start(self, *arguments: str, command: Any = HEADGATE) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*command, *arguments],
            cwd=self.root,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    @property
    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("HEADGATE_")}
        path = f"{PROJECT / 'plugins'}{os.pathsep}{PROJECT / 'tests'}"
        return {**kept, "PYTHONPATH": path, "COLUMNS": "200"}

    def live(self, job: str, line: str) -> list[FlinkJobId]:
        """Flink jobs of that name that have not ended."""
        return list(self.flink(line).live_jobs_named(JobName(job)))

    def flink(self, line: str) -> FlinkClient:
        return FlinkClient(FlinkLineName(line), self._settings.flink[line].rest)

    def end_all_jobs(self) -> None:
        """Cancel what the test has left running, one after the other."""
        for line in self._settings.flink:
            client = self.flink(line)
            for deployment in self.services.ledger.deployments():
                if deployment.line == line:
                    picture = client.job(deployment.flink_job_id)
                    if picture is not None and not picture.is_terminal:
                        client.cancel(deployment.flink_job_id)
