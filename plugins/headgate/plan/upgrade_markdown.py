"""An upgrade as Markdown, for whoever decides about it: plan, rehearsal and expected gap."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from headgate.plan.in_words import duration_in_words
from headgate.plan.upgrade_changes import Changed

_NO_GAP = "none beyond the ordinary commits: both versions run side by side"
Evidence = Mapping[str, Mapping[str, Any]]


def upgrade_as_markdown(job: str, evidence: Evidence) -> str:
    """From the evidence of the steps that are done; what is not known yet is left out."""
    return "\n".join(_lines(job, evidence)) + "\n"


def _lines(job: str, evidence: Evidence) -> Iterator[str]:
    plan = evidence["plan"]
    if plan["action"] == "keep":
        yield f"**Nothing to do.** {job} {plan['note']}."
        return
    yield f"## {job}: Flink {plan['from_version'] or plan['from_line']} → {plan['flink_version']}"
    yield ""
    yield from (f"- {_in_words(Changed(**one))}" for one in plan["changes"])
    decided = evidence.get("decide")
    if decided is not None:
        yield ""
        yield f"**Class:** {decided['class']} ({decided['class_reason']})"
        yield ""
        yield f"**Way:** {decided['way']} ({decided['way_reason']})"
        yield ""
        is_handed_over = decided["way"] == "hand-over"
        gap = _NO_GAP if is_handed_over else _gap(plan["expected_gap_seconds"])
        yield f"**Expected gap:** {gap}"
        yield ""
        when = ", when the new one has taken over" if is_handed_over else ""
        yield (
            f"**Is stopped:** Flink job `{plan['stop']}` on Flink {plan['from_line']}{when}, with "
            "a canonical savepoint that stays pinned; from it the old version can come back"
        )
    yield from _rehearsal(evidence)
    notes = evidence.get("preflight", {}).get("notes", ())
    if notes:
        yield ""
        yield "**To be known:** " + "; ".join(notes)
    if plan["declared_line"] != plan["line"]:
        yield ""
        yield (
            f"`job.yaml` declares Flink {plan['declared_line']}: afterwards set "
            f'`flink: "{plan["line"]}"` there'
        )


def _rehearsal(evidence: Evidence) -> Iterator[str]:
    decided = evidence.get("decide")
    rehearsal = evidence.get("rehearsal")
    if rehearsal is None:
        if decided is not None:
            will = "will be made" if decided["rehearse"] else "none"
            yield ""
            yield f"**Rehearsal:** {will} ({decided['rehearse_reason']})"
        return
    took = rehearsal["restore_seconds"]
    restored = f", restored and checkpointed in {took} s" if took else ""
    yield ""
    yield f"**Rehearsal:** passed{restored} ({rehearsal['reason']})"
    yield ""
    words = {True: "open", False: "closed", None: "not tried"}
    yield f"**Exact way back:** {words[rehearsal['exact']]} ({rehearsal['exact_reason']})"


def _gap(seconds: float | None) -> str:
    if seconds is None:
        return "not known yet: this job was never switched before"
    told = duration_in_words(timedelta(seconds=seconds))
    return f"{told} between two results, by earlier switches of this job"


def _in_words(one: Changed) -> str:
    if not one.before:
        return f"{one.what}: {one.after}"
    return f"{one.what}: {one.before} → {one.after or 'none'}"
