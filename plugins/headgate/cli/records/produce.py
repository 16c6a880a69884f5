"""`headgate produce`: the rows of a file as records of a topic."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from headgate.cli.console import err, out
from headgate.cli.options import EnvironmentOption, environment, project
from headgate.clients.records.opening import KeyOf, encoder_of, key_of, value_schema
from headgate.clients.records.producer import RecordProducer
from headgate.clients.records.row_file import Row, RowFile, unusable
from headgate.clients.records.wire_format import Encoder
from headgate.clients.registry import Registry
from headgate.errors import Finding, Rejected
from headgate.ids import TopicName
from headgate.spec.declared import DeclaredTopic
from headgate.spec.load import load_topics
from headgate.spec.suggestion import did_you_mean

_MOST_SHOWN = 20


def produce(
    topic: Annotated[str, typer.Argument(help="Declared topic to write to.")],
    file: Annotated[Path, typer.Argument(help="Rows: .csv with a header, or .jsonl.")],
    *,
    event_time: Annotated[
        str | None,
        typer.Option(
            "--event-time",
            metavar="FIELD",
            help="Take record times from this field; otherwise it is the time of producing. "
            "Retention goes by record times.",
        ),
    ] = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave out bad rows instead of producing nothing.")
    ] = False,
    env: EnvironmentOption = None,
) -> None:
    """Write the rows of a file into a topic, encoded by its registered schema and keyed.

    All rows are checked first: if one is bad, nothing is produced (exit code 1). With --skip-bad
    the good ones are, the bad ones are listed, and the exit code is 0 if any row was good.
    Times are ISO 8601 (UTC where no offset is given) or epoch milliseconds; an empty cell is null.
    """
    declared = _declared(TopicName(topic))
    settings = environment(env).settings
    registry = Registry(settings.registry)
    schema = value_schema(registry, declared.name)
    rows = RowFile(file, json.loads(schema.whole_text))
    plan = _Encoding(rows, encoder_of(schema), key_of(registry, declared), event_time)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    ) as progress:
        good = _check(plan, progress, skip_bad=skip_bad)
        began = time.monotonic()
        with RecordProducer(settings.kafka, declared.name) as producer:
            for encoded in progress.track(plan.good(), total=good, description="Producing"):
                producer.send(encoded.value, encoded.key, encoded.timestamp)
            producer.flush()
    seconds = time.monotonic() - began
    out.print(
        f"{producer.sent:,} records produced to {topic} "
        f"({len(producer.partitions)} partitions) in {seconds:.1f} s"
    )


@dataclass(frozen=True)
class _Encoded:
    line: int
    value: bytes = b""
    key: bytes | None = None
    timestamp: int = 0
    problem: str = ""


@dataclass(frozen=True)
class _Encoding:
    """How rows become records."""

    rows: RowFile
    encode: Encoder
    key_of: KeyOf
    event_time: str | None

    def all(self) -> Iterator[_Encoded]:
        """Every row, encoded or with its problem."""
        for row in self.rows.rows():
            yield _Encoded(row.line, problem=row.problem) if row.problem else self._encoded(row)

    def good(self) -> Iterator[_Encoded]:
        """The rows that can be produced."""
        return (encoded for encoded in self.all() if not encoded.problem)

    def _encoded(self, row: Row) -> _Encoded:
        try:
            value, key = self.encode(row.value), self.key_of(row.value)
        except (ValueError, TypeError, KeyError, OverflowError, AttributeError) as error:
            return _Encoded(row.line, problem=f"does not fit the schema: {error}")
        if key == b"":
            return _Encoded(row.line, problem="the key field is empty")
        try:
            timestamp = _timestamp(row.value[self.event_time]) if self.event_time else 0
        except (KeyError, TypeError):
            return _Encoded(row.line, problem=f"'{self.event_time}' holds no time")
        return _Encoded(row.line, value, key, timestamp)


def _timestamp(value: Any) -> int:  # noqa: ANN401 - checked here
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError
    return value


def _check(plan: _Encoding, progress: Progress, *, skip_bad: bool) -> int:
    """The number of good rows. Raises `SpecError` for bad ones, or reports them with `skip_bad`."""
    good = bad = 0
    findings: list[Finding] = []
    task = progress.add_task("Checking", total=None)
    for encoded in plan.all():
        if encoded.problem:
            bad += 1
            if len(findings) < _MOST_SHOWN:
                findings.append(Finding(plan.rows.path, encoded.line, encoded.problem))
        else:
            good += 1
        progress.update(task, advance=1)
    progress.remove_task(task)
    if not good and not bad:
        raise unusable([Finding(plan.rows.path, 1, "the file holds no rows")])
    if bad and (not skip_bad or not good):
        error = unusable(findings)
        error.still_true = (
            f"{bad:,} of {good + bad:,} rows are bad{_rest(bad)}; nothing was produced."
        )
        if good:
            error.next_step += ", or leave them out with --skip-bad"
        raise error
    if bad:
        err.print("\n".join(map(str, findings)), soft_wrap=True, markup=False)
        err.print(f"{bad:,} of {good + bad:,} rows are left out{_rest(bad)}")
    return good


def _rest(bad: int) -> str:
    return f" (the first {_MOST_SHOWN} are shown)" if bad > _MOST_SHOWN else ""


def _declared(topic: TopicName) -> DeclaredTopic:
    topics = load_topics(project())
    if topic not in topics:
        raise Rejected(
            f"no topic '{topic}' is declared{did_you_mean(topic, topics)}",
            still_true="Nothing was produced.",
            next_step=f"create schemas/{topic}/ with topic.yaml and value.avsc",
        )
    return topics[topic]
