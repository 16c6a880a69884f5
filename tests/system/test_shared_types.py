"""A job on topics whose schemas name shared types: Flink reads them and registers nothing."""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from harness.sample_project import TIMESTAMP, SampleProject
from harness.stack import RunningStack
from harness.waiting import until
from headgate.clients.registry import Registry
from headgate.ids import sql_identifier

pytestmark = pytest.mark.system

MARK = uuid4().hex[:8]
NAMESPACE = f"io.headgate.shared.t{MARK}"
STATE = {"type": "enum", "name": "State", "namespace": NAMESPACE, "doc": "What a switch is.",
         "symbols": ["ON", "OFF", "IDLE"]}  # fmt: skip
SWITCH = {"type": "record", "name": "Switch", "namespace": NAMESPACE, "pii": False,
          "fields": [{"name": "state", "type": "string", "doc": "What it is."}]}  # fmt: skip
READINGS, SWITCHES = f"switch-readings-{MARK}", f"switches-{MARK}"
SQL = f"""
INSERT INTO {sql_identifier(SWITCHES)}
SELECT device, switched_at, ROW(state) AS switch FROM {sql_identifier(READINGS)}
WHERE state <> 'IDLE'
"""
ROWS = """\
device,switched_at,state
d-1,2026-03-01T08:00:00,ON
d-1,2026-03-01T08:00:01,IDLE
d-2,2026-03-01T08:00:02,OFF
"""


@pytest.fixture
def project(stack: RunningStack, tmp_path: Path) -> Iterator[SampleProject]:
    project = SampleProject(tmp_path / "project", stack, "shared-types")
    types = project.root / "schemas" / "_types"
    types.mkdir()
    for one in (STATE, SWITCH):
        (types / f"{NAMESPACE}.{one['name']}.avsc").write_text(json.dumps(one))
    own = [("device", "string"), ("switched_at", TIMESTAMP)]
    project.topic(READINGS, [*own, ("state", f"{NAMESPACE}.State")], key="device")
    project.topic(SWITCHES, [*own, ("switch", f"{NAMESPACE}.Switch")], key="device")
    yield project
    project.end_all_jobs()


@pytest.mark.parametrize("line", ["2.2", "2.3"])
def test_job_reads_and_writes_shared_types(
    project: SampleProject, stack: RunningStack, tmp_path: Path, line: str
) -> None:
    job = f"{SWITCHES}-{line.replace('.', '-')}"
    project.job(
        job,
        SQL,
        flink=line,
        sources={READINGS: {"event_time": "switched_at"}},
        sinks=[SWITCHES],
        checkpoint_interval="500ms",
    )
    rows = tmp_path / "rows.csv"
    rows.write_text(ROWS)
    for command in (["apply", "--yes"], ["produce", READINGS, str(rows)], ["deploy", job]):
        ran = project.run(*command, timeout=400)
        assert ran.code == 0, ran.err or ran.out

    def written() -> list[object]:
        tail = project.run("tail", SWITCHES, "--json", "--from", "earliest", "--until", "now")
        assert tail.code == 0, tail.err
        return [one["value"]["switch"]["state"] for one in tail.json_lines()]

    states = until(
        lambda: (found := written()) and len(found) >= 2 and found,
        seconds=60,
        what="the switches are written",
        every=1,
    )

    assert {"ON", "OFF"} == set(states)
    registry = Registry(stack.settings.registry)
    latest = registry.latest(f"{SWITCHES}-value")
    registry.close()
    assert latest is not None
    assert latest.version == 1, "Flink's schema, with the type in it, is that of the registry"
    assert [one.subject for one in latest.references] == [f"{NAMESPACE}.Switch"]
    assert project.run("plan").code == 0
