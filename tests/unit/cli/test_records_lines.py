"""How tail shows records, and how it reads times."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from headgate.cli.records.lines import as_json, as_text
from headgate.cli.records.times import parse_length, parse_point
from headgate.clients.records.reader import Record
from headgate.errors import Rejected

NOW = datetime(2026, 11, 24, 7, 43, tzinfo=UTC)
RECORD = Record(
    partition=1,
    offset=7,
    timestamp=1_795_506_180_250,
    key=b"pump-1",
    value={
        "device_id": "pump-1",
        "at": NOW,
        "value": 4.5,
        "note": None,
        "raw": b"\xff",
        "odd": float("nan"),
        "price": Decimal("1.20"),
    },
)


def test_json_line_is_one_json_object() -> None:
    line = as_json(RECORD, "pump-1")
    assert "\n" not in line
    assert json.loads(line) == {
        "partition": 1,
        "offset": 7,
        "time": "2026-11-24T07:43:00.250Z",
        "key": "pump-1",
        "value": {
            "device_id": "pump-1",
            "at": "2026-11-24T07:43:00.000Z",
            "value": 4.5,
            "note": None,
            "raw": "/w==",
            "odd": "nan",
            "price": "1.20",
        },
    }


def test_text_line_shows_the_key_once() -> None:
    line = as_text(RECORD, "pump-1")
    assert line.startswith("2026-11-24T07:43:00.250Z  pump-1  at=2026-11-24T07:43:00.000Z")
    assert line.count("pump-1") == 1
    assert "note=null" in line
    assert as_text(RECORD, None).split("  ")[1] == "-"


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("10m", NOW - timedelta(minutes=10)),
        ("0s", NOW),
        ("2026-11-24T06:00:00Z", datetime(2026, 11, 24, 6, tzinfo=UTC)),
        ("2026-11-24T06:00:00", datetime(2026, 11, 24, 6, tzinfo=UTC)),
        ("2026-11-24T08:00:00+02:00", datetime(2026, 11, 24, 6, tzinfo=UTC)),
    ],
)
def test_parse_point(text: str, point: datetime) -> None:
    assert parse_point(text, NOW) == point


@pytest.mark.parametrize("text", ["", "soon", "10", "10x", "99999999999d", "2026-13-01"])
def test_parse_point_refuses_other_text(text: str) -> None:
    with pytest.raises(Rejected, match="is not a time"):
        parse_point(text, NOW)


def test_parse_length_names_the_option() -> None:
    assert parse_length("90s", "--duration") == timedelta(seconds=90)
    with pytest.raises(Rejected, match="--duration"):
        parse_length("90", "--duration")
