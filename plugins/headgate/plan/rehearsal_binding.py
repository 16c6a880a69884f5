"""A job bound as a rehearsal: it reads what the live job reads, and publishes nothing."""

from collections.abc import Mapping
from dataclasses import replace

from headgate.ids import EnvironmentName, JobName, consumer_group
from headgate.plan.binding import Binding
from headgate.plan.tables import Table

_GROUP = "properties.group.id"
BLACKHOLE: Mapping[str, str] = {"connector": "blackhole"}
"""A sink that takes every row and writes none (`BlackHoleTableSinkFactory`). It keeps no state, so
that of the live sink, which names open transactions, is not restored by anybody: they are neither
committed nor aborted. A Kafka sink with another prefix would commit those of the live job's
committer state."""


def rehearsal_name(job: JobName) -> str:
    """The name of the shadow job in Flink; no job can have it, because names hold no full stop."""
    return f"{job}.rehearsal"


def rehearsal_group(environment: EnvironmentName, job: JobName) -> str:
    """The consumer group under which a rehearsal reports its offsets."""
    return consumer_group(environment, job, "rehearsal")


def rehearsal_binding(live: Binding, environment: EnvironmentName) -> Binding:
    """The live binding with other ends: a group of its own, and sinks that lead nowhere.

    Tables keep their names and columns, so the compiled plan and the state of the live job fit.
    """
    group = rehearsal_group(environment, live.job)
    return replace(
        live,
        role="rehearsal",
        tables=tuple(_rehearsed(table, group) for table in live.tables),
        configuration={**live.configuration, "pipeline.name": rehearsal_name(live.job)},
    )


def _rehearsed(table: Table, group: str) -> Table:
    is_source = _GROUP in table.options
    options = {**table.options, _GROUP: group} if is_source else BLACKHOLE
    return replace(table, options=options)
