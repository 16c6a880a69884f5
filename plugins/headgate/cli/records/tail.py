"""`headgate tail`: the committed records of a topic, decoded, one line each."""

import os
import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from headgate.cli.console import report_error
from headgate.cli.options import EnvironmentOption, environment
from headgate.cli.records.lines import as_json, as_text
from headgate.cli.records.times import parse_point
from headgate.clients.records.offsets import Offsets
from headgate.clients.records.opening import key_as_text
from headgate.clients.records.reader import Record, RecordReader, Start
from headgate.clients.records.wire_format import Decoder
from headgate.clients.registry import Registry
from headgate.clock import SYSTEM_CLOCK
from headgate.errors import Rejected
from headgate.ids import TopicName


def tail(
    topic: Annotated[str, typer.Argument(help="Topic to read.")],
    *,
    json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
    start: Annotated[
        str,
        typer.Option(
            "--from", metavar="earliest|latest|TIME", help="TIME: ISO 8601, or 10m for 10 min ago."
        ),
    ] = "latest",
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="now", help="End with what is there now; else follow."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="End after so many records.")
    ] = None,
    key: Annotated[str | None, typer.Option("--key", help="Only records with this key.")] = None,
    env: EnvironmentOption = None,
) -> None:
    """Show the committed records of a topic, decoded. Follows it until Ctrl-C.

    A record that cannot be decoded is reported on standard error and passed over.
    """
    if until not in (None, "now"):
        raise Rejected(f"--until '{until}' is not known", next_step="write --until now")
    begin: Start = (
        start  # type: ignore[assignment]
        if start in ("earliest", "latest")
        else parse_point(start, SYSTEM_CLOCK.now())
    )
    settings = environment(env).settings
    decoder = Decoder(Registry(settings.registry).by_id)
    name = TopicName(topic)
    with RecordReader(settings.kafka, decoder) as reader:
        ends = reader.end(name) if until else None
        chosen = _chosen(reader, name, begin, ends, decoder, key)
        try:
            _print(chosen, limit, json=json)
        except KeyboardInterrupt:
            sys.stdout.flush()
        except BrokenPipeError:
            # The reader of our output has seen enough; Python would complain once more at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


_Keyed = tuple[Record, str | None]


def _chosen(  # noqa: PLR0917 - private, called once
    reader: RecordReader,
    topic: TopicName,
    start: Start,
    ends: Offsets | None,
    decoder: Decoder,
    key: str | None,
) -> Iterator[list[_Keyed]]:
    """Batches of records with their keys as text, of the asked-for key only."""
    for batch in reader.read(topic, start, ends, skip=report_error):
        keyed = [(record, key_as_text(record.key, decoder)) for record in batch]
        yield [pair for pair in keyed if key is None or pair[1] == key]


def _print(batches: Iterator[list[_Keyed]], limit: int | None, *, json: bool) -> None:
    line_of = as_json if json else as_text
    left = limit
    for batch in batches:
        shown = batch if left is None else batch[:left]
        for record, key in shown:
            sys.stdout.write(line_of(record, key) + "\n")
        sys.stdout.flush()
        if left is not None:
            left -= len(shown)
            if left == 0:
                return
