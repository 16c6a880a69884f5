"""Every row of the harness: (declared, observed) → changes, without a registry."""

import pytest
from harness.subject_rows import NAMESPACE, ROWS, SITE_NAME, Row
from headgate.plan.subjects import plan_subject

TOPIC = "rows"


def test_rows_are_as_many_as_promised() -> None:
    assert len(ROWS) >= 20
    assert len({row.says for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.says)
def test_plan_subject_row(row: Row) -> None:
    *_, value = row.subjects(TOPIC, NAMESPACE)

    changes = plan_subject(value, row.observed(TOPIC, NAMESPACE))

    assert tuple((one.kind, one.operation, one.risk) for one in changes) == row.changes
    reasons = " ".join(one.reason for one in changes if one.reason)
    assert row.reason in reasons
    assert bool(row.reason) == bool(reasons)


def test_plan_subject_create_says_level_and_references() -> None:
    row = next(one for one in ROWS if one.says == "shared type, all unknown")
    of_type, value = row.subjects(TOPIC, NAMESPACE)

    (created,) = plan_subject(value, None)
    (created_type,) = plan_subject(of_type, None)

    assert created.after["references"] == [{"name": SITE_NAME, "subject": SITE_NAME}]
    assert created.after["level"] == "FULL_TRANSITIVE"
    assert '"city"' not in created.after["schema"], "as written: the type is only named"
    assert (created_type.name, "references" in created_type.after) == (SITE_NAME, False)
