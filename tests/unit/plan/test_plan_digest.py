"""The digest under which a compiled plan is kept: of the SQL and its tables, and of no version."""

from dataclasses import replace
from datetime import timedelta

import pytest
from headgate.ids import JobName
from headgate.plan.binding import Binding, plan_digest
from headgate.plan.tables import Table, Watermark
from headgate.spec.columns import Column

COLUMNS = (
    Column("device", "STRING", not_null=True),
    Column("beat_time", "TIMESTAMP(3)", not_null=True),
)
SOURCE = Table(
    "beats",
    COLUMNS,
    Watermark("beat_time", timedelta(seconds=5)),
    {"connector": "kafka", "topic": "beats", "scan.watermark.idle-timeout": "10000 ms"},
)
BINDING = Binding(
    job=JobName("beats"),
    role="live",
    kind="sql",
    tables=(SOURCE, Table("totals", COLUMNS, None, {"connector": "kafka"})),
    sql="INSERT INTO totals SELECT device, beat_time FROM beats;",
    plan="plan.json",
    module=None,
    configuration={"pipeline.name": "beats", "table.local-time-zone": "UTC"},
    submission={"parallelism.default": "1"},
)


def test_digest_is_what_it_was_when_plans_were_first_kept() -> None:
    """Another digest for the same SQL would part every running job from its plan and its state."""
    assert plan_digest(BINDING) == "5a240a017a0de6caa45b576f3f271e87"


@pytest.mark.parametrize(
    "binding",
    [
        replace(BINDING, sql="-- beats\nINSERT INTO totals\n  SELECT device, beat_time FROM beats"),
        replace(BINDING, job=JobName("other"), role="replay"),
        replace(BINDING, submission={"parallelism.default": "7", "state.backend.type": "hashmap"}),
        replace(BINDING, configuration={**BINDING.configuration, "pipeline.name": "other"}),
        replace(
            BINDING,
            tables=(
                replace(SOURCE, options={**SOURCE.options, "topic": "other"}),
                BINDING.tables[1],
            ),
        ),
        replace(BINDING, tables=BINDING.tables[::-1]),
    ],
    ids=["comment", "job", "submission", "name", "connection", "order"],
)
def test_what_no_plan_knows_of_leaves_the_digest_as_it_is(binding: Binding) -> None:
    assert plan_digest(binding) == plan_digest(BINDING)


@pytest.mark.parametrize(
    "binding",
    [
        replace(BINDING, sql="INSERT INTO totals SELECT device, beat_time FROM beats WHERE TRUE"),
        replace(BINDING, configuration={**BINDING.configuration, "table.local-time-zone": "CET"}),
        replace(BINDING, tables=(replace(SOURCE, columns=COLUMNS[:1]), BINDING.tables[1])),
        replace(BINDING, tables=(replace(SOURCE, watermark=None), BINDING.tables[1])),
        replace(BINDING, tables=(replace(SOURCE, options={}), BINDING.tables[1])),
    ],
    ids=["sql", "option", "columns", "watermark", "idleness"],
)
def test_what_a_plan_is_made_from_changes_the_digest(binding: Binding) -> None:
    assert plan_digest(binding) != plan_digest(BINDING)
