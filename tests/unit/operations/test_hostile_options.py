"""Parameters that nobody sends by accident: refused before anything is looked at or done."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from harness.offline_project import OfflineProject
from headgate.errors import HeadgateError, Rejected
from headgate.ids import JobName
from headgate.operations.engine.running import operation_of
from headgate.plan.saved_plan import read_saved_plan

JOB = JobName("beats-per-second")
LONG = "x" * 10_000_000
NAMES = ["", ".", "../beats", "a; rm -rf /", f"{JOB}\n", "{{ 7 * 7 }}", "$(id)", "\x00", "É", LONG]
TEXTS = [f"{JOB}\n", "a\x00b", LONG, 7, True, ["a"], {"a": 1}]
FLAGS = ["false", "no", 0, 1, [], "{{ true }}"]
SNAPSHOTS = ["../../etc", "~/.ssh", "; rm -rf /", "{{ ds }}", "chk-7", "-rf", "None", "[]"]
PLACES = [
    *(f"{scheme}://127.0.0.1:1/chk-7" for scheme in ("http", "ftp", "memory", "nosuch")),
    "s3://state::http://127.0.0.1:1/chk-7",
    "/state::http://127.0.0.1:1/chk-7",
    "file:/../../etc",
    "/etc",
]


@pytest.fixture
def project(project: OfflineProject) -> Iterator[OfflineProject]:
    project.job(JOB)
    yield project
    assert project.flink.calls == {}, "Flink was not even asked about the job"
    assert [one.kind for one in project.services.ledger.operations(JOB)] == ["test"]


Asked = Callable[..., None]


@pytest.fixture
def refused(project: OfflineProject) -> Asked:
    """Asserts that a request is refused in words that fit on a screen."""

    def is_refused(kind: str, name: str = JOB, **options: Any) -> None:
        with pytest.raises(HeadgateError) as error:
            operation_of(kind).request(project.services, JobName(name), options)
        assert isinstance(error.value, Rejected)
        assert "Nothing was changed." in str(error.value)
        assert len(str(error.value)) < 1000
        assert "\x00" not in str(error.value)

    return is_refused


@pytest.mark.parametrize("name", NAMES)
def test_deploy__hostile_name(refused: Asked, name: str) -> None:
    """Step: deploy a job of a hostile name. Expected: refused, nothing is looked at or done."""
    refused("deploy", name)


@pytest.mark.parametrize("option", [*({"start_empty": one} for one in FLAGS), {"start-empty": 1}])
def test_deploy__hostile_option(refused: Asked, option: dict[str, Any]) -> None:
    """Step: start_empty is anything but yes or no, or misspelt. Expected: refused."""
    refused("deploy", **option)


@pytest.mark.parametrize("name", NAMES)
def test_savepoint__hostile_name(refused: Asked, name: str) -> None:
    """Step: a savepoint of a hostile name. Expected: refused, nothing is looked at or done."""
    refused("savepoint", name)


@pytest.mark.parametrize(
    "option",
    [
        *({"format": one} for one in [*TEXTS, "avro"]),
        *({"scheduled": one} for one in FLAGS),
        {"": 1},
    ],
)
def test_savepoint__hostile_option(refused: Asked, option: dict[str, Any]) -> None:
    """Step: an option of another type or of no known name. Expected: refused."""
    refused("savepoint", **option)


@pytest.mark.parametrize("name", NAMES)
def test_stop__hostile_name(refused: Asked, name: str) -> None:
    """Step: stop a job of a hostile name. Expected: refused, nothing is looked at or done."""
    refused("stop", name)


@pytest.mark.parametrize("option", [*({"drain": one} for one in FLAGS), {"Drain": True}])
def test_stop__hostile_option(refused: Asked, option: dict[str, Any]) -> None:
    """Step: drain is anything but yes or no, or misspelt. Expected: refused: it is for good."""
    refused("stop", **option)


@pytest.mark.parametrize("name", NAMES)
def test_recover__hostile_name(refused: Asked, name: str) -> None:
    """Step: recover a job of a hostile name. Expected: refused, nothing is looked at or done."""
    refused("recover", name)


@pytest.mark.parametrize(
    "option",
    [
        *({"from": one} for one in [*TEXTS, *SNAPSHOTS, *PLACES]),
        *({"accept_age": one} for one in FLAGS),
        *({"confirmed": one} for one in FLAGS),
        {"snapshot": "/a"},
    ],
)
def test_recover__hostile_option(refused: Asked, option: dict[str, Any]) -> None:
    """Step: the snapshot is no place of state, or an option of another type. Expected: refused;
    never is the newest one taken in place of what was named.
    """
    refused("recover", **option)


@pytest.mark.parametrize(
    "text",
    [
        LONG,
        "[" * 200_000,
        '{"a":' * 100_000,
        "9" * 100_000,
        "\x00",
        '{"headgate_plan": true}',
        "NaN",
    ],
    ids=["long", "deep", "deeper", "number", "zero", "bool as int", "NaN"],
)
def test_apply__hostile_plan(text: str) -> None:
    """Step: apply a file that is no plan and made to hurt. Expected: refused, in few words."""
    with pytest.raises(Rejected, match="is not a plan") as error:
        read_saved_plan(text, "plan.json")
    assert len(str(error.value)) < 300
