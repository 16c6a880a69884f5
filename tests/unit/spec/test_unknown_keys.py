"""An unknown key is refused wherever it stands."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from headgate.errors import SpecError
from headgate.spec.job import JobSpec
from headgate.spec.read_yaml import read_yaml
from headgate.spec.strict import Strict
from headgate.spec.topic import TopicSpec
from headgate.spec.validate import validate
from hypothesis import given, settings
from hypothesis import strategies as st

TOPIC: dict[str, Any] = {
    "description": "d",
    "owner": "o",
    "partitions": 1,
    "retention": {"time": "7d"},
    "configs": {"compression.type": "lz4"},
}
JOB: dict[str, Any] = {
    "description": "d",
    "owner": "o",
    "flink": "2.2",
    "sources": {"a": {"event_time": "t"}, "b": {"event_time": "t", "start": "latest"}},
    "sinks": ["c"],
    "savepoint": {"keep": 3},
    "upgrade": {"soak": "1m"},
    "health": {"checkpoints": 2},
    "flink_configuration": {"x": "y"},
}
FREE = {("configs",), ("flink_configuration",), ("sources",)}
"""Mappings whose keys the user chooses."""


def places(value: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(value, dict):
        if place not in FREE:
            yield place
        for key, inner in value.items():
            yield from places(inner, (*place, key))


CASES: list[tuple[type[Strict], dict[str, Any], tuple[str, ...]]] = [
    *((TopicSpec, TOPIC, place) for place in places(TOPIC)),
    *((JobSpec, JOB, place) for place in places(JOB)),
]
ALL_KEYS = {
    key
    for model in (TopicSpec, JobSpec)
    for one in (model.model_json_schema(), *model.model_json_schema()["$defs"].values())
    for key in one["properties"]
}
KEYS = st.one_of(
    st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters="\ufeff"), min_size=1),
    st.sampled_from(sorted(ALL_KEYS)).map(lambda key: key[:-1]),
    st.sampled_from(sorted(ALL_KEYS)).map(str.upper),
).filter(lambda key: key not in ALL_KEYS)


@settings(max_examples=150, deadline=None)
@given(case=st.sampled_from(CASES), key=KEYS, value=st.none() | st.integers() | st.just("x"))
def test_unknown_key_is_refused_in_its_line(
    case: tuple[type[Strict], dict[str, Any], tuple[str, ...]], key: str, value: object
) -> None:
    model, good, place = case
    text = yaml.safe_dump(_with(good, place, key, value), allow_unicode=True, sort_keys=False)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "file.yaml"
        file.write_text(text)
        document = read_yaml(file)
        with pytest.raises(SpecError) as caught:
            validate(model, document)
    (finding,) = caught.value.findings
    assert f"unknown key '{key}'" in finding.message
    assert finding.line == document.lines[(*place, key)]
    assert finding.line > 1


@pytest.mark.parametrize(("model", "good"), [(TopicSpec, TOPIC), (JobSpec, JOB)])
def test_the_same_documents_without_it_are_good(
    tmp_path: Path, model: type[Strict], good: dict[str, Any]
) -> None:
    file = tmp_path / "file.yaml"
    file.write_text(yaml.safe_dump(good))
    validate(model, read_yaml(file))


def _with(good: Any, place: tuple[str, ...], key: str, value: object) -> Any:
    if not place:
        return {**good, key: value}
    return {**good, place[0]: _with(good[place[0]], place[1:], key, value)}
