"""One run of a staged driver in a JobManager, and what it says when it fails."""

import io
import json
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from headgate.clients.flink import FlinkClient
from headgate.errors import HeadgateError
from headgate.ids import FlinkJobId


def run_staged_driver(
    client: FlinkClient,
    driver: str,
    binding: str,
    *,
    job_id: FlinkJobId,
    parallelism: int,
    configuration: Mapping[str, str],
    restore_from: str | None,
    allow_non_restored_state: bool = False,
) -> None:
    """Run it with an empty jar, which is deleted again. The caller holds the driver's turn.

    Raises:
        Rejected: the driver failed, or the id is taken.
        Indeterminate: no answer came; the job may exist.

    """
    jar = client.upload_jar("headgate-driver.jar", _empty_jar())
    try:
        client.run_driver(
            jar,
            [driver, binding],
            job_id=job_id,
            parallelism=parallelism,
            configuration=configuration,
            restore_from=restore_from,
            allow_non_restored_state=allow_non_restored_state,
        )
    finally:
        with suppress(HeadgateError):
            client.delete_jar(jar)


def driver_report(folder: Path) -> str:
    """Why the last driver of a staged folder failed, from the report that it writes beside it."""
    report = folder.with_name(f"{folder.name}.report.json")
    try:
        error: dict[str, Any] = json.loads(report.read_text())["error"]
    except (OSError, ValueError, KeyError):
        return ""
    return f"{error['kind']}: {error['message']}"


def _empty_jar() -> bytes:
    """A jar without content: PythonDriver is in the cluster's own flink-python jar."""
    manifest = "Manifest-Version: 1.0\nMain-Class: org.apache.flink.client.python.PythonDriver\n\n"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as jar:
        jar.writestr("META-INF/MANIFEST.MF", manifest)
    return buffer.getvalue()
