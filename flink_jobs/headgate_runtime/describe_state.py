"""Describes the state of Python jobs; needs no cluster and no server.

    python describe_state.py BINDING.json OUT.json

Builds the job as its driver would, submits nothing, and writes
`{"operators": [{"uid", "key", "states": {name: type}}], "gates": n, "ungated": [sink table]}`: how
many hand-over gates there are, and the sinks without one. Prints nothing. The binding's report file
says what is wrong with the job. Exit code: 0 if the file was written, 1 if the job cannot be built
or its state cannot be told, 2 for any other failure. `HEADGATE_CONNECTOR_JARS` as in
`compile_plan`.
"""

import json
import sys
import traceback
from dataclasses import replace
from pathlib import Path

sys.dont_write_bytecode = True
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from headgate_runtime.binding import Binding, read_binding  # noqa: E402
from headgate_runtime.local_jvm import prepare_jvm  # noqa: E402
from headgate_runtime.report import Failure, describe, write_report  # noqa: E402


def main(arguments: list[str]) -> int:
    """Describe the state of one job."""
    if len(arguments) != 2:  # noqa: PLR2004 - as the usage says
        sys.stderr.write("usage: describe_state.py BINDING.json OUT.json\n")
        return 2
    prepare_jvm()
    binding, out = read_binding(Path(arguments[0])), Path(arguments[1])
    binding.report.unlink(missing_ok=True)
    try:
        from headgate_runtime.python_job import built  # noqa: PLC0415 - starts the JVM
        from headgate_runtime.state_of_operators import describe_state  # noqa: PLC0415

        job = built(binding)
        content = {
            "operators": describe_state(job.environment),
            "gates": job.gates,
            "ungated": job.ungated,
        }
    except Exception as error:  # noqa: BLE001 - whatever it is, it belongs into the report
        write_report(binding.report, _placed(error, binding))
        return 1
    unfinished = out.with_name(f".{out.name}.unfinished")
    unfinished.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    unfinished.replace(out)
    return 0


def _placed(error: Exception, binding: Binding) -> Failure:
    """The failure with the last line of the job's own code that it came by."""
    failure = describe(error)
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if Path(frame.filename) == binding.module]
    return replace(failure, line=lines[-1], column=None) if lines else failure


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
