"""Decide what an upgrade needs, when it is known what it does to the state. Reads only."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from headgate.ledger.records import Json
from headgate.operations.deployment.planned_job import bound_of_plan
from headgate.operations.engine.step import Done, Intention, Look, Run
from headgate.operations.upgrading.plan_upgrade import live_deployment
from headgate.plan.state_difference import StateDifference
from headgate.plan.upgrade import (
    Policy,
    StateFacts,
    class_of_change,
    decide,
    decision_as_json,
)
from headgate.plan.upgrade_changes import Changed
from headgate.plan.way_of_cut_over import way_of_cut_over


class DecideUpgrade:
    """Evidence: class of the change, rehearsal, approval and way of cutting over, with reasons."""

    name: ClassVar[str] = "decide"
    title: ClassVar[str] = "Decide what it needs"
    patience: ClassVar[timedelta] = timedelta(0)

    def intend(self, run: Run) -> Json:
        """What was asked for."""
        return {"approval": run.operation.request.get("approval")}

    def look(self, run: Run, intention: Intention) -> Look:
        """Decide."""
        plan, state = run.evidence["plan"], run.evidence["state"]
        live, policy = live_deployment(run), bound_of_plan(run).job.spec.upgrade
        facts = StateFacts(
            differences=[_difference(one) for one in state["differences"]],
            is_known=live.state_manifest is not None,
            is_other_sql=live.plan_digest != plan["plan_digest"],
        )
        changes = [Changed(**one) for one in plan["changes"]]
        classified = class_of_change(live.line, plan["line"], changes, facts)
        asked = intention.intent["approval"]
        wanted = Policy(
            rehearse=policy.rehearse,
            approval=policy.approval if asked is None else bool(asked),
            soak=policy.soak,
        )
        way = way_of_cut_over(kind=plan["kind"])
        decision = decide(live.line, plan["line"], classified, wanted, way)
        return Done({**decision_as_json(decision), "note": classified.change_class})

    def act(self, run: Run, intention: Intention) -> None:
        """Never called: `look` decides."""


def _difference(written: Mapping[str, Any]) -> StateDifference:
    return StateDifference(**{name: one for name, one in written.items() if name != "compatible"})
