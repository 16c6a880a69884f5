"""A small valid project, and the ways to break it."""

from collections.abc import Mapping
from pathlib import Path

READINGS_TOPIC = """\
description: One reading.
owner: devices
partitions: 4
key: device
partitioning: keyed
retention:
  time: 7d
configs:
  compression.type: lz4
"""
READINGS_VALUE = """\
{
  "type": "record",
  "name": "Reading",
  "namespace": "io.example",
  "fields": [
    {"name": "device", "type": "string"},
    {"name": "value", "type": "double"},
    {"name": "note", "type": ["null", "string"], "default": null},
    {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}}
  ]
}
"""
MINUTES_TOPIC = """\
description: One minute.
owner: analytics
partitions: 2
key: device
"""
MINUTES_VALUE = """\
{
  "type": "record",
  "name": "Minute",
  "fields": [
    {"name": "device", "type": "string"},
    {"name": "readings", "type": "long"}
  ]
}
"""
JOB = """\
description: Readings of each minute.
owner: analytics
flink: "2.2"
sources:
  readings:
    event_time: at
    watermark_delay: 5s
sinks:
  - minutes
checkpoint_interval: 2s
parallelism: 2
flink_configuration:
  table.exec.mini-batch.enabled: "true"
"""
JOB_SQL = """\
-- one row a minute; not two
INSERT INTO minutes
SELECT device, COUNT(*)
FROM TABLE(TUMBLE(TABLE readings, DESCRIPTOR(`at`), INTERVAL '1' MINUTE))
GROUP BY device, window_start, window_end;
"""
CONFIG = """\
default = "local"

[environments.local]
stack = "default"

[environments.production]
state = "s3://streams/state"
artefacts = "/srv/headgate"
ledger = "postgresql+psycopg://headgate@db/headgate"
ledger_password = "env:LEDGER_PASSWORD"

[environments.production.kafka]
"bootstrap.servers" = "kafka:9093"
"sasl.password" = "env:KAFKA_PASSWORD"

[environments.production.registry]
url = "https://registry/apis/ccompat/v7"

[environments.production.flink."2.2"]
rest = "http://flink:8081"
python = "/opt/flink/bin/python"
"""
FILES: Mapping[str, str] = {
    "headgate.toml": CONFIG,
    "schemas/readings/topic.yaml": READINGS_TOPIC,
    "schemas/readings/value.avsc": READINGS_VALUE,
    "schemas/minutes/topic.yaml": MINUTES_TOPIC,
    "schemas/minutes/value.avsc": MINUTES_VALUE,
    "flink_jobs/minutes/job.yaml": JOB,
    "flink_jobs/minutes/job.sql": JOB_SQL,
    "flink_jobs/headgate_runtime/driver.py": "keyed.sum(1)  # no job, so not looked at\n",
}
TOPIC, VALUE = "schemas/readings/topic.yaml", "schemas/readings/value.avsc"
KEY = "schemas/readings/key.avsc"
JOB_YAML, SQL = "flink_jobs/minutes/job.yaml", "flink_jobs/minutes/job.sql"
PYTHON = "flink_jobs/minutes/job.py"

Change = str | bytes | tuple[str, str] | None
"""New content; (old, new) text to replace once; None to remove the file."""


def write_project(folder: Path, changes: Mapping[str, Change] | None = None) -> Path:
    """Write the project with some files changed; the folder."""
    for name, text in FILES.items():
        _write(folder / name, text)
    for name, change in (changes or {}).items():
        file = folder / name
        if change is None:
            file.unlink()
        elif isinstance(change, tuple):
            old, new = change
            text = FILES[name]
            assert text.count(old) == 1, (name, old)
            _write(file, text.replace(old, new))
        else:
            _write(file, change)
    return folder


def _write(file: Path, content: str | bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
