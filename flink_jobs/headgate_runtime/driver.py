"""The driver of every job: `python driver.py BINDING.json`.

Flink's PythonDriver runs it on the JobManager; it submits the job and ends. The same driver runs
a job live, as a rehearsal and as a replay. Exit code 1 and a report file tell of a failure.
"""

import sys
from pathlib import Path

# The staged folder stays as it was staged.
sys.dont_write_bytecode = True
# PyFlink may run a copy of this file, so the package is found beside the binding first.
sys.path[0] = str(Path(sys.argv[1]).absolute().parent)
sys.path.insert(1, str(Path(__file__).resolve().parent.parent))

from headgate_runtime.binding import read_binding  # noqa: E402
from headgate_runtime.report import describe, write_report  # noqa: E402


def main(file: Path) -> int:
    """Submit the job that the binding describes."""
    binding = read_binding(file)
    binding.report.unlink(missing_ok=True)
    try:
        if binding.kind == "sql":
            from headgate_runtime.sql_job import execute_plan as submit  # noqa: PLC0415
        else:
            from headgate_runtime.python_job import submit  # noqa: PLC0415
        submit(binding)
    except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs into the report
        failure = describe(error)
        write_report(binding.report, failure)
        sys.stderr.write(f"{binding.job}: {failure.kind}: {failure.message}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
