"""When a deployment has become healthy, look by look. RUNNING is not health."""

from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

from headgate.clients.flink.pictures import JobPicture
from headgate.plan.restored import restore_of


@dataclass(frozen=True)
class HealthRule:
    """What a deployment must show: where it was restored from and how many checkpoints since."""

    restored_from: str | None
    checkpoints: int


@dataclass(frozen=True)
class Memory:
    """What one look leaves behind for the next.

    `restarts` and `completed` are as of the last restart that was seen, so that only
    checkpoints after it count.
    """

    restarts: int | None = None
    completed: int = 0
    records: int = 0
    watermark_ms: int | None = None

    @classmethod
    def of(cls, progress: dict[str, Any]) -> Self | None:
        """Read back what `as_progress` wrote; None before the first look."""
        return cls(**progress) if progress else None

    def as_progress(self) -> dict[str, Any]:
        """As JSON for the ledger."""
        return asdict(self)


@dataclass(frozen=True)
class Verdict:
    """healthy; waiting: not yet; failing: it will not become healthy by waiting."""

    state: Literal["healthy", "waiting", "failing"]
    reason: str


def judge(picture: JobPicture, rule: HealthRule, before: Memory | None) -> tuple[Verdict, Memory]:
    """Judge one look at a job, given what the look before left behind.

    Healthy means: every vertex runs, the restored path is the path that was asked for, enough
    checkpoints completed since the start and since the last restart, and the watermark moves
    while records come in.
    """
    memory = _remember(picture, before)
    broken = _cannot_recover(picture, rule)
    if broken is not None:
        return Verdict("failing", broken), memory
    waiting = _not_yet(picture, rule, before, memory)
    return (Verdict("waiting", waiting) if waiting else Verdict("healthy", "")), memory


def records_in(picture: JobPicture) -> int:
    """Records that the sources have read since the start of this submission."""
    return sum(vertex.records_read for vertex in picture.vertices if vertex.is_source)


def _remember(picture: JobPicture, before: Memory | None) -> Memory:
    restarted = before is None or (
        picture.restarts is not None
        and before.restarts is not None
        and picture.restarts > before.restarts
    )
    watermark = picture.watermark
    known = before.restarts if before is not None else None
    return Memory(
        restarts=known if picture.restarts is None else picture.restarts,
        # The first look may come after the first checkpoints: those count.
        completed=0
        if before is None
        else picture.checkpoints.completed
        if restarted
        else before.completed,
        records=records_in(picture),
        watermark_ms=int(watermark.timestamp() * 1000) if watermark else None,
    )


def _cannot_recover(picture: JobPicture, rule: HealthRule) -> str | None:
    cause = f": {picture.exceptions[0]}" if picture.exceptions else ""
    if picture.is_terminal:
        return f"the job has ended as {picture.state}{cause}"
    restored = picture.restored
    if rule.restored_from is None and restored is not None and picture.restarts == 0:
        return f"it was restored from {restored.path}, although it should start without state"
    if rule.restored_from is not None:
        restore = restore_of(picture, rule.restored_from)
        return restore.reason if restore.state == "otherwise" else None
    return None


def _not_yet(
    picture: JobPicture, rule: HealthRule, before: Memory | None, memory: Memory
) -> str | None:
    cause = f" ({picture.exceptions[0]})" if picture.exceptions else ""
    idle = [vertex for vertex in picture.vertices if vertex.state != "RUNNING"]
    if idle or not picture.vertices or picture.state != "RUNNING":
        return f"{len(picture.vertices) - len(idle)} of {len(picture.vertices)} vertices run{cause}"
    if rule.restored_from is not None and picture.restored is None:
        return "the restore is not reported yet"
    done = picture.checkpoints.completed - memory.completed
    if done < rule.checkpoints:
        return f"{max(done, 0)} of {rule.checkpoints} checkpoints completed{cause}"
    if before is not None and memory.records > before.records and not _moved(before, memory):
        return "records come in, but the watermark does not move"
    return None


def _moved(before: Memory, now: Memory) -> bool:
    if now.watermark_ms is None:
        return False
    return before.watermark_ms is None or now.watermark_ms > before.watermark_ms
