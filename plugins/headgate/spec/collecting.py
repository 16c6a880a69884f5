"""Go on after an error, so that one run reports them all."""

from collections.abc import Callable, Iterable
from typing import ParamSpec, TypeVar

from headgate.errors import Finding, SpecError

P = ParamSpec("P")
T = TypeVar("T")


class Collector:
    """Gathers the findings of steps that fail, and raises them together at the end."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def attempt(self, step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """The result of the step, or None when it raised a `SpecError`, which is kept."""
        try:
            return step(*args, **kwargs)
        except SpecError as error:
            self.findings.extend(error.findings)
            return None

    def extend(self, findings: Iterable[Finding]) -> None:
        """Add the findings of a check."""
        self.findings.extend(findings)

    def raise_if_any(self) -> None:
        """Raise one `SpecError` with everything gathered, each finding once."""
        if self.findings:
            raise SpecError(tuple(dict.fromkeys(self.findings)))
