"""Compare the state that is kept with the state that is declared, before anything is stopped."""

from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from headgate.ids import FlinkJobId
from headgate.ledger.records import Json
from headgate.operations.deployment.planned_job import bound_of_plan
from headgate.operations.describe_state import read_description
from headgate.operations.engine.step import Done, Intention, Look, OnlyLooks, Run
from headgate.plan.binding import Binding
from headgate.plan.compiled_plan import manifest_of_plan
from headgate.plan.restorable import KeptState, refuse_unfit, unknown_state
from headgate.plan.state_manifest import (
    StateManifest,
    manifest_of_description,
    recorded_manifest,
)


class CompareState(OnlyLooks):
    """Evidence: the manifest of what is declared, and how it differs from what is restored."""

    name: ClassVar[str] = "state"
    title: ClassVar[str] = "Compare the state"
    patience: ClassVar[timedelta] = timedelta(0)

    def intend(self, run: Run) -> Json:
        """The deployment whose state is to be restored; none for a start without state."""
        plan = run.evidence["plan"]
        return {
            "state_of": plan.get("state_of"),
            "state_format": plan.get("state_format", "canonical"),
        }

    def look(self, run: Run, intention: Intention) -> Look:
        """Compare. Raises Rejected, naming each state that does not fit."""
        plan = run.evidence["plan"]
        bound = bound_of_plan(run)
        manifest = declared_manifest(bound.binding, _text(run))
        evidence: Json = {"manifest": manifest.to_json(), "differences": []}
        state_of = intention.intent["state_of"]
        if state_of is None:
            return Done({**evidence, "note": f"{_count(manifest)}, nothing is restored"})
        deployment = run.services.ledger.deployment(run.job, FlinkJobId(state_of))
        made = KeptState(deployment.plan_digest, recorded_manifest(deployment.state_manifest))
        found = refuse_unfit(
            run.job,
            made,
            KeptState(bound.plan_digest, manifest),
            snapshot=intention.intent["state_format"],
            still_true=_still_true(plan),
        )
        return Done(
            {
                **evidence,
                "differences": [one.to_json() for one in found],
                "note": unknown_state(made)
                or "; ".join(one.in_words() for one in found)
                or f"{_count(manifest)}, as before",
            }
        )


def declared_manifest(binding: Binding, text: str) -> StateManifest:
    """The manifest of a compiled plan or, for a Python job, of the description of its state."""
    written = binding.submission.get("pipeline.max-parallelism")
    max_parallelism = None if written is None else int(written)
    backend = binding.submission.get("state.backend.type")
    if binding.kind == "sql":
        return manifest_of_plan(text, max_parallelism=max_parallelism, backend=backend)
    return manifest_of_description(
        read_description(text), max_parallelism=max_parallelism, backend=backend
    )


def _text(run: Run) -> str:
    made = run.evidence.get("compile") or run.evidence["describe"]
    return Path(made["file"]).read_text(encoding="utf-8")


def _still_true(plan: Json) -> str:
    running = plan.get("stop")
    return (
        f"Nothing was changed; Flink job {running} runs on." if running else "Nothing was changed."
    )


def _count(manifest: StateManifest) -> str:
    states = sum(len(operator.states) for operator in manifest.operators.values())
    return f"{states} states of {len(manifest.operators)} operators"
