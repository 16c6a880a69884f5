"""The invariant that is watched all the time: no more jobs of a name run than may."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from headgate.clients.flink import FlinkClient
from headgate.errors import HeadgateError
from headgate.ids import JobName

EVERY = 0.2


@dataclass
class Sampled:
    """What was seen. `more` holds each set of jobs that lived side by side."""

    samples: int = 0
    more: list[list[str]] = field(default_factory=list)


@contextmanager
def never_more_jobs(
    clients: Sequence[FlinkClient], job: JobName, *, than: int = 1
) -> Iterator[Sampled]:
    """Ask every cluster each 200 ms until the block ends; fails if there ever were more at once."""
    sampled, stop = Sampled(), threading.Event()

    def sample() -> None:
        while not stop.wait(EVERY):
            live: list[str] = []
            for client in clients:
                # A JobManager that is down runs nothing.
                with suppress(HeadgateError):
                    live += [str(one) for one in client.live_jobs_named(job)]
                    sampled.samples += 1
            if len(live) > than:
                sampled.more.append(live)

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    try:
        yield sampled
    finally:
        stop.set()
        thread.join(timeout=60)
    assert sampled.more == []
    assert sampled.samples > 0
