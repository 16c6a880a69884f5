"""What must be on the machine before anything is installed, and how to get what is missing.

Runs on any Python 3.8 or later, because its first finding may be that Python is too old.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

PYTHONS = ((3, 11), (3, 12))
JAVA_AT_LEAST = 17
_LOOK_TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Platform:
    """The system, as far as it decides which command installs something."""

    kind: str
    """`debian` (with Ubuntu and their relatives), `macos` or `other`."""
    release: str
    """`debian-12`, `ubuntu-24.04`; empty where it does not matter."""
    is_root: bool


@dataclass(frozen=True)
class Missing:
    """One prerequisite that is not met: what was found, what is needed, what installs it."""

    what: str
    install: str


def this_platform(os_release: Path = Path("/etc/os-release")) -> Platform:
    """The platform that runs this."""
    if sys.platform == "darwin":
        return Platform("macos", "", is_root=os.geteuid() == 0)
    fields = {}
    if os_release.exists():
        for line in os_release.read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition("=")
            fields[key] = value.strip('"')
    family = f"{fields.get('ID', '')} {fields.get('ID_LIKE', '')}".split()
    kind = "debian" if {"debian", "ubuntu"} & set(family) else "other"
    release = f"{fields.get('ID', '')}-{fields.get('VERSION_ID', '')}"
    return Platform(kind, release, is_root=os.geteuid() == 0)


def missing_prerequisites(
    environment: Mapping[str, str],
    platform: Platform,
    python: tuple[int, int],
) -> list[Missing]:
    """Everything that is missing, at once; an empty list when all is there."""
    path = environment.get("PATH", os.defpath)
    found = [_python(platform, python), _venv(platform, python), _java(environment, platform)]
    found.extend(
        _program(platform, program, package)
        for program, package in (("mvn", "maven"), ("make", "make"), ("bash", "bash"))
        if shutil.which(program, path=path) is None
    )
    return [missing for missing in found if missing is not None]


def report(missing: list[Missing]) -> str:
    """The list as a person reads it: each with its command."""
    lines = [f"{len(missing)} prerequisite{'s are' if len(missing) != 1 else ' is'} missing:", ""]
    for one in missing:
        lines += [f"  {one.what}", f"      install it:  {one.install}", ""]
    lines.append("Nothing was installed. Run the same command again afterwards.")
    return "\n".join(lines)


def _python(platform: Platform, python: tuple[int, int]) -> Missing | None:
    if python in PYTHONS:
        return None
    shipped = {
        "debian-12": "3.11",
        "ubuntu-22.04": "3.11",
        "ubuntu-24.04": "3.12",
    }.get(platform.release)
    if platform.kind == "macos":
        command = "brew install python@3.12"
    elif shipped:
        command = _apt(platform, f"python{shipped} python{shipped}-venv")
    else:
        command = "pyenv install 3.12 && pyenv global 3.12"
    return Missing(
        f"Python 3.11 or 3.12 is needed; found Python {python[0]}.{python[1]} ({sys.executable}).",
        command,
    )


def _venv(platform: Platform, python: tuple[int, int]) -> Missing | None:
    """Debian ships Python without ensurepip unless the -venv package is there."""
    if python not in PYTHONS or (find_spec("venv") and find_spec("ensurepip")):
        return None
    version = f"{python[0]}.{python[1]}"
    return Missing(
        f"Python {version} cannot make virtual environments (no module ensurepip).",
        f"brew reinstall python@{version}"
        if platform.kind == "macos"
        else _apt(platform, f"python{version}-venv"),
    )


def _java(environment: Mapping[str, str], platform: Platform) -> Missing | None:
    """The Java that Maven will take: JAVA_HOME if it is set, else `java` on the PATH."""
    package = "openjdk-17-jdk-headless" if platform.release == "debian-12" else ""
    command = (
        "brew install openjdk@21 && export JAVA_HOME=$(brew --prefix openjdk@21)"
        if platform.kind == "macos"
        else _apt(platform, package or "openjdk-21-jdk-headless")
    )
    needed = f"A JDK {JAVA_AT_LEAST} or later is needed by Maven"
    home = environment.get("JAVA_HOME")
    if home:
        java: str | None = str(Path(home) / "bin" / "java")
        origin = f"JAVA_HOME={home}"
    else:
        java = shutil.which("java", path=environment.get("PATH", os.defpath))
        origin = java or ""
    version = java_version(java, environment) if java else None
    if version is None:
        where = f"; {origin} does not run" if origin else "; no java was found on the PATH"
        return Missing(needed + where + ".", command)
    if version < JAVA_AT_LEAST:
        hint = f", then unset JAVA_HOME (it is {home})" if home else ""
        return Missing(f"{needed}; found Java {version} ({origin}).", command + hint)
    return None


def java_version(java: str, environment: Mapping[str, str]) -> int | None:
    """The major version of a `java`; None if it does not run (macOS has a stub that only talks)."""
    try:
        done = subprocess.run(
            [java, "-version"],
            capture_output=True,
            text=True,
            check=False,
            env=dict(environment),
            timeout=_LOOK_TIMEOUT_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r'version "(\d+)(?:\.(\d+))?', done.stderr + done.stdout)
    if done.returncode != 0 or match is None:
        return None
    major = int(match[1])
    return int(match[2]) if major == 1 and match[2] else major  # "1.8.0" is Java 8


def _program(platform: Platform, program: str, package: str) -> Missing:
    command = f"brew install {package}" if platform.kind == "macos" else _apt(platform, package)
    return Missing(f"{program} was not found on the PATH.", command)


def _apt(platform: Platform, packages: str) -> str:
    sudo = "" if platform.is_root else "sudo "
    return f"{sudo}apt-get update && {sudo}apt-get install -y {packages}"
