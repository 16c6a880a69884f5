"""How long plan and apply take on many topics and subjects, beside the bare reads they stand on.

    PYTHONPATH=plugins python bench/contracts.py [--topics 1000] [--rounds 5] [--json]

Runs on a stack of its own (Kafka and the registry alone), which is ended and removed afterwards.

Bare reads are the very requests of a plan that finds nothing to do (for each subject its latest
version and its level, in as many threads; all topics, and their configurations in as many
batches), sent by `requests` and `confluent_kafka` directly, with the answers parsed and nothing
done with them. Bare reads and plans alternate in one run, and each figure is a median.

Requests to Kafka are counted by librdkafka itself: its statistics tell for every broker how many
requests of each kind were sent. For that the admin client of headgate is opened with a statistics
callback here. Left out are ApiVersions and SASL, which belong to a connection and not to a call.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from threading import local
from typing import Any, TypeVar

import requests
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType
from headgate.clients import kafka_clients, kafka_topics
from headgate.local.layout import layout_of
from headgate.local.offer import toml_text
from headgate.local.stack import down, up
from headgate.observe import subjects as observing_subjects
from headgate.operations.contracts.plan_and_apply import (
    PlannedContracts,
    apply_contracts,
    plan_contracts,
)
from headgate.operations.services import Services
from headgate.spec.declared import NamedEnvironment
from headgate.spec.load import load_declared
from headgate.spec.load_environment import load_environment

PROJECT = Path(__file__).resolve().parents[1]
STACK = "bench"
WITHOUT = {"airflow", "flink-2.2", "flink-2.3"}
READERS: int = observing_subjects._READERS  # noqa: SLF001 - the same parallelism, by definition
BATCH: int = kafka_topics._CONFIGS_PER_REQUEST  # noqa: SLF001
CHANGES = 10
RATIO_GOAL = 1.3
REQUESTS_GOAL = 6
OF_CONNECTIONS = frozenset({"ApiVersion", "SaslHandshake", "SaslAuthenticate"})
UNNAMED = "others"
"""IncrementalAlterConfigs is in the total of librdkafka 2.16.0, but not among the kinds."""
PATIENCE = 60  # seconds for a bare read: it is measured, not judged
STATISTICS = 0.1  # seconds between two statistics
FIELDS = [
    {"name": "device", "type": "string"},
    {"name": "value", "type": "double"},
    {"name": "unit", "type": ["null", "string"], "default": None},
    {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
]
Result = TypeVar("Result")
ADDED = {"name": "note", "type": "string", "default": ""}


class CountingAdmin(kafka_clients._Admin):  # noqa: SLF001
    """headgate's admin client, which also hands out what librdkafka counts."""

    opened: list["CountingAdmin"] = []

    def __init__(self, settings: dict[str, Any], **library: Any) -> None:  # noqa: ANN401
        self.sent: Counter[str] = Counter()
        counting = {
            "statistics.interval.ms": int(STATISTICS * 1000),
            "stats_cb": self._note,
        }
        super().__init__({**settings, **counting}, **library)
        self.opened.append(self)

    def _note(self, text: str) -> None:
        sent: Counter[str] = Counter()
        for broker in json.loads(text)["brokers"].values():
            sent.update({kind: count for kind, count in broker["req"].items() if count})
            sent[UNNAMED] += broker["tx"] - sum(broker["req"].values())
        self.sent = +sent


@contextmanager
def counted_requests() -> Iterator[Counter[str]]:
    """What is sent to Kafka meanwhile, by kind; complete when the context ends."""
    found: Counter[str] = Counter()
    CountingAdmin.opened = []
    original = kafka_clients._Admin  # noqa: SLF001
    kafka_clients._Admin = CountingAdmin  # type: ignore[misc]  # noqa: SLF001
    try:
        yield found
    finally:
        kafka_clients._Admin = original  # type: ignore[misc]  # noqa: SLF001
        deadline = time.monotonic() + 10 * STATISTICS
        while time.monotonic() < deadline:  # statistics that were taken after the last call
            for client in CountingAdmin.opened:
                client.poll(STATISTICS)
        for client in CountingAdmin.opened:
            found.update({k: n for k, n in client.sent.items() if k not in OF_CONNECTIONS})


@dataclass
class Figures:
    """What was measured; times in seconds."""

    topics: int
    rounds: int
    times: dict[str, list[float]] = field(default_factory=dict)
    processor: dict[str, list[float]] = field(default_factory=dict)
    """Seconds of CPU time of this process alone."""
    requests: dict[str, Counter[str]] = field(default_factory=dict)

    def timed(self, name: str, work: Callable[[], Result]) -> Result:
        wall, processor = time.perf_counter(), time.process_time()
        result = work()
        self.times.setdefault(name, []).append(time.perf_counter() - wall)
        self.processor.setdefault(name, []).append(time.process_time() - processor)
        tell(f"{name}: {self.times[name][-1]:.2f} s")
        return result

    @property
    def ratio(self) -> float:
        return median(self.times["plan, nothing to do"]) / median(self.times["bare reads"])

    @property
    def admin_requests(self) -> int:
        return self.requests["plan, nothing to do"].total()

    def to_json(self) -> dict[str, Any]:
        return {
            "topics": self.topics,
            "subjects": self.topics,
            "rounds": self.rounds,
            "seconds": {name: round(median(times), 3) for name, times in self.times.items()},
            "cpu_seconds": {name: round(median(s), 3) for name, s in self.processor.items()},
            "plan_to_bare_reads": round(self.ratio, 3),
            "kafka_requests": {name: dict(sent) for name, sent in self.requests.items()},
            "goals": {
                f"plan <= {RATIO_GOAL} x bare reads": self.ratio <= RATIO_GOAL,
                f"Kafka requests of a plan <= {REQUESTS_GOAL}": self.admin_requests
                <= REQUESTS_GOAL,
            },
        }


def declare(project: Path, number: int, *, hours: int = 168, more: bool = False) -> None:
    name = f"bench-{number:05}"
    folder = project / "schemas" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "topic.yaml").write_text(
        "description: Readings.\nowner: bench\npartitions: 1\npartitioning: none\n"
        f"retention: {{time: {hours}h}}\nconfigs: {{compression.type: lz4}}\n"
    )
    record = {"type": "record", "name": f"Reading{number}", "namespace": "io.headgate.bench"}
    schema = {**record, "fields": [*FIELDS, ADDED] if more else FIELDS}
    (folder / "value.avsc").write_text(json.dumps(schema))


def made_project(folder: Path, environment: NamedEnvironment, topics: int) -> Services:
    settings = environment.settings.model_dump(mode="json", exclude_none=True)
    own = {**settings, "ledger": f"sqlite:///{folder}/ledger.sqlite"}
    own = {name: value for name, value in own.items() if value != []}
    content = {"default": "bench", "environments": {"bench": own}}
    (folder / "headgate.toml").write_text(toml_text(content))
    (folder / "flink_jobs").mkdir()
    for number in range(topics):
        declare(folder, number)
    return Services(folder, load_environment(folder, None))


def bare_reads(services: Services) -> None:
    """The requests of a plan without changes, and nothing else."""
    settings = services.environment.settings
    names = sorted(folder.name for folder in (services.project / "schemas").iterdir())
    sessions = local()

    def read(name: str) -> None:
        if not hasattr(sessions, "session"):
            sessions.session = requests.Session()
            sessions.session.trust_env = False
        base = settings.registry.url
        for path in (f"subjects/{name}-value/versions/latest", f"config/{name}-value"):
            sessions.session.get(f"{base}/{path}", timeout=PATIENCE).json()

    with ThreadPoolExecutor(READERS) as pool:
        list(pool.map(read, names))
    client = AdminClient({**settings.kafka, "log_level": 0})
    brokers = client.list_topics(timeout=PATIENCE).brokers
    for start in range(0, len(names), BATCH):
        asked = [ConfigResource(ResourceType.TOPIC, name) for name in names[start : start + BATCH]]
        if start == 0:
            asked.append(ConfigResource(ResourceType.BROKER, str(min(brokers))))
        for answer in client.describe_configs(asked, request_timeout=PATIENCE).values():
            answer.result(2 * PATIENCE)


def measure(services: Services, topics: int, rounds: int) -> Figures:
    figures = Figures(topics, rounds)

    def counted(name: str, work: Callable[[], Result]) -> Result:
        with counted_requests() as sent:
            result = figures.timed(name, work)
        figures.requests[name] = sent
        return result

    def apply(planned: PlannedContracts) -> None:
        result = apply_contracts(services, planned, approved_by=None, surface="bench")
        if not result.is_complete:
            sys.exit(f"not everything was applied: {result.failed[:3]}")

    planned = counted("plan, everything new", lambda: plan_contracts(services))
    counted("first apply", lambda: apply(planned))
    tell("everything is created")
    for _ in range(rounds):
        figures.timed("bare reads", lambda: bare_reads(services))
        planned = figures.timed("plan, nothing to do", lambda: plan_contracts(services))
        figures.timed("of it: load the files", lambda: load_declared(services.project))
        if planned.plan.pending:
            sys.exit(f"there should be nothing to do: {planned.plan.pending[:3]}")
    with counted_requests() as sent:
        plan_contracts(services)
    figures.requests["plan, nothing to do"] = sent
    for number in range(CHANGES // 2):
        declare(services.project, number, hours=200)
        declare(services.project, topics - 1 - number, more=True)
    planned = counted(f"plan of {CHANGES} changes", lambda: plan_contracts(services))
    if len(planned.plan.pending) != CHANGES:
        sys.exit(f"there should be {CHANGES} changes: {planned.plan.counts()}")
    counted(f"apply of {CHANGES} changes", lambda: apply(planned))
    return figures


def show(figures: Figures) -> None:
    print(f"{figures.topics:,} topics and {figures.topics:,} subjects; medians of {figures.rounds}")
    print(f"{'':28}{'seconds':>10}{'CPU':>10}  requests to Kafka")
    for name, times in figures.times.items():
        kinds = figures.requests.get(name, Counter())
        sent = ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))
        processor = median(figures.processor[name])
        total = f"{kinds.total()} ({sent})" if kinds else ""
        print(f"{name:28}{median(times):>10.2f}{processor:>10.2f}  {total}")
    print(f"\nplan / bare reads: {figures.ratio:.2f} (goal: <= {RATIO_GOAL})")
    print(f"requests to Kafka for a plan: {figures.admin_requests} (goal: <= {REQUESTS_GOAL})")


def tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--topics", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="headgate-bench-") as folder:
        try:
            environment = up(PROJECT, STACK, WITHOUT)
            tell(f"stack '{STACK}' is up")
            services = made_project(Path(folder), environment, chosen.topics)
            figures = measure(services, chosen.topics, chosen.rounds)
        finally:
            down(PROJECT, STACK)
            shutil.rmtree(layout_of(PROJECT, STACK).root, ignore_errors=True)
    if chosen.json:
        print(json.dumps(figures.to_json(), indent=2))
    else:
        show(figures)


if __name__ == "__main__":
    main()
