"""Python jobs: `job.py` has a function `build(job)`, which describes what runs.

def build(job: PythonJob) -> None:
    job.write("stuck_sensors", job.window("sensor_readings", StuckSensors()))
"""

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import cloudpickle  # type: ignore[import-not-found,unused-ignore]  # comes with PyFlink
from pyflink.datastream import DataStream, StreamExecutionEnvironment
from pyflink.table import StreamTableEnvironment, Table

import headgate_runtime
from headgate_runtime import window_queries as queries
from headgate_runtime.binding import Binding
from headgate_runtime.custom_window import CustomWindow, record_types
from headgate_runtime.operator_ids import name_operators
from headgate_runtime.record_types import fields_of
from headgate_runtime.tables import prepare
from headgate_runtime.window_stream import window_stream


class PythonJob:
    """What `build` works with: the job's topics as tables, by their SQL names."""

    def __init__(self, tables: StreamTableEnvironment, *, has_gate: bool = False) -> None:
        self.ungated: set[str] = set()
        """Tables that are written without the hand-over gate before them."""
        self.gates = 0
        """How many gates there are."""
        self._has_gate = has_gate
        self.tables = tables
        """For SQL beyond what is offered here: `job.tables.sql_query("SELECT ...")`."""
        self._statements = tables.create_statement_set()

    def read(self, table: str) -> Table:
        """A source as a table."""
        return self.tables.from_path(queries.quoted(table))

    def window(self, source: str, window: CustomWindow[Any, Any, Any]) -> "Results":
        """The results of a custom window over a source."""
        schema = self.tables.from_path(queries.quoted(source))._j_table.getResolvedSchema()  # noqa: SLF001
        event_time = schema.getWatermarkSpecs().get(0).getRowtimeAttribute()
        stream = window_stream(self.tables, source, event_time, window)
        return Results(stream, record_types(window)[2])

    def write(self, sink: str, results: "Results | Table | str") -> None:
        """Write results of a window, a table or a query into a sink; `build` may call it often.

        Results of a window can be handed over to another version of the job while both run. Of a
        table or a query it is not known when a row was due.
        """
        if isinstance(results, Results) and self._has_gate:
            self.gates += 1
        else:
            self.ungated.add(sink)
        if isinstance(results, Results):
            view = f"{sink} results"
            self.tables.create_temporary_view(queries.quoted(view), results.stream)
            fields = fields_of(results.kind)
            insert = queries.insert_query(sink, view, fields, has_gate=self._has_gate)
            self._statements.add_insert_sql(insert)
        elif isinstance(results, Table):
            self._statements.add_insert(queries.quoted(sink), results)
        else:
            self._statements.add_insert_sql(f"INSERT INTO {queries.quoted(sink)} {results}")

    def attach(self) -> None:
        """Hand everything that was written over to the stream environment."""
        self._statements.attach_as_datastream()


class Results:
    """A stream of records of one dataclass."""

    def __init__(self, stream: DataStream, kind: type) -> None:
        self.stream = stream
        self.kind = kind


def submit(binding: Binding) -> None:
    """Build the binding's Python job and submit it; does not wait for its end."""
    built(binding).environment.execute_async(binding.job)


class Built(NamedTuple):
    """A job, ready to be executed: its gates, and the tables that it writes without one."""

    environment: StreamExecutionEnvironment
    gates: int
    ungated: Sequence[str]


def built(binding: Binding) -> Built:
    """The binding's Python job in a stream environment."""
    if binding.module is None:
        raise ValueError(f"the binding of {binding.job} names no module")
    environment = StreamExecutionEnvironment.get_execution_environment()
    if binding.gate is not None:
        environment.add_jars(binding.gate.jar.as_uri())
    tables = StreamTableEnvironment.create(environment)
    prepare(tables, binding)
    module = load_module(binding.module, f"headgate_job_{binding.job.replace('-', '_')}")
    job = PythonJob(tables, has_gate=binding.gate is not None)
    module.build(job)
    job.attach()
    name_operators(environment, binding.job, binding.side)
    return Built(environment, job.gates, sorted(job.ungated))


def load_module(file: Path, name: str) -> ModuleType:
    """Import a file as a module whose functions travel to the workers by value.

    Workers have neither this file nor `headgate_runtime`; by value they need no distribution of
    files. Only code travels so, never state.
    """
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is no Python module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    cloudpickle.register_pickle_by_value(module)
    cloudpickle.register_pickle_by_value(headgate_runtime)
    return module
