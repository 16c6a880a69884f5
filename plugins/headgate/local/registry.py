"""The schema registry: Apicurio with its Confluent-compatible API, stored in an H2 file."""

import requests

from headgate.local.java import java
from headgate.local.layout import Layout
from headgate.local.loopback import get, put
from headgate.local.ports import HOST, Ports
from headgate.local.service import Service

NAME = "registry"
COMPATIBILITY = "FULL_TRANSITIVE"
_PROBE_SECONDS = 5


def registry_url(ports: Ports) -> str:
    """Base URL of the Confluent-compatible API."""
    return f"http://{HOST}:{ports['registry.http']}/apis/ccompat/v7"


def registry_service(layout: Layout, ports: Ports) -> Service:
    """How the registry is run."""
    jars = layout.installed.jars(NAME)
    folder = layout.service(NAME)
    folder.mkdir(parents=True, exist_ok=True)
    url = registry_url(ports)
    return Service(
        name=NAME,
        component=NAME,
        command=[
            str(java()),
            "-Xms128m",
            "-Xmx384m",
            "-XX:MaxMetaspaceSize=192m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",  # it starts sooner, and few requests follow
            "-XX:+ExitOnOutOfMemoryError",
            f"-Djava.io.tmpdir={layout.temporary}",
            "-jar",
            str(jars / "quarkus-run.jar"),
        ],
        environment={
            "QUARKUS_HTTP_HOST": HOST,
            "QUARKUS_HTTP_PORT": str(ports["registry.http"]),
            "QUARKUS_MANAGEMENT_HOST": HOST,
            "QUARKUS_MANAGEMENT_PORT": str(ports["registry.management"]),
            "QUARKUS_LOG_CONSOLE_COLOR": "false",
            "QUARKUS_LOG_CONSOLE_FORMAT": "%d{yyyy-MM-dd HH:mm:ss,SSS} %-5p %c{1} %s%e%n",
            "QUARKUS_HTTP_ACCESS_LOG_ENABLED": "false",
            "APICURIO_STORAGE_KIND": "sql",
            "APICURIO_STORAGE_SQL_KIND": "h2",
            # In memory by default; this file survives SIGTERM and kill -9.
            "APICURIO_DATASOURCE_URL": f"jdbc:h2:file:{folder / 'storage'};DB_CLOSE_ON_EXIT=FALSE",
            "APICURIO_DATASOURCE_JDBC_INITIAL_SIZE": "2",
            "APICURIO_DATASOURCE_JDBC_MIN_SIZE": "2",
        },
        probe=lambda: demands_full_compatibility(url),
        address=url,
        directory=str(folder),
    )


def demands_full_compatibility(url: str) -> str | None:
    """Ready when `/subjects` answers and the global level is set and was read back.

    The default level is NONE, with which any change of a schema would be let through.
    """
    try:
        get(f"{url}/subjects", _PROBE_SECONDS)
        if _level(url) != COMPATIBILITY:
            put(f"{url}/config", {"compatibility": COMPATIBILITY}, _PROBE_SECONDS)
        level = _level(url)
    except requests.RequestException:
        return "registry does not answer yet"
    return None if level == COMPATIBILITY else f"global compatibility is still {level}"


def _level(url: str) -> object:
    return get(f"{url}/config", _PROBE_SECONDS).json().get("compatibilityLevel")
