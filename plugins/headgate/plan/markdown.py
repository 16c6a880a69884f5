"""A plan as Markdown, for the page of a run and for a review."""

from headgate.plan.change import Change, Plan
from headgate.plan.difference import difference

_TITLES = {"refused": "Refused", "needs_approval": "Needs approval", "safe": "Safe"}


def plan_as_markdown(plan: Plan) -> str:
    """The plan, the most dangerous changes first."""
    counts = plan.counts()
    if not plan.pending:
        lines = [f"**Nothing to do.** {counts['unchanged']} topics and subjects are as declared."]
        return "\n".join([*lines, *_unknown(plan)]) + "\n"
    summary = (
        f"**{counts['safe']} safe, {counts['needs_approval']} need approval, "
        f"{counts['refused']} refused**; {counts['unchanged']} unchanged."
    )
    lines = [summary]
    for risk, title in _TITLES.items():
        changes = [change for change in plan.pending if change.risk == risk]
        if changes:
            lines += ["", f"### {title}", ""]
            for change in changes:
                lines += _item(change)
    lines += _unknown(plan)
    return "\n".join(lines) + "\n"


def _item(change: Change) -> list[str]:
    lines = [f"- **{change.operation} {change.kind} `{change.name}`**"]
    if change.reason:
        lines.append(f"  {change.reason}")
    shown = [f"  {line.sign} {line.text}" for line in difference(change)]
    return [*lines, "", "  ```diff", *shown, "  ```"] if shown else lines


def _unknown(plan: Plan) -> list[str]:
    if not plan.unknown_topics:
        return []
    topics = [f"- `{topic}`" for topic in plan.unknown_topics]
    return ["", "### Not declared, left as they are", "", *topics]
