"""Decide what an upgrade needs, when it is known what it does to the state. Reads only."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

from headgate.errors import Rejected
from headgate.ledger.records import Json
from headgate.operations.deployment.planned_job import bound_of_plan
from headgate.operations.describe_state import read_description
from headgate.operations.engine.step import Done, Intention, Look, OnlyLooks, Run
from headgate.operations.restoring.kept_artefacts import kept_artefacts
from headgate.operations.upgrading.plan_upgrade import live_deployment
from headgate.plan.handover_gates import ungated_sinks, ungated_sinks_of_python
from headgate.plan.state_difference import StateDifference
from headgate.plan.upgrade import (
    Policy,
    StateFacts,
    class_of_change,
    decide,
    decision_as_json,
)
from headgate.plan.upgrade_changes import Changed
from headgate.plan.way_of_cut_over import GateFacts, way_of_cut_over


class DecideUpgrade(OnlyLooks):
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
        gates = _gate_facts(run, facts)
        way = way_of_cut_over(gates)
        if gates.wanted == "hand-over" and way.way != gates.wanted:
            raise Rejected(
                f"{run.job} cannot be handed over: {way.reason}",
                still_true=f"Nothing was changed; Flink job {live.flink_job_id} runs on.",
                next_step=f"headgate upgrade {run.job} --to {plan['line']} (stops and restores)",
            )
        decision = decide(live.line, plan["line"], classified, wanted, way)
        return Done({**decision_as_json(decision), "note": classified.change_class})


def _gate_facts(run: Run, state: StateFacts) -> GateFacts:
    plan = run.evidence["plan"]
    if plan["kind"] == "sql":
        ungated = ungated_sinks(Path(run.evidence["compile"]["file"]).read_text(encoding="utf-8"))
    else:
        text = Path(run.evidence["describe"]["file"]).read_text(encoding="utf-8")
        ungated = ungated_sinks_of_python(read_description(text))
    kept = kept_artefacts(run.services, live_deployment(run))
    return GateFacts(
        wanted=run.operation.request.get("way"),
        ungated=ungated,
        runs_with_gates=kept.binding.get("gate") is not None,
        changes_state=not state.is_known or bool(state.differences) or state.is_other_sql,
        changes_code=any(one["what"] == "code" for one in plan["changes"]),
    )


def _difference(written: Mapping[str, Any]) -> StateDifference:
    return StateDifference(**{name: one for name, one in written.items() if name != "compatible"})
