import sys
from pathlib import Path

import pytest
from prerequisites import (
    Missing,
    Platform,
    java_version,
    missing_prerequisites,
    report,
    this_platform,
)

DEBIAN = Platform("debian", "debian-12", is_root=False)
MACOS = Platform("macos", "", is_root=False)
FIT = (3, 11)


class Machine:
    """A PATH of its own, with the programs that a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for program in ("mvn", "make", "bash"):
            self.add(program, "exit 0")
        self.add_java('openjdk version "21.0.8" 2025-07-15 LTS')
        self.environment = {"PATH": str(folder)}

    def add(self, program: str, script: str) -> None:
        path = self.folder / program
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def add_java(self, says: str, program: str = "java") -> None:
        self.add(program, f"echo '{says}' >&2")

    def look(self, platform: Platform = DEBIAN, python: tuple[int, int] = FIT) -> list[Missing]:
        return missing_prerequisites(self.environment, platform, python)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "bin")


def test_complete_machine_misses_nothing(machine: Machine) -> None:
    assert machine.look() == []


def test_missing_maven_comes_with_its_command(machine: Machine) -> None:
    (machine.folder / "mvn").unlink()

    (missing,) = machine.look()

    assert missing.what == "mvn was not found on the PATH."
    assert missing.install == "sudo apt-get update && sudo apt-get install -y maven"


def test_root_needs_no_sudo_and_macos_uses_brew(machine: Machine) -> None:
    (machine.folder / "mvn").unlink()

    as_root = machine.look(Platform("debian", "debian-12", is_root=True))
    on_macos = machine.look(MACOS)

    assert as_root[0].install == "apt-get update && apt-get install -y maven"
    assert on_macos[0].install == "brew install maven"


@pytest.mark.parametrize(
    ("says", "version"),
    [('java version "1.8.0_402"', 8), ('openjdk version "11.0.22" 2024-01-16', 11)],
)
def test_old_java_is_named_with_what_is_needed(machine: Machine, says: str, version: int) -> None:
    machine.add_java(says)

    (missing,) = machine.look()

    java = machine.folder / "java"
    assert missing.what == (f"A JDK 17 or later is needed by Maven; found Java {version} ({java}).")
    assert "openjdk-17-jdk-headless" in missing.install


def test_java_home_wins_over_the_path_as_it_does_for_maven(machine: Machine) -> None:
    machine.add_java('openjdk version "11.0.22"', "old/bin/java")
    home = str(machine.folder / "old")
    machine.environment["JAVA_HOME"] = home

    (missing,) = machine.look()

    assert f"found Java 11 (JAVA_HOME={home})" in missing.what
    assert "unset JAVA_HOME" in missing.install


def test_java_that_does_not_run_is_missing(machine: Machine) -> None:
    machine.add("java", "echo 'Unable to locate a Java Runtime.' >&2; exit 1")

    (missing,) = machine.look(MACOS)

    assert "does not run" in missing.what
    assert missing.install.startswith("brew install openjdk@21")


def test_everything_missing_is_reported_at_once(machine: Machine) -> None:
    for program in ("mvn", "make", "java"):
        (machine.folder / program).unlink()

    missing = machine.look(python=(3, 10))

    text = report(missing)
    assert text.startswith("4 prerequisites are missing:")
    for word in ("Python 3.10", "no java was found", "mvn was not found", "make was not found"):
        assert word in text
    assert text.count("install it:") == 4


@pytest.mark.parametrize("python", [(3, 11), (3, 12)])
def test_fit_pythons(machine: Machine, python: tuple[int, int]) -> None:
    assert machine.look(python=python) == []


@pytest.mark.parametrize("python", [(3, 9), (3, 10), (3, 13), (3, 14)])
def test_unfit_pythons_are_named(machine: Machine, python: tuple[int, int]) -> None:
    (missing,) = machine.look(python=python)

    assert f"found Python {python[0]}.{python[1]}" in missing.what
    assert "apt-get install -y python3.11 python3.11-venv" in missing.install


def test_java_version_of_something_else_is_none(machine: Machine) -> None:
    machine.add("java", "echo hello")

    assert java_version(str(machine.folder / "java"), machine.environment) is None
    assert java_version(str(machine.folder / "nowhere"), machine.environment) is None


@pytest.mark.skipif(sys.platform != "linux", reason="reads os-release")
def test_this_platform_knows_relatives_of_debian(tmp_path: Path) -> None:
    release = tmp_path / "os-release"
    release.write_text('ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_ID="22"\n')
    assert this_platform(release).kind == "debian"

    release.write_text("ID=fedora\nVERSION_ID=43\n")
    assert this_platform(release).kind == "other"
