"""A job bound as it is declared: its own schemas stand for the registered ones."""

import json
from collections.abc import Mapping

from headgate.ids import TopicName
from headgate.plan.binding import Binding, live_binding
from headgate.spec.declared import DeclaredJob, DeclaredTopic, NamedEnvironment


def declared_binding(
    job: DeclaredJob,
    topics: Mapping[TopicName, DeclaredTopic],
    environment: NamedEnvironment,
) -> Binding:
    """The live binding of a job whose schemas need not be registered yet."""
    names = [TopicName(name) for name in (*job.spec.sources, *job.spec.sinks)]
    values = {name: json.dumps(topics[name].value_schema) for name in names}
    keys = {
        name: json.dumps(topics[name].key_schema)
        for name in names
        if topics[name].key_schema is not None
    }
    return live_binding(job, topics, environment, values, registered_keys=keys)
