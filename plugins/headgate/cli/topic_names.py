"""Names of declared topics, for the shell's completion."""

from headgate.cli.options import project
from headgate.errors import HeadgateError
from headgate.spec.load import SCHEMAS


def complete_topic(incomplete: str) -> list[str]:
    """Declared topics whose names begin so; none outside a project."""
    try:
        folder = project() / SCHEMAS
    except HeadgateError:
        return []
    names = (file.parent.name for file in folder.glob("*/topic.yaml"))
    return sorted(name for name in names if name.startswith(incomplete))
