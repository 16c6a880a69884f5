"""Topics of one test's own, in the project that an Airflow of the tests' own serves."""

import json
import shutil
from typing import Any
from uuid import uuid4

from headgate.clients.kafka_admin import KafkaAdmin
from headgate.clients.registry import Registry
from headgate.ids import TopicName
from headgate.ledger.records import ContractRunRecord

from harness.own_airflow import OwnAirflow

PROVISION = "provision_topics"
FIELDS: list[tuple[str, Any]] = [("device", "string"), ("value", "double")]


class Contracts:
    """What one test declares, and what the servers have of it."""

    def __init__(self, airflow: OwnAirflow) -> None:
        self.airflow = airflow
        self.project = airflow.project
        self.prefix = f"t{uuid4().hex[:8]}"
        self.admin = KafkaAdmin(airflow.environment.settings.kafka)
        self.registry = Registry(airflow.environment.settings.registry)
        shutil.rmtree(self.project.root / "schemas")
        (self.project.root / "schemas").mkdir()
        self.configure()

    def configure(
        self, notifier: str = "headgate.airflow.webhook_notifier.WebhookNotifier", **changes: Any
    ) -> None:
        """Write headgate.toml with its sections about drift."""
        self.project.use(owned_topic_prefixes=(f"{self.prefix}-",), **changes)
        with (self.project.root / "headgate.toml").open("a") as file:
            file.write('\n[drift]\nschedule = "manual"\n')
            file.write(f'\n[notifier]\nclass = "{notifier}"\n')
            file.write('\n[notifier.arguments]\nconnection = "chat"\n')

    def declare(self, name: str, days: int = 7, **yaml: Any) -> TopicName:
        topic = TopicName(f"{self.prefix}-{name}")
        yaml = {"key": "device", "retention": {"time": f"{days}d"}, **yaml}
        self.project.topic(topic, FIELDS, **yaml)
        return topic

    def allow_unit(self, topic: TopicName) -> str:
        """Declare one optional field more; the text of the schema."""
        file = self.project.root / "schemas" / topic / "value.avsc"
        schema = json.loads(file.read_text())
        schema["fields"].append({"name": "unit", "type": "string", "default": "bar"})
        file.write_text(json.dumps(schema))
        return file.read_text()

    def provision(self) -> None:
        run, state = self.airflow.run(PROVISION)
        assert state == "success", "\n".join(
            self.airflow.log(PROVISION, run, task) for task in ("show_plan", "apply_shown")
        )

    def versions(self, topic: TopicName) -> tuple[int, ...]:
        return self.registry.versions(f"{topic}-value")

    def retention(self, topic: TopicName) -> str:
        return self.admin.look([topic]).topics[topic].configs["retention.ms"]

    def exists(self, topic: TopicName) -> bool:
        return topic in self.admin.look([topic]).topics

    def recorded(self, run: str, dag_id: str = PROVISION) -> list[ContractRunRecord]:
        """What the ledger has of a run, newest first."""
        surface = f"airflow:{dag_id}/{run}"
        runs = self.project.services.ledger.contract_runs()
        return [one for one in runs if one.surface == surface]
