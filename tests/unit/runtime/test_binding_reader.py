import json
from pathlib import Path
from typing import Any

from headgate_runtime.binding import Gate, Table, read_binding

CONTENT: dict[str, Any] = {
    "job": "device-minutes",
    "role": "live",
    "kind": "sql",
    "tables": [{"name": "sensor_readings", "ddl": "CREATE ...", "columns": ["k"]}],
    "sql": "INSERT INTO ...",
    "plan": "plan.json",
    "module": None,
    "configuration": {"table.local-time-zone": "UTC"},
    "submission": {},
    "report": None,
    "gate": None,
    "side": None,
}


def write(folder: Path, **changes: Any) -> Path:
    folder.mkdir()
    file = folder / "binding.json"
    file.write_text(json.dumps({**CONTENT, **changes}))
    return file


def test_relative_paths_start_at_the_folder_of_the_binding(tmp_path: Path) -> None:
    binding = read_binding(write(tmp_path / "abc"))
    assert binding.plan == tmp_path / "abc" / "plan.json"
    assert binding.module is None
    assert binding.tables == (Table("sensor_readings", "CREATE ...", ("k",)),)
    assert (binding.gate, binding.side) == (None, None)


def test_the_jar_of_the_gate_is_beside_the_binding(tmp_path: Path) -> None:
    gate = {"jar": "gate.jar", "bounds": {"totals": "at"}}
    binding = read_binding(write(tmp_path / "abc", gate=gate, side="7"))
    assert binding.gate == Gate(tmp_path / "abc" / "gate.jar", {"totals": "at"})
    assert binding.side == "7"


def test_the_report_goes_beside_a_folder_that_may_be_read_only(tmp_path: Path) -> None:
    binding = read_binding(write(tmp_path / "abc"))
    assert binding.report == tmp_path / "abc.report.json"


def test_absolute_paths_stay_as_they_are(tmp_path: Path) -> None:
    report = tmp_path / "elsewhere" / "report.json"
    binding = read_binding(write(tmp_path / "abc", report=str(report), plan="/plans/p.json"))
    assert (binding.report, binding.plan) == (report, Path("/plans/p.json"))
