"""Whether an operation that was left open has split a job's results between two Flink jobs."""

from collections.abc import Collection

_SPLIT = "agree"
_WHOLE_AGAIN = frozenset({"record_stop", "record_end", "remove_second"})


def splits_results(begun: Collection[str], done: Collection[str]) -> bool:
    """From the names of its steps, as `phase.name`.

    From the instant on the first job of a hand-over publishes nothing, and it is not yet stopped.
    """
    phases = {name.rpartition(".")[0] for name in begun if name.rpartition(".")[2] == _SPLIT}
    return any(not any(f"{phase}.{name}" in done for name in _WHOLE_AGAIN) for phase in phases)
