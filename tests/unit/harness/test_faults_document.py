"""docs/faults.md says what the tests say, and the matrix leaves no fault test out."""

from pathlib import Path

import pytest
from harness.faults.boundaries import boundaries
from harness.faults.document import TESTS, covering, document
from harness.faults.matrix import FAULTS, OPERATIONS
from harness.faults.named_tests import NamedTest, named_tests

PAGE = TESTS.parent / "docs" / "faults.md"
SAMPLE = '''
def test_deploy__moon_is_full(x):
    """Step: the moon is full,
    and bright. Expected: nothing.
    """

@pytest.mark.parametrize(("server", "n"), [("a", 1), pytest.param("b", 2, marks=slow)])
def test_stop__server_killed(server, n):
    """Stops."""
'''


@pytest.fixture(scope="module")
def tests() -> list[NamedTest]:
    return list(named_tests(TESTS))


def test_page_is_up_to_date(tests: list[NamedTest]) -> None:
    assert PAGE.read_text(encoding="utf-8") == document(tests), "make faults writes it anew"


def test_every_pattern_names_an_existing_test(tests: list[NamedTest]) -> None:
    """A test that was renamed would turn up as not tested."""
    stale = [
        pattern
        for fault in FAULTS
        for patterns in fault.others.values()
        for pattern in patterns
        if not any(test.runs(pattern) for test in tests)
    ]
    assert stale == []


def test_every_fault_test_of_an_operation_is_in_the_matrix(tests: list[NamedTest]) -> None:
    placed = {
        test
        for fault in FAULTS
        for operation in OPERATIONS
        for test in covering(fault, operation, tests)
    }
    named = {
        test
        for test in tests
        if test.step and any(test.name.startswith(f"test_{one}__") for one in OPERATIONS)
    }
    assert sorted(test.name for test in named - placed) == []


def test_step_expected_and_cases_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "tests"
    folder.mkdir()
    (folder / "test_sample.py").write_text(SAMPLE)

    moon, stop = named_tests(folder)

    assert (moon.step, moon.expected) == ("the moon is full, and bright.", "nothing.")
    assert (moon.file, moon.runs("test_deploy__moon*")) == ("tests/test_sample.py", "every run")
    assert (stop.step, stop.cases) == ("", {"a": False, "b": True})
    assert stop.runs("test_stop__server_killed[[]a]") == "every run"
    assert stop.runs("test_stop__server_killed[[]b]") == "the long run"
    assert stop.runs("test_stop__server_killed[[]c]") is None


def test_boundaries_are_before_and_after_each_effect() -> None:
    found = boundaries("savepoint")
    assert [phase for step, phase in found if step == "find"] == ["intended", "done"]
    assert [phase for step, phase in found if step == "savepoint"] == [
        "intended",
        "acting",
        "acted",
        "done",
    ]
    assert {"stop", "submit"} <= {
        step for step, _ in boundaries("deploy", {"plan": {"action": "replace", "kind": "sql"}})
    }
