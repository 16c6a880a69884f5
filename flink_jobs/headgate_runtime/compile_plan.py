"""Compiles SQL jobs into plans; needs no cluster and no server.

    python compile_plan.py BINDING.json OUT.json [BINDING.json OUT.json ...]

Prints nothing. The binding's report file says what is wrong with the SQL. Exit code: 0 if every
plan was written, 1 if the SQL of some job is wrong, 2 for any other failure.

HEADGATE_CONNECTOR_JARS names a folder of jars that Flink needs beside its own; the one wheel that
is installed stays as it is. Several jobs share one start of the JVM, and then the numbers of the
nodes go on from plan to plan, which is as good but not what a compilation of one job alone gives.
"""

import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from headgate_runtime.binding import read_binding  # noqa: E402
from headgate_runtime.local_jvm import prepare_jvm  # noqa: E402
from headgate_runtime.report import describe, write_report  # noqa: E402


def main(arguments: list[str]) -> int:
    """Compile each pair of arguments; the exit code is the worst of them."""
    if not arguments or len(arguments) % 2:
        sys.stderr.write("usage: compile_plan.py BINDING.json OUT.json [...]\n")
        return 2
    prepare_jvm()
    paths = [Path(argument) for argument in arguments]
    return max(_compile(*pair) for pair in zip(paths[::2], paths[1::2], strict=True))


def _compile(file: Path, out: Path) -> int:
    binding = read_binding(file)
    binding.report.unlink(missing_ok=True)
    try:
        from headgate_runtime.sql_job import compile_plan  # noqa: PLC0415 - starts the JVM

        compile_plan(binding, out)
    except Exception as error:  # noqa: BLE001 - whatever it is, it belongs into the report
        write_report(binding.report, describe(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
