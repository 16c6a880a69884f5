"""Flink's tables as plain values, and the DDL that makes them.

A table is what SQL sees (name, columns, watermark) and how it is connected (options). A compiled
plan holds the first part and names the table by its identifier only
(`table.plan.compile.catalog-objects: IDENTIFIER`), so one plan runs with any connection.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from headgate.spec.columns import Column

WATERMARK_OPTIONS = "scan.watermark."
"""Options below this prefix are copied into a compiled plan (`WatermarkPushDownSpec`)."""


@dataclass(frozen=True)
class Watermark:
    """The column that carries event time, and how long records may be out of order."""

    column: str
    delay: timedelta


@dataclass(frozen=True)
class Table:
    """One table: `options` are Flink's connector and format options."""

    name: str
    columns: tuple[Column, ...]
    watermark: Watermark | None
    options: Mapping[str, str]

    def ddl(self) -> str:
        """The statement that creates this table for one session."""
        lines = [_column(column) for column in self.columns]
        if self.watermark is not None:
            lines.append(_watermark(self.watermark))
        options = (f"  {literal(key)} = {literal(self.options[key])}" for key in self.options)
        return (
            f"CREATE TEMPORARY TABLE {quoted(self.name)} (\n"
            + ",\n".join(f"  {line}" for line in lines)
            + "\n) WITH (\n"
            + ",\n".join(options)
            + "\n)"
        )

    def shape(self) -> str:
        """What a compiled plan knows of this table: everything but its connection."""
        baked = {k: v for k, v in self.options.items() if k.startswith(WATERMARK_OPTIONS)}
        parts = [self.name, *(_column(column) for column in self.columns)]
        if self.watermark is not None:
            parts.append(_watermark(self.watermark))
        return "\n".join([*parts, *(f"{key}={baked[key]}" for key in sorted(baked))])


def quoted(identifier: str) -> str:
    """An identifier that may be a reserved word."""
    return "`" + identifier.replace("`", "``") + "`"


def literal(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def milliseconds(duration: timedelta) -> int:
    """A duration in whole milliseconds."""
    return duration // timedelta(milliseconds=1)


def interval(duration: timedelta) -> str:
    """A SQL interval: `INTERVAL '0 00:00:05.000' DAY(3) TO SECOND(3)`.

    Flink's seconds alone have too few digits, and no fraction, for every duration.
    """
    seconds, millis = divmod(milliseconds(duration), 1000)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    text = f"{days} {hour:02d}:{minute:02d}:{second:02d}.{millis:03d}"
    return f"INTERVAL '{text}' DAY(3) TO SECOND(3)"


def _column(column: Column) -> str:
    constraint = " NOT NULL" if column.not_null else ""
    return f"{quoted(column.name)} {column.sql_type}{constraint}"


def _watermark(watermark: Watermark) -> str:
    column = quoted(watermark.column)
    return f"WATERMARK FOR {column} AS {column} - {interval(watermark.delay)}"
