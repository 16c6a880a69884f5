"""The gate as each Flink line compiles it and as its planner places it; needs no server."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from harness.gate_plans import COUNT, LINES, TUMBLE, WINDOW, compile_sql, python_of
from harness.stack import PROJECT
from headgate.operations.compile_plan import compiler_of
from headgate.operations.declared_binding import declared_binding
from headgate.operations.describe_state import describe_state, read_description
from headgate.operations.flink_python import Failed
from headgate.plan.beside import beside_binding, sinks_left_out
from headgate.plan.handover_gates import (
    gates_of,
    gates_of_python,
    ungated_sinks,
    ungated_sinks_of_python,
)
from headgate.plan.state_manifest import manifest_of_description
from headgate.spec.at_line import at_line
from headgate.spec.load import load_declared
from headgate.spec.load_environment import load_environment_or_installed

BY_LINE = pytest.mark.parametrize("line", LINES)
MODULE = PROJECT / "flink_jobs" / "handover_gate"


@BY_LINE
def test_the_gate_passes_its_own_tests_against_the_jars_of_a_line(
    line: str, tmp_path: Path
) -> None:
    python = python_of(line).cluster.python
    (dist,) = python.parents[1].glob("lib/python3.*/site-packages/pyflink/lib/flink-dist-*.jar")
    version = dist.stem.removeprefix("flink-dist-")
    options = [f"-Dflink.lib={dist.parent}", f"-Dflink.version={version}", f"-Dout={tmp_path}"]
    ended = subprocess.run(
        [
            shutil.which("mvn") or "mvn",
            "-q",
            "-B",
            "-ntp",
            "-f",
            str(MODULE / "pom.xml"),
            *options,
            "package",
        ],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert (tmp_path / "handover-gate.jar").is_file()
    assert list((tmp_path / "surefire-reports").glob("TEST-*HandoverGateTest.xml"))


@BY_LINE
@pytest.mark.parametrize(
    "name", ["device-minutes", "class-trends", "device-sessions", "threshold-breaches"]
)
def test_the_sql_jobs_of_the_project_can_all_be_handed_over(line: str, name: str) -> None:
    plan = _compiled(line, name)
    assert ungated_sinks(plan) == {}
    assert gates_of(plan) == 1
    kinds = [node["type"].rpartition("_")[0] for node in plan["nodes"]]
    assert kinds[-2:] == ["stream-exec-calc", "stream-exec-sink"]
    assert kinds[-3].rpartition("-")[2] in {"aggregate", "match"}
    assert [node["id"] for node in plan["nodes"]] == list(range(1, len(kinds) + 1))


@BY_LINE
def test_a_filter_on_keys_alone_would_be_moved_to_the_records_and_is_left_out(line: str) -> None:
    """The result has no column that the planner could not compute from a record."""
    bare = f"SELECT k, window_end FROM {TUMBLE} {WINDOW}"
    moved = compile_sql(
        line, f"INSERT INTO ends SELECT * FROM ({bare}) WHERE headgate_gate(window_end)"
    )
    kinds = [node["type"] for node in moved["nodes"] if "headgate_gate" in json.dumps(node)]
    assert kinds == ["stream-exec-calc_1"]
    assert moved["nodes"][-2]["condition"] is None
    assert gates_of(compile_sql(line, f"INSERT INTO ends {bare}")) == 0


@BY_LINE
def test_an_error_of_the_sql_keeps_its_place(line: str) -> None:
    with pytest.raises(Failed) as caught:
        compile_sql(line, f"INSERT INTO counts\n{COUNT.replace('COUNT(*)', 'COUNT(nothing)')}")
    assert "nothing" in caught.value.message
    assert caught.value.line == 2


@BY_LINE
def test_the_python_job_has_a_gate_and_sinks_of_another_name(line: str) -> None:
    environment = load_environment_or_installed(PROJECT, None)
    declared = load_declared(PROJECT)
    job = at_line(declared.jobs["stuck-sensors"], line)  # type: ignore[index, arg-type]
    live = declared_binding(job, declared.topics, environment)
    other = beside_binding(live, environment.name, "2")
    old, new = (
        read_description(describe_state(job, binding, python_of(line))) for binding in (live, other)
    )
    assert ungated_sinks_of_python(old) == {}
    assert gates_of_python(old) == 1
    manifests = [
        manifest_of_description(one, max_parallelism=128, backend=None) for one in (old, new)
    ]
    left = sinks_left_out(*manifests)
    assert [uid.startswith("stuck-sensors/sink-") for uid in left] == [True]


def _compiled(line: str, name: str) -> dict[str, Any]:
    environment = load_environment_or_installed(PROJECT, None)
    declared = load_declared(PROJECT)
    job = at_line(declared.jobs[name], line)  # type: ignore[index, arg-type]
    binding = declared_binding(job, declared.topics, environment)
    plan: dict[str, Any] = json.loads(compiler_of(PROJECT, line, environment).compile(job, binding))
    return plan
