import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from steps import Installation, Run, Step, StepFailed, fingerprint

BOOTSTRAP = Path(__file__).resolve().parents[3] / "bootstrap"


@pytest.fixture
def done(tmp_path: Path) -> Path:
    """A file to which steps write their names."""
    return tmp_path / "done"


def step(name: str, done: Path, mark: str = "1", after: tuple[str, ...] = ()) -> Step:
    def run(run: Run) -> None:
        run([sys.executable, "-c", f"open({str(done)!r}, 'a').write({name + ' '!r})"])

    return Step(name, f"the step {name}", fingerprint(mark), run, after)


def failing(name: str, program: str) -> Step:
    return Step(name, name, "1", lambda run: run([sys.executable, "-c", program]))


def test_steps_run_after_those_they_need(tmp_path: Path, done: Path) -> None:
    steps = [step("c", done, after=("b",)), step("b", done, after=("a",)), step("a", done)]

    Installation(tmp_path).run(steps)

    assert done.read_text() == "a b c "


def test_step_is_skipped_until_its_fingerprint_changes(tmp_path: Path, done: Path) -> None:
    for mark in ("1", "1", "2"):
        Installation(tmp_path).run([step("a", done, mark)])

    assert done.read_text() == "a a "


def test_failed_step_shows_the_end_of_its_output_and_runs_again(tmp_path: Path) -> None:
    program = "print('x' * 10 + ' reason'); raise SystemExit(3)"

    for _ in range(2):
        with pytest.raises(StepFailed, match="exit code 3") as failure:
            Installation(tmp_path).run([failing("a", program)])
        assert "  | xxxxxxxxxx reason" in str(failure.value)
        assert str(tmp_path / "logs" / "a.log") in str(failure.value)


def test_failed_step_ends_the_others(tmp_path: Path, done: Path) -> None:
    endless = failing("endless", "import signal; signal.pause()")
    dependent = step("dependent", done, after=("a",))

    with pytest.raises(StepFailed, match="a: "):
        Installation(tmp_path).run([endless, failing("a", "exit(1)"), dependent])

    assert not done.exists()


def test_fingerprint_depends_on_contents_and_borders(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    file.write_text("x==1")
    first = fingerprint("ab", "c", file)

    assert fingerprint("a", "bc", file) != first
    file.write_text("x==2")
    assert fingerprint("ab", "c", file) != first


def test_interrupt_ends_the_command_that_runs(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from steps import Installation, Step\n"
        'child = \'import os, sys, signal; open(sys.argv[1], "w").write(str(os.getpid()));'
        " signal.pause()'\n"
        "run = lambda run: run([sys.executable, '-c', child, sys.argv[2]])\n"
        "print('ready', flush=True)\n"
        "Installation(Path(sys.argv[1])).run([Step('a', 'a', '1', run)])\n"
    )
    pid_file = tmp_path / "pid"
    os.mkfifo(pid_file)  # reading it waits for the child
    installer = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path), str(pid_file)],
        env=os.environ | {"PYTHONPATH": str(BOOTSTRAP)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    child = int(pid_file.read_text())

    installer.send_signal(signal.SIGINT)

    assert installer.wait(timeout=30) != 0
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
