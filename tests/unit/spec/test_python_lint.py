"""Python that silently loses state is refused; ordinary Python is not."""

from pathlib import Path
from textwrap import dedent

import pytest
from headgate.spec.load import load_declared
from headgate.spec.python_lint.lint import lint_python
from unit.spec.findings import findings_of
from unit.spec.sample_project import JOB, JOB_YAML, PYTHON, SQL, write_project

KEYED = "stream.key_by(key, key_type=Types.STRING())"


def problems(source: str, *, are_timers_safe: bool = False) -> list[tuple[int, str]]:
    findings = lint_python(Path("job.py"), dedent(source), are_timers_safe=are_timers_safe)
    return [(finding.line, finding.message) for finding in findings]


@pytest.mark.parametrize("method", ["reduce", "sum", "min", "max", "min_by", "max_by"])
def test_keyed_aggregate_in_one_chain_is_refused(method: str) -> None:
    ((line, text),) = problems(f'{KEYED}.{method}(f).uid("x")')
    assert line == 1
    assert f"KeyedStream.{method} loses its state" in text
    assert "CustomWindow" in text


def test_keyed_aggregate_through_variables_is_refused() -> None:
    found = problems(
        f"""
        def build(env):
            keyed = {KEYED}
            same = keyed
            total = same.sum(1).uid("total")
            return total
        """
    )
    assert [line for line, _ in found] == [5]


def test_keyed_aggregate_through_a_function_is_refused() -> None:
    found = problems(
        f"""
        def build(env):
            return keyed(env).max(1).uid("m")

        def keyed(stream):
            return {KEYED}
        """
    )
    assert [line for line, _ in found] == [3]


def test_keyed_aggregate_on_an_annotated_parameter_is_refused() -> None:
    found = problems(
        """
        def build(keyed: "KeyedStream", plain: DataStream):
            keyed.reduce(f).uid("a")
            plain.map(f).uid("b")
        """
    )
    assert [line for line, _ in found] == [3]


def test_keyed_aggregate_on_an_attribute_is_refused() -> None:
    found = problems(
        f"""
        class Job:
            def build(self):
                self.keyed = {KEYED}
                self.keyed.sum(0).uid("s")
        """
    )
    assert [line for line, _ in found] == [5]


@pytest.mark.parametrize(
    ("call", "is_refused"),
    [
        ("stream.key_by(lambda x: x[0])", True),
        ("stream.key_by(f, key_type=None)", True),
        ("stream.key_by(f, key_type=Types.STRING())", False),
        ("stream.key_by(f, Types.STRING())", False),
        ("stream.key_by(f, **options)", False),
        ("one.connect(two).key_by(f, g)", True),
        ("stream.map(f, output_type=T).uid('a').connect(two).key_by(f, g)", True),
        ("stream.map(f, output_type=T).uid('a').connect(two).key_by(f, g, T)", False),
    ],
)
def test_key_by_needs_a_key_type(call: str, is_refused: bool) -> None:
    found = [text for _, text in problems(call)]
    assert [("key_by without key_type" in text) for text in found] == [True] * is_refused


@pytest.mark.parametrize(
    "call",
    [
        f"{KEYED}.process(F())",
        f'{KEYED}.process(F()).name("n").set_parallelism(1)',
        "t_env.to_data_stream(table).map(f)",
        "t_env.to_data_stream(table).flat_map(f)",
        'env.from_source(source, w, "s")',
        "readings.sink_to(sink)",
        "readings.rebalance().print()",
        "anything.process(F(), output_type=Types.LONG())",
    ],
)
def test_operator_without_uid_is_refused(call: str) -> None:
    ((line, text),) = problems(call)
    assert line == 1
    assert "has no uid" in text


def test_each_operator_of_a_chain_needs_its_own_uid() -> None:
    found = problems(
        """
        (
            t_env.to_data_stream(table)
            .map(f)
            .name("first")
            .filter(g)
            .uid("second")
            .union(other)
            .sink_to(sink)
            .uid("third")
        )
        """
    )
    assert [(line, text.split("(")[0]) for line, text in found] == [(4, "map")]


def test_uid_in_a_later_statement_counts() -> None:
    assert not problems(
        """
        out = t_env.to_data_stream(t).map(f)
        out.name("n").uid("u")
        """
    )


def test_equal_uids_are_refused() -> None:
    found = problems(
        """
        a = stream.rebalance().map(f).uid("one")
        b = stream.rebalance().map(f).uid("one")
        """
    )
    assert [line for line, _ in found] == [3]
    assert "first in line 2" in found[0][1]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("t = Types.PICKLED_BYTE_ARRAY()", "PICKLED_BYTE_ARRAY ties"),
        ("t = PickledBytesTypeInfo()", "PickledBytesTypeInfo ties"),
        ('ValueStateDescriptor("x")', "without a type"),
        ('ValueStateDescriptor("x", None)', "without a type"),
        ('state.MapStateDescriptor("x", Types.STRING())', "without a type"),
        ('ReducingStateDescriptor("x", f)', "without a type"),
    ],
)
def test_pickled_state_is_refused(code: str, words: str) -> None:
    ((line, text),) = problems(f"\n{code}")
    assert line == 2
    assert words in text


TIMERS = [
    "ctx.timer_service().register_event_time_timer(t)",
    "timers.register_processing_time_timer(t)",
    f'{KEYED}.window(TumblingEventTimeWindows.of(t)).reduce(f).uid("w")',
    f'{KEYED}.count_window(3).apply(f).uid("w")',
    'stream.window_all(w).process(f).uid("w")',
    "class Mine(Trigger[str, TimeWindow]):\n    pass",
]


@pytest.mark.parametrize("code", TIMERS)
def test_timer_is_refused_unless_bundles_hold_one_record(code: str) -> None:
    ((line, text),) = problems(code)
    assert line == 1
    assert "headgate_runtime.custom_window" in text
    assert not problems(code, are_timers_safe=True)


def test_bundle_size_is_taken_from_job_yaml(tmp_path: Path) -> None:
    project = write_project(tmp_path, {SQL: None, PYTHON: TIMERS[0]})
    assert [(file, line) for file, line, _ in findings_of(project)] == [(PYTHON, 1)]
    (project / JOB_YAML).write_text(JOB + '  python.fn-execution.bundle.size: "1"\n')
    assert load_declared(project).jobs


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("def f(:\n    pass", 1, "not Python: invalid syntax"),
        ("x = 1\n  y = 2", 2, "not Python: unexpected indent"),
        ('x = "abc', 1, "not Python"),
        ("(" * 5000, 1, "not Python"),
        ("x = " + "-" * 100_000 + "1", 1, ""),
        ("# nothing\n", 1, "the file is empty"),
    ],
)
def test_broken_python_is_refused_with_its_line(source: str, line: int, words: str) -> None:
    ((at, text),) = problems(source)
    assert at == line
    assert words in text


def test_allow_comment_switches_one_rule_off() -> None:
    assert not problems("x = stream.key_by(f)  # headgate: allow key-type - stateless")
    assert problems("x = stream.key_by(f)  # headgate: allow uid - another rule")


def test_ordinary_python_raises_no_alarm() -> None:
    assert not problems(
        """
        import functools
        from pyflink.table.expressions import col
        from pyflink.table.window import Tumble
        from pyflink.datastream.state import ListStateDescriptor, ValueStateDescriptor

        items = [3, 1, 2]
        total, least, most = sum(items), min(items), max(items)
        numbers = numpy.array(items)
        numbers.sum(), numbers.min(0), numbers.max()
        frame.filter(like="x").map(str).reduce(f)
        functools.reduce(f, items)
        pool.map(f, items)
        queue.process(items)
        logger.print("x")
        table.window(Tumble.over(lit(1).minutes).on(col("at")).alias("w")).group_by(col("w"))
        table.filter(col("a") > 1).map(udf).print_schema()
        ValueStateDescriptor("n", Types.LONG())
        ListStateDescriptor(name="n", elem_type_info=Types.LONG())

        def f(window):
            window.apply(1)
            return window.sum()

        def build(t_env, stream_set):
            out = (
                t_env.to_data_stream(t_env.from_path("readings"))
                .key_by(lambda row: row[0], key_type=Types.STRING())
                .process(Windows(), output_type=T)
                .name("windows")
                .uid("windows")
            )
            values = out.get_type()
            values.sum()
            names = [row.map(str) for row in rows]
            stream_set.add_insert("x", t_env.from_data_stream(out))
        """
    )


def test_module_beside_job_py_is_looked_at(tmp_path: Path) -> None:
    beside = "flink_jobs/minutes/windows.py"
    project = write_project(tmp_path, {SQL: None, PYTHON: "import x\n", beside: "s.key_by(f)\n"})
    assert [(file, line) for file, line, _ in findings_of(project)] == [(beside, 1)]
