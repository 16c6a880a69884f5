"""What the loader says about a project, as (file, line, message) with relative paths."""

from pathlib import Path

import pytest
from headgate.errors import SpecError
from headgate.spec.load import load_declared


def findings_of(project: Path) -> list[tuple[str, int, str]]:
    """The findings of a project that must have some."""
    with pytest.raises(SpecError) as caught:
        load_declared(project)
    return [
        (str(one.file.relative_to(project)), one.line, one.message) for one in caught.value.findings
    ]
