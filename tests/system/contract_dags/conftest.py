"""One Airflow of their own for these tests, with a notifier that posts to a server of ours."""

from collections.abc import Iterator

import pytest
from harness.dag_contracts import Contracts
from harness.own_airflow import OwnAirflow, own_airflow
from harness.webhook import Webhook, webhook
from headgate.ids import TopicName


@pytest.fixture(scope="package")
def chat() -> Iterator[Webhook]:
    with webhook() as hook:
        yield hook


@pytest.fixture(scope="package")
def airflow(chat: Webhook, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnAirflow]:
    with own_airflow(tmp_path_factory.mktemp("contracts") / "project") as running:
        connection = {
            "connection_id": "chat",
            "conn_type": "http",
            "host": "http://127.0.0.1/hooks",
            "port": chat.port,
            "password": "s3cret-end",
        }
        running.connect(connection)
        yield running


@pytest.fixture
def contracts(airflow: OwnAirflow) -> Contracts:
    return Contracts(airflow)


@pytest.fixture
def shortened(contracts: Contracts) -> TopicName:
    """A topic that keeps 8 days, declared with 7: to shorten it needs an approval."""
    topic = contracts.declare("shortened", days=8)
    contracts.provision()
    contracts.declare("shortened", days=7)
    return topic
