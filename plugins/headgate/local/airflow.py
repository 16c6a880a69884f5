"""Airflow: its database, API server, scheduler, DAG processor and triggerer."""

import json
import sys
from collections.abc import Mapping
from datetime import timedelta
from importlib.metadata import version

import requests

from headgate.local.files import write_whole
from headgate.local.layout import Layout
from headgate.local.loopback import get
from headgate.local.ports import HOST, Ports
from headgate.local.secrets import Secrets
from headgate.local.service import MEBIBYTE, Probe, Service

COMPONENT = "airflow"
ADMIN = "admin"
_INIT = "airflow-init"
_PROBE_SECONDS = 10
_WARM_UP_SECONDS = 120
_HEALTH_KEYS = {
    "airflow-scheduler": "scheduler",
    "airflow-dag-processor": "dag_processor",
    "airflow-triggerer": "triggerer",
}
_LIMITS = {
    "airflow-api-server": 900,
    "airflow-scheduler": 1500,  # with the tasks that run
    "airflow-dag-processor": 800,
    "airflow-triggerer": 800,
}


def airflow_url(ports: Ports) -> str:
    """Address of the UI and of the REST API."""
    return f"http://{HOST}:{ports['airflow-api-server.http']}"


def airflow_services(layout: Layout, ports: Ports, secrets: Secrets) -> list[Service]:
    """Write Airflow's files; return how its processes are run.

    The database is migrated first, unless it was by this version.
    """
    passwords = layout.service(COMPONENT) / "passwords.json"
    write_whole(passwords, json.dumps({ADMIN: secrets["airflow_admin_password"]}), secret=True)
    environment = airflow_environment(layout, ports, secrets)
    url = airflow_url(ports)
    migrated = is_migrated(layout)

    def service(name: str, *arguments: str, probe: Probe, address: str | None = None) -> Service:
        return Service(
            name=name,
            component=COMPONENT,
            command=[sys.executable, "-m", "airflow", *arguments],
            environment=environment,
            probe=probe,
            after=() if migrated else (_INIT,),
            memory_limit=_LIMITS[name] * MEBIBYTE,
            address=address,
            stop_within=timedelta(seconds=20),
            directory=str(layout.service(COMPONENT)),
        )

    # The log servers would listen on every interface; the API server reads the same files itself.
    services = [
        service("airflow-api-server", "api-server", probe=lambda: serves_tasks(url), address=url),
        service(
            "airflow-scheduler",
            *("scheduler", "--skip-serve-logs"),
            probe=lambda: is_healthy(url, "airflow-scheduler"),
        ),
        service(
            "airflow-dag-processor",
            "dag-processor",
            probe=lambda: is_healthy(url, "airflow-dag-processor"),
        ),
        service(
            "airflow-triggerer",
            *("triggerer", "--skip-serve-logs"),
            probe=lambda: is_healthy(url, "airflow-triggerer"),
        ),
    ]
    if not migrated:
        services.insert(0, _init_service(layout, environment))
    return services


def airflow_environment(layout: Layout, ports: Ports, secrets: Secrets) -> dict[str, str]:
    """Airflow's whole configuration, as the environment of its processes."""
    home = layout.service(COMPONENT)
    url = airflow_url(ports)
    settings: Mapping[str, object] = {
        "core.executor": "LocalExecutor",
        "core.parallelism": 4,
        "core.load_examples": False,
        "core.dags_are_paused_at_creation": False,
        "core.dags_folder": layout.project / "dags",
        "core.plugins_folder": layout.project / "plugins",
        "core.execution_api_server_url": f"{url}/execution/",
        "core.fernet_key": secrets["airflow_fernet_key"],
        "core.simple_auth_manager_users": f"{ADMIN}:admin",
        "core.simple_auth_manager_passwords_file": home / "passwords.json",
        "database.sql_alchemy_conn": f"sqlite:///{home / 'airflow.db'}",
        "api.host": HOST,
        "api.port": ports["airflow-api-server.http"],
        "api.base_url": url,
        "api.workers": 1,
        "api.secret_key": secrets["airflow_secret_key"],
        "api_auth.jwt_secret": secrets["airflow_jwt_secret"],
        # The first call to the execution API builds it, which takes longer than the default 5 s.
        "workers.execution_api_timeout": 30,
        "dag_processor.refresh_interval": 10,
        "dag_processor.min_file_process_interval": 15,
        "dag_processor.parsing_processes": 1,
        "logging.base_log_folder": home / "logs",
        "usage_data_collection.enabled": False,
    }
    configuration = {
        f"AIRFLOW__{key.replace('.', '__').upper()}": str(value) for key, value in settings.items()
    }
    return configuration | {
        "AIRFLOW_HOME": str(home),
        "TMPDIR": str(layout.temporary),
    }


def is_healthy(url: str, service: str) -> str | None:
    """Whether a component's heartbeat is fresh."""
    try:
        health = get(f"{url}/api/v2/monitor/health", _PROBE_SECONDS).json()
    except requests.RequestException:
        return "API server does not answer yet"
    status = health.get(_HEALTH_KEYS[service], {}).get("status")
    return None if status == "healthy" else "no heartbeat yet"


def serves_tasks(url: str) -> str | None:
    """Whether the API server is up **and** has built the execution API.

    The first request to that API builds it; if a task sent it, the task would time out.
    """
    try:
        health = get(f"{url}/api/v2/monitor/health", _PROBE_SECONDS).json()
    except requests.RequestException:
        return "API server does not answer yet"
    if health.get("metadatabase", {}).get("status") != "healthy":
        return "database is not healthy"
    try:
        get(f"{url}/execution/health", _WARM_UP_SECONDS)
    except requests.RequestException:
        return "execution API is being built"
    return None


def is_migrated(layout: Layout) -> bool:
    """Whether the database was migrated by the installed version of Airflow."""
    home = layout.service(COMPONENT)
    stamp = home / "migrated"
    return (
        stamp.exists()
        and (home / "airflow.db").exists()
        and stamp.read_text(encoding="utf-8") == version("apache-airflow")
    )


def record_migrated(layout: Layout) -> None:
    """Remember that the database is up to date."""
    write_whole(layout.service(COMPONENT) / "migrated", version("apache-airflow"))


def _init_service(layout: Layout, environment: Mapping[str, str]) -> Service:
    def record() -> None:
        record_migrated(layout)

    return Service(
        name=_INIT,
        component=COMPONENT,
        command=[sys.executable, "-m", "airflow", "db", "migrate"],
        environment=environment,
        probe=record,
        once=True,
        directory=str(layout.service(COMPONENT)),
    )
