from pathlib import Path

import pytest
from headgate.operations.handover_bounds import gate_parameters, write_bounds
from headgate.plan.handover import CLOSED, OPEN, Bounds


@pytest.mark.parametrize(
    ("path", "required", "text"),
    [
        ("/a/b", False, "headgate.handover.file:'/a/b'"),
        ("/it's, a: b", False, "headgate.handover.file:'/it''s, a: b'"),
        ("/a", True, "headgate.handover.file:'/a',headgate.handover.required:'true'"),
    ],
)
def test_the_file_is_named_in_flinks_form_of_maps(path: str, required: bool, text: str) -> None:
    found = gate_parameters(Path(path), required=required)
    assert found == {"pipeline.global-job-parameters": text}


@pytest.mark.parametrize("bounds", [OPEN, CLOSED, Bounds(1, 2)])
def test_bounds_are_written_whole_over_what_was_there(tmp_path: Path, bounds: Bounds) -> None:
    file = tmp_path / "handover" / "job.bounds"
    write_bounds(file, Bounds(after=7))
    write_bounds(file, bounds)
    assert file.read_text() == bounds.to_text()
    assert list(file.parent.iterdir()) == [file]
