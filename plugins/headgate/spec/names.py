"""Names of topics, jobs, environments, stacks and Flink lines, as models and messages use them."""

import re
from typing import Annotated

from pydantic import Field

from headgate.ids import NAME_MAX_LENGTH, NAME_PATTERN

Name = Annotated[str, Field(pattern=f"^{NAME_PATTERN}$", max_length=NAME_MAX_LENGTH)]
"""Name of a topic, job, environment or stack."""
LINE_PATTERN = r"^[0-9]+\.[0-9]+$"
Line = Annotated[str, Field(pattern=LINE_PATTERN)]
"""Name of a Flink line: its major and minor version."""

_NAME = re.compile(NAME_PATTERN)


def name_problem(name: str) -> str | None:
    """What is wrong with a name, or None. Folder, topic, subject and URL are made from it."""
    if len(name) > NAME_MAX_LENGTH:
        return f"{name[:40]!r}... is not a name: it is longer than {NAME_MAX_LENGTH} characters"
    if _NAME.fullmatch(name):
        return None
    return (
        f"{name!r} is not a name: use lower-case letters and digits, words joined by single "
        "hyphens, beginning with a letter (device-minutes)"
    )
